"""Tests of the Pareto front and of the time to an accuracy."""

import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.questions.leaderboard import minutes_to, pareto_front
from tests.bench.conftest import MakeRecord, curves


@pytest.mark.parametrize(
    ("points", "front"),
    [
        ([(1, 1), (2, 2)], [1]),
        ([(1, 2), (2, 1)], [1, 0]),
        ([(1, 3), (2, 2), (3, 1), (1, 1), (2, 1.5)], [2, 1, 0]),
        ([(1, 1), (1, 1)], [0]),
        ([], []),
    ],
)
def test_nobody_on_the_front_is_beaten(points: list[tuple[float, float]], front: list[int]) -> None:
    """From the fastest to the most accurate; of equal points one is enough."""
    assert pareto_front(points) == front


def test_minutes_are_those_of_the_epochs_up_to_the_first_that_reached_it(make_record: MakeRecord) -> None:
    """Two seeds, epochs of 30 seconds: the second epoch is a minute; who never got there is counted as never."""
    timed = {**curves(0.9, 0), "epoch_seconds": [30.0, 30.0, 30.0]}
    records = [
        make_record(seed=0, epochs=3, curves={**timed, "test_accuracy": [0.1, 0.95, 0.9]}),
        make_record(seed=1, epochs=3, curves={**timed, "test_accuracy": [0.1, 0.2, 0.3]}),
    ]
    (arm,) = analyse(records)[0].arms

    time = minutes_to(arm, 0.9)

    assert time is not None
    assert (time.fastest, time.never, time.at_least) == (1.0, 1, 1.25)


def test_without_a_test_curve_no_time_is_known(make_record: MakeRecord) -> None:
    """The accuracy at the end alone does not say when it was reached."""
    (arm,) = analyse([make_record()])[0].arms

    assert minutes_to(arm, 0.5) is None
