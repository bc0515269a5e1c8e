"""Sums up which classes an arm confuses, as numbers to be shaded or, with many classes, as a picture."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.harness.analysis.hard_images import png
from bench.harness.analysis.results import ArmResult

Counts = npt.NDArray[np.int64]
MOST_CELLS = 20  # classes; above, numbers would not fit a page
MOST_FREQUENT = 8
PAPER, RIGHT, WRONG = (255, 255, 255), (0, 119, 187), (213, 94, 0)


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """An arm's confusion matrix, summed over its seeds.

    Attributes:
        classes: names, in the order of rows and columns.
        counts: [label][prediction].
        shades: 0 to 1, of the diagonal relative to its label's images, of errors relative to the commonest.
        unanswered: predictions that were not finite, in no cell.
        worst: the commonest errors: label, prediction, count.
        picture: base64 PNG instead of cells where there are more than MOST_CELLS classes, else None.
    """

    label: str
    trials: int
    classes: tuple[str, ...]
    counts: list[list[int]]
    shades: list[list[float]]
    unanswered: int
    worst: tuple[tuple[str, str, int], ...]
    picture: str | None


def confusion(arm: ArmResult) -> Confusion:
    """Return the confusion matrix of all trials of an arm."""
    counts: Counts = np.array([record.confusion for record in arm.records], dtype=np.int64).sum(axis=0)
    classes = tuple(arm.records[-1].classes)
    shades = _shades(counts)
    return Confusion(
        label=arm.label,
        trials=len(arm.records),
        classes=classes,
        counts=counts.tolist(),
        shades=shades.round(2).tolist(),
        unanswered=sum(record.test_images for record in arm.records) - int(counts.sum()),
        worst=_worst(counts, classes),
        picture=_picture(shades) if len(classes) > MOST_CELLS else None,
    )


def _errors(counts: Counts) -> Counts:
    return np.where(np.eye(len(counts), dtype=bool), 0, counts)


def _shades(counts: Counts) -> npt.NDArray[np.float64]:
    errors = _errors(counts)
    right = counts.diagonal() / np.maximum(counts.sum(axis=1), 1)
    return errors / max(int(errors.max(initial=0)), 1) + np.diag(right)


def _worst(counts: Counts, classes: tuple[str, ...]) -> tuple[tuple[str, str, int], ...]:
    errors = _errors(counts)
    places = np.argsort(-errors, axis=None, kind="stable")[:MOST_FREQUENT]
    pairs = zip(*np.unravel_index(places, errors.shape), strict=True)
    return tuple(
        (classes[row], classes[column], int(errors[row, column])) for row, column in pairs if errors[row, column]
    )


def _picture(shades: npt.NDArray[np.float64]) -> str:
    """Return one pixel a cell: blue what is right, orange what is wrong."""
    ink = np.where(np.eye(len(shades), dtype=bool)[..., None], RIGHT, WRONG)
    mixed = np.array(PAPER) + (ink - np.array(PAPER)) * shades[..., None]
    return png(mixed.round().astype(np.uint8).transpose(2, 0, 1))
