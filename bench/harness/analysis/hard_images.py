"""Picks the test images that the nets of a study get wrong most often, for the report to show."""

import base64
import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.harness.analysis.results import StudyResult
from bench.harness.records.answers import NO_PREDICTION, RIGHT, correct_bits, wrong_answers
from bench.harness.records.record import Record

Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.integer]
LoadImages = Callable[[str], tuple[Pixels, Labels] | None]
SHOWN = 24
ANSWERS_SHOWN = 3
COLOUR_CHANNELS = 3


@dataclass(frozen=True, kw_only=True)
class HardImage:
    """A test image with what the nets said of it.

    Attributes:
        place: in the test set, from 0.
        wrong, trials: number of trials that got it wrong, and of all trials.
        answers: the most frequent wrong answers, class and number of trials.
        png: the image as base64 text.
    """

    place: int
    label: str
    wrong: int
    trials: int
    answers: tuple[tuple[str, int], ...]
    png: str


def hardest(result: StudyResult, pixels: Pixels, labels: Labels) -> list[HardImage]:
    """Return up to SHOWN test images that were answered wrongly most often over all trials, worst first.

    Args:
        result: a study whose trials were all tested on these images, or on the first of them.
        pixels: shape (images, channels, height, width).
        labels: shape (images,).

    Raises:
        ValueError: the images are not those that the trials were tested on.
    """
    records = [record for record in result.records if record.test_images == result.records[0].test_images]
    _check(records[0], labels)
    wrong = np.sum([~correct_bits(record) for record in records], axis=0)
    places = [int(place) for place in np.argsort(-wrong, kind="stable")[:SHOWN] if wrong[place]]
    answers = np.array([wrong_answers(record)[places] for record in records])
    return [
        HardImage(
            place=place,
            label=_class_name(records[0], int(labels[place])),
            wrong=int(wrong[place]),
            trials=len(records),
            answers=tuple(
                (_class_name(records[0], answer), count)
                for answer, count in Counter(column[column != RIGHT].tolist()).most_common(ANSWERS_SHOWN)
            ),
            png=png(pixels[place]),
        )
        for place, column in zip(places, answers.T, strict=True)
    ]


def _check(record: Record, labels: Labels) -> None:
    """A record says how many images of each class there were, and what was wrong: other images contradict that."""
    count = record.test_images
    if len(labels) < count or np.any(wrong_answers(record) == labels[:count]) or not _add_up(record, labels[:count]):
        raise ValueError(f"these are not the test images of record {record.record_id}")


def _add_up(record: Record, labels: Labels) -> bool:
    """Return whether the confusion has each class as often as the labels do, but for answers that were not finite."""
    answered = wrong_answers(record) != NO_PREDICTION
    counts = np.bincount(labels[answered], minlength=len(record.classes))
    return np.array_equal(counts, np.sum(record.confusion, axis=1))


def _class_name(record: Record, place: int) -> str:
    if place == NO_PREDICTION:
        return "no answer"
    return record.classes[place] if place < len(record.classes) else str(place)


def png(image: Pixels) -> str:
    """Return an image of shape (channels, height, width) as PNG in base64; of two or four channels only the first."""
    from PIL import Image  # noqa: PLC0415 - the tables need no Pillow

    drawn = image.transpose(1, 2, 0) if len(image) == COLOUR_CHANNELS else image[0]
    written = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(drawn)).save(written, format="PNG")
    return base64.b64encode(written.getvalue()).decode("ascii")
