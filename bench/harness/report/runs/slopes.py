"""The slopes of arms from run to run: accuracy with its interval, speed against the base; a row of panels a study."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from bench.harness.analysis.runs.compare import Comparison
from bench.harness.analysis.runs.run import ArmName, ArmOfRun, Run
from bench.harness.report.figures.canvas import Strip, draw_strips, in_lines, look_of, svg
from bench.harness.stats.runs.change import Change

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TICK_LETTERS = 18


class _Slope(NamedTuple):
    """An arm over the runs; None where a run has no figure of it. Speeds are changes of their logarithm."""

    label: str
    arms: list[ArmOfRun | None]
    speeds: list[Change | None]


def slopes_svg(comparisons: Sequence[Comparison]) -> str:
    """Return the figure of all arms of the base over it and the other runs; equal results give equal bytes."""
    base = comparisons[0].base
    studies: dict[str, list[_Slope]] = {}
    for name, arm in base.arms.items():
        changes = [_change_of(comparison, name) for comparison in comparisons]
        new = [comparison.new.arms.get(name) for comparison in comparisons]
        if any(new):
            studies.setdefault(arm.study, []).append(_Slope(in_lines(arm.label), [arm, *new], [None, *changes]))
    groups = list(studies.values())
    strips = [Strip(study, [slope.label for slope in group]) for study, group in studies.items()]
    runs = short_names([base, *(comparison.new for comparison in comparisons)])

    def fill(axes: "list[Axes]", place: int) -> None:
        for order, slope in enumerate(groups[place]):
            _draw(axes, order, slope)
        for panel, title in zip(axes, ("accuracy (%)", "training speed, base = 1"), strict=True):
            panel.set(ylabel=title, xlim=(-0.3, len(runs) - 0.7))
            panel.set_xticks(range(len(runs)), runs)

    return svg(draw_strips(strips, 2, fill))


def _change_of(comparison: Comparison, name: ArmName) -> Change | None:
    return next((one.speed.change for one in comparison.changes if (one.base.study, one.base.arm) == name), None)


def _draw(axes: "list[Axes]", order: int, slope: _Slope) -> None:
    shift = 0.04 * (order % 5 - 2)  # so that intervals of arms that agree do not hide each other
    known = [(place + shift, arm.accuracy) for place, arm in enumerate(slope.arms) if arm and arm.accuracy]
    _line(axes[0], order, slope.label, [(x, 100 * one.mean) for x, one in known])
    _intervals(axes[0], order, [(x, 100 * one.low, 100 * one.high) for x, one in known if one.low and one.high])
    speeds = [(place + shift, change) for place, change in enumerate(slope.speeds) if change]
    if speeds:
        _line(axes[1], order, slope.label, [(shift, 1.0), *((x, math.exp(change.effect)) for x, change in speeds)])
        ends = [(x, change.interval) for x, change in speeds]
        _intervals(axes[1], order, [(x, math.exp(span[0]), math.exp(span[1])) for x, span in ends if span])


def _line(axes: "Axes", order: int, label: str, points: Sequence[tuple[float, float]]) -> None:
    look = look_of(order)
    x, y = zip(*points, strict=True) if points else ((), ())
    axes.plot(x, y, label=label, color=look.colour, marker=look.marker, dashes=look.dashes, markersize=5)


def _intervals(axes: "Axes", order: int, spans: Sequence[tuple[float, float, float]]) -> None:
    for x, low, high in spans:
        axes.vlines(x, low, high, color=look_of(order).colour, linewidth=1)


def short_names(runs: Sequence[Run]) -> list[str]:
    """Return names for an axis: the parts of the paths that tell the runs apart, from their ends."""
    parts = [run.name.rstrip("/").split("/") for run in runs]
    while len(parts) > 1 and all(len(one) > 1 for one in parts) and len({one[-1] for one in parts}) == 1:
        parts = [one[:-1] for one in parts]  # the same last folder, such as `quick`, tells nothing
    return [one[-1] if len(one[-1]) <= TICK_LETTERS else f"…{one[-1][-TICK_LETTERS + 1 :]}" for one in parts]
