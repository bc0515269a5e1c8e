"""Tests of the confusion matrices."""

import numpy as np

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.confusion import Confusion, confusion
from tests.bench.conftest import MakeRecord


def of(make_record: MakeRecord, *matrices: list[list[int]], images: int = 100) -> Confusion:
    """Return the confusion of an arm with a trial a matrix."""
    classes = [f"class {place}" for place in range(len(matrices[0]))]
    records = [
        make_record("base", seed, images=images, confusion=matrix, classes=classes)
        for seed, matrix in enumerate(matrices)
    ]
    return confusion(analyse(records)[0].arms[0])


def test_seeds_are_summed(make_record: MakeRecord) -> None:
    """Two trials are added cell by cell."""
    confusion = of(make_record, [[50, 0], [1, 49]], [[40, 10], [3, 47]])

    assert (confusion.counts, confusion.trials) == ([[90, 10], [4, 96]], 2)


def test_commonest_errors_come_first(make_record: MakeRecord) -> None:
    """Right answers and errors that nobody made are not among them."""
    confusion = of(make_record, [[40, 10], [4, 46]])

    assert confusion.worst == (("class 0", "class 1", 10), ("class 1", "class 0", 4))


def test_shades_are_relative_to_label_and_commonest_error(make_record: MakeRecord) -> None:
    """On the diagonal the share of a label that was right, elsewhere the share of the commonest error."""
    assert of(make_record, [[40, 10], [5, 45]]).shades == [[0.8, 1.0], [0.5, 0.9]]


def test_answers_that_were_not_finite_are_counted(make_record: MakeRecord) -> None:
    """A net that diverged leaves rows that do not add up: the rest is said."""
    assert of(make_record, [[40, 0], [0, 30]]).unanswered == 30


def test_no_answer_at_all_is_no_error(make_record: MakeRecord) -> None:
    """A matrix of zeros has shades of zero."""
    assert of(make_record, [[0, 0], [0, 0]]).shades == [[0.0, 0.0], [0.0, 0.0]]


def test_many_classes_become_a_picture(make_record: MakeRecord) -> None:
    """A hundred classes are a heat map; ten are numbers."""
    assert of(make_record, np.eye(100, dtype=int).tolist()).picture is not None
    assert of(make_record, np.eye(10, dtype=int).tolist()).picture is None
