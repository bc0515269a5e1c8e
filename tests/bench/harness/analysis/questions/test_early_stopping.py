"""Tests of early stopping, read off curves."""

import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.questions.early_stopping import PATIENCES, early_stopping, gain_of_best_epoch, stop
from tests.bench.conftest import MakeRecord, curves

RISES_TWICE = [0.1, 0.5, 0.4, 0.4, 0.6, 0.6, 0.5]


@pytest.mark.parametrize(
    ("patience", "last", "kept"),
    [(1, 3, 2), (2, 4, 2), (3, 7, 5), (10, 7, 5)],
)
def test_a_training_stops_when_nothing_has_risen_for_so_long(patience: int, last: int, kept: int) -> None:
    """The net of the first best epoch is kept; an equal accuracy is no rise."""
    assert stop(RISES_TWICE, patience) == (last, kept)


def test_saved_epochs_and_lost_accuracy_are_means_over_seeds(make_record: MakeRecord) -> None:
    """Lost is what the kept net has less than the net at the end."""
    test_curve = [0.1, 0.4, 0.4, 0.4, 0.5, 0.7, 0.6]
    own = {**curves(0.9, 0), "validation_accuracy": RISES_TWICE, "test_accuracy": test_curve}
    records = [make_record(seed=seed, curves=own) for seed in range(2)]
    (arm,) = analyse(records)[0].arms

    first = early_stopping(arm)[0]

    assert (first.patience, first.saved.n) == (1, 2)
    assert first.saved.mean == pytest.approx(4 / 7)
    assert first.gain.mean == pytest.approx(0.4 - 0.6)
    assert [stopped.patience for stopped in early_stopping(arm)] == list(PATIENCES)
    assert gain_of_best_epoch(arm) == pytest.approx(0.7 - 0.6)


def test_without_a_test_curve_nothing_is_said(make_record: MakeRecord) -> None:
    """Nobody knows then what the net was worth when it would have been stopped."""
    (arm,) = analyse([make_record()])[0].arms

    assert early_stopping(arm) == []
    assert gain_of_best_epoch(arm) is None
