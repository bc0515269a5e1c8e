"""Arms over many runs: their figures in the order in which the runs ended, and the steps that a gate would call.

A step is a change from the run before that is shown to be larger than a gate allows (`bench.harness.stats.runs.gate`),
down or up: at most one history in twenty of unchanged arms has one in either direction (Holm 1979).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from bench.harness.analysis.runs.compare import ArmChange, Judged, arm_change
from bench.harness.analysis.runs.gate import Gate
from bench.harness.analysis.runs.run import TRAINING_STATES, ArmName, ArmOfRun, Phase, Run
from bench.harness.stats.runs.change import Change
from bench.harness.stats.runs.gate import outcomes
from bench.harness.stats.turns import Median, turn_ratio

GATES = (Gate("accuracy", 0.3), Gate("speed", 10.0))  # where none is given


class Step(NamedTuple):
    """A change from the run before that is beyond a gate."""

    gate: Gate
    direction: Literal["down", "up"]
    since: str
    change: Change


@dataclass(frozen=True, kw_only=True)
class Point:
    """An arm in one run.

    Attributes:
        ratio: its training speed over that of the study's first arm, from the turns that both took in one phase: what
            the machine did meanwhile is in both. None where it was not measured.
        steps: changes since the last run with the arm, on the same test images and under the same protocol.
    """

    run: Run
    arm: ArmOfRun
    ratio: Median | None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Series:
    """An arm over the runs that have it, oldest first, at least one; its name and label are the newest run's."""

    points: tuple[Point, ...]

    @property
    def newest(self) -> ArmOfRun:
        """The arm as the newest run has it."""
        return self.points[-1].arm


def history(runs: Sequence[Run], gates: Sequence[Gate] = GATES) -> list[Series]:
    """Return every arm of the runs, in the order of its study.

    Args:
        runs: in any order; those of which nobody knows when they ended count as the oldest, as they stand.
        gates: losses that are no step.
    """
    ordered = sorted(runs, key=lambda run: run.finished)
    names = sorted({name: run.arms[name].order for run in ordered for name in run.arms}.items(), key=_place)
    series = [_series(name, ordered) for name, _ in names]
    for gate in gates:
        series = _with_steps(series, gate)
    return series


def steps_of(series: Sequence[Series]) -> Iterator[tuple[Point, Step]]:
    """Yield every step with the point that it leads to, arm by arm."""
    for one in series:
        for point in one.points:
            yield from ((point, step) for step in point.steps)


def _place(item: tuple[ArmName, int]) -> tuple[str, int, str]:
    (study, arm), order = item
    return study, order, arm


def _series(name: ArmName, runs: Sequence[Run]) -> Series:
    having = [run for run in runs if name in run.arms]
    return Series(points=tuple(Point(run=run, arm=run.arms[name], ratio=_ratio(name, run)) for run in having))


def _ratio(name: ArmName, run: Run) -> Median | None:
    own = [arm for arm in run.arms.values() if arm.study == name[0] and arm.phase]
    if not own:
        return None
    ours, first = run.arms[name].phase, min(own, key=lambda arm: arm.order).phase
    return None if ours is None or first is None else _in_turns(ours, first)


def _in_turns(ours: Phase, first: Phase) -> Median | None:
    same_turns = ours.turns == first.turns and len(ours.seconds) == len(first.seconds)
    return turn_ratio(first.seconds, ours.seconds) if same_turns and ours.seconds else None


def _with_steps(series: Sequence[Series], gate: Gate) -> list[Series]:
    """Return the arms with the steps of one gate, all corrected together."""
    changes = {
        (row, place): judged.change
        for row, one in enumerate(series)
        for place, judged in _changes(one, gate)
        if judged.change
    }
    down = outcomes(list(changes.values()), gate.least)
    up = outcomes([replace(change, effect=-change.effect) for change in changes.values()], gate.least)
    called: dict[tuple[int, int], Step] = {}
    for (row, place), falls, rises in zip(changes, down, up, strict=True):
        if "dropped" in (falls, rises):
            since = series[row].points[place - 1].run.name
            direction: Literal["down", "up"] = "down" if falls == "dropped" else "up"
            called[row, place] = Step(gate, direction, since, changes[row, place])
    return [
        Series(points=tuple(_stepped(point, called.get((row, place))) for place, point in enumerate(one.points)))
        for row, one in enumerate(series)
    ]


def _stepped(point: Point, step: Step | None) -> Point:
    return replace(point, steps=(*point.steps, step)) if step else point


def _changes(series: Series, gate: Gate) -> Iterator[tuple[int, Judged]]:
    """Yield the change to each point from the one before it, with its place."""
    for place in range(1, len(series.points)):
        before, point = series.points[place - 1 : place + 1]
        if all(before.arm.conditions.get(name) == point.arm.conditions.get(name) for name in TRAINING_STATES):
            change: ArmChange = arm_change(before.arm, point.arm, point.run.besides)
            yield place, change.accuracy if gate.kind == "accuracy" else change.speed
