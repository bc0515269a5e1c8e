"""Tests of the choice of test images that nets get wrong most often."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.hard_images import SHOWN, hardest, png
from bench.harness.records.answers import NO_PREDICTION, pack_classes
from tests.bench.conftest import MakeRecord, labels_of, measured

PIXELS = np.zeros((100, 1, 4, 4), np.uint8)


def right_but_for(*places: int) -> dict[str, object]:
    """Return a record's measured fields with wrong answers at these places of 100."""
    correct = np.ones(100, dtype=bool)
    correct[list(places)] = False
    return measured(correct)


def test_worst_image_comes_first(make_record: MakeRecord) -> None:
    """Image 7 is wrong in both trials, image 3 in one; the others are not shown."""
    records = [make_record("base", 0, **right_but_for(3, 7)), make_record("base", 1, **right_but_for(7))]

    images = hardest(analyse(records)[0], PIXELS, labels_of(100))

    assert [(image.place, image.label, image.wrong, image.trials) for image in images] == [
        (7, "7", 2, 2),
        (3, "3", 1, 2),
    ]


def test_answers_are_counted(make_record: MakeRecord) -> None:
    """The wrong answers stand with how often; the right one is no failure."""
    records = [make_record("base", seed, **right_but_for(7)) for seed in range(2)] + [
        make_record("base", 2, images=100, accuracy=1.0)
    ]

    (image,) = hardest(analyse(records)[0], PIXELS, labels_of(100))

    assert image.answers == (("8", 2),)


def test_answer_that_was_not_finite_is_named(make_record: MakeRecord) -> None:
    """A net that diverged gave no answer, not class 255."""
    fields = right_but_for(7)
    confusion = np.array(fields["confusion"])
    confusion[7, 8] -= 1  # an answer that was not finite is in no column
    mistakes = pack_classes(np.array([NO_PREDICTION], np.uint8))
    broken = make_record("base", 0, **fields | {"test_mistakes": mistakes, "confusion": confusion.tolist()})

    (image,) = hardest(analyse([broken])[0], PIXELS, labels_of(100))

    assert image.answers == (("no answer", 1),)


def test_no_more_than_a_page_is_shown(make_record: MakeRecord) -> None:
    """A bad net does not fill the report."""
    record = make_record("base", 0, images=100, accuracy=0.0)

    assert len(hardest(analyse([record])[0], PIXELS, labels_of(100))) == SHOWN


def test_other_images_are_refused(make_record: MakeRecord) -> None:
    """Labels that contradict the records belong to other images."""
    result = analyse([make_record("base", 0, images=100)])[0]

    with pytest.raises(ValueError, match="not the test images of record"):
        hardest(result, PIXELS, (labels_of(100) + 1) % 10)


def test_too_few_images_are_refused(make_record: MakeRecord) -> None:
    """A smaller test set cannot be the one that was used."""
    result = analyse([make_record("base", 0, images=100)])[0]

    with pytest.raises(ValueError, match="not the test images of record"):
        hardest(result, PIXELS, labels_of(50))


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_png_holds_the_pixels(channels: int, mode: str) -> None:
    """Grey and colour images come back as they went in."""
    pixels = np.arange(channels * 6, dtype=np.uint8).reshape(channels, 2, 3)

    image = Image.open(io.BytesIO(base64.b64decode(png(pixels))))

    assert image.mode == mode
    assert np.array_equal(np.asarray(image).reshape(2, 3, channels), pixels.transpose(1, 2, 0))
