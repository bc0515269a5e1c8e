"""Tests of bench.harness.analysis.runs.history: the order of runs, speeds within a phase, steps beyond a gate."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from bench.harness.analysis.runs.gate import Gate
from bench.harness.analysis.runs.history import history, steps_of
from bench.harness.analysis.runs.run import ArmOfRun, Phase, Run, run_of_records
from bench.harness.records.beside import BesideRecord
from tests.bench.beside import a_beside
from tests.bench.conftest import a_record

ACCURACY, SPEED = Gate("accuracy", 0.3), Gate("speed", 10.0)


def a_run(name: str, day: int, accuracy: float, besides: Sequence[BesideRecord] = (), **changes: Any) -> Run:  # noqa: ANN401 - any field of a record
    """Return a run of five seeds of an arm on 2000 images, that ended on a day of May; answers depend on its name."""
    records = [
        replace(
            a_record("base", seed, accuracy=accuracy, images=2000, study="norm", label=name),
            finished=f"2026-05-{day:02d}T02:00:00+00:00",
            **changes,
        )
        for seed in range(5)
    ]
    return run_of_records(name, records, (), besides)


def timed(turns: Mapping[str, Sequence[float]], disturbed: int = 0) -> Run:
    """Return a run of arms with the seconds of a step in their turns."""
    arms = {
        ("norm", arm): ArmOfRun(
            study="norm",
            arm=arm,
            label=arm,
            order=order,
            margin=0.01,
            accuracies={},
            test_images=0,
            conditions={},
            phase=Phase(seconds=tuple(seconds), turns=len(seconds) + disturbed),
        )
        for order, (arm, seconds) in enumerate(turns.items())
    }
    return Run(name="timed", arms=arms)


def steps(*runs: Run, gate: Gate = ACCURACY) -> list[tuple[str, str, str]]:
    """Return the steps: from which run, to which, which way."""
    return [(step.since, point.run.name, step.direction) for point, step in steps_of(history(runs, [gate]))]


def test_points_are_in_the_order_in_which_runs_ended() -> None:
    """Whatever the order they are named in; the newest run names the arm."""
    runs = [a_run("third", 3, 0.9), a_run("first", 1, 0.9), a_run("second", 2, 0.9)]

    (series,) = history(runs)

    assert [point.run.name for point in series.points] == ["first", "second", "third"]
    assert series.newest.label == "third"


def test_a_step_is_called_where_it_is_and_only_there() -> None:
    """Three points lost once and won back are two steps, not one a run."""
    accuracies = [0.9, 0.9, 0.87, 0.87, 0.9]
    runs = [a_run(f"run {day}", day, accuracy) for day, accuracy in enumerate(accuracies, start=1)]

    assert steps(*runs) == [("run 2", "run 3", "down"), ("run 4", "run 5", "up")]


def test_a_step_within_the_gate_is_none() -> None:
    """Three points are no step where five are allowed."""
    assert steps(a_run("old", 1, 0.9), a_run("new", 2, 0.87), gate=Gate("accuracy", 5.0)) == []


def test_steps_are_corrected_over_the_page() -> None:
    """A drop that two runs show alone is not shown among the changes of 300 runs that change nothing."""
    old, new = a_run("old", 1, 0.9), a_run("new", 2, 0.888)
    quiet = [a_run("new", 3, 0.888)] * 300

    assert steps(old, new) == [("old", "new", "down")]
    assert steps(old, new, *quiet) == []


@pytest.mark.parametrize("changes", [{"data_sha256": "e" * 64}, {"protocol": "published"}, {"reduced": True}])
def test_other_data_or_another_protocol_is_no_step(changes: dict[str, Any]) -> None:
    """Accuracies on other images say nothing of a change."""
    assert steps(a_run("old", 1, 0.9), a_run("new", 2, 0.8, **changes)) == []


@pytest.mark.parametrize(("ratio", "direction"), [(0.7, "down"), (1.4, "up")])
def test_speeds_step_where_both_runs_took_turns(ratio: float, direction: str) -> None:
    """A measurement side by side judges."""
    new = a_run("new", 2, 0.9, [a_beside({"base": ratio})])

    assert steps(a_run("old", 1, 0.9), new, gate=SPEED) == [("old", "new", direction)]


def test_speeds_of_other_times_are_no_step() -> None:
    """Three times as long a step in another phase may be the machine's."""
    old, new = (replace(timed({"base": seconds}), name=name) for name, seconds in (("old", [1.0]), ("new", [3.0])))

    assert steps(old, new, gate=SPEED) == []


def test_a_speed_is_relative_to_the_first_arm_in_the_same_turns() -> None:
    """Moments in which the machine is slow are in both and drop out."""
    weather = [1.0, 5.0, 2.0, 1.0, 9.0, 1.0]

    first, second = history([timed({"base": weather, "arm": [2 * one for one in weather]})])

    assert [one.points[0].ratio.median for one in (first, second) if one.points[0].ratio] == [1.0, pytest.approx(0.5)]


@pytest.mark.parametrize("other", [{"base": [1.0, 1.0], "arm": [1.0]}, {"base": [], "arm": []}])
def test_turns_that_are_not_the_same_have_no_ratio(other: dict[str, list[float]]) -> None:
    """Neither have none at all."""
    assert [one.points[0].ratio for one in history([timed(other, disturbed=1)])][1] is None
