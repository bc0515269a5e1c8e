"""The slopes of arms from run to run: accuracy and speed against the base, with intervals; a row of panels a study."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from bench.harness.analysis.runs.compare import ArmChange, Comparison
from bench.harness.analysis.runs.run import ArmName, Run
from bench.harness.report.figures.canvas import Strip, draw_strips, in_lines, look_of, svg
from bench.harness.stats.runs.change import Change

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TICK_LETTERS = 14


class _Slope(NamedTuple):
    """An arm over the runs that are compared with the base: each one's changes, None where there is none."""

    label: str
    accuracies: list[Change | None]
    speeds: list[Change | None]


def slopes_svg(comparisons: Sequence[Comparison]) -> str:
    """Return the figure of all arms of the base over it and the other runs; equal results give equal bytes.

    The panel of speeds is left out where no run has any to compare.
    """
    base, by_name = comparisons[0].base, [_by_name(comparison) for comparison in comparisons]
    studies: dict[str, list[_Slope]] = {}
    for name, arm in base.arms.items():
        changes = [one.get(name) for one in by_name]
        accuracies = [one.accuracy.change if one else None for one in changes]
        speeds = [one.speed.change if one else None for one in changes]
        if any(changes):
            studies.setdefault(arm.study, []).append(_Slope(in_lines(arm.label), accuracies, speeds))
    groups = list(studies.values())
    strips = [Strip(study, [slope.label for slope in group]) for study, group in studies.items()]
    runs = short_names([base, *(comparison.new for comparison in comparisons)])
    titles = ["accuracy, points", "training speed, base = 1"]
    if not any(change for group in groups for slope in group for change in slope.speeds):
        titles.pop()

    def fill(axes: "list[Axes]", place: int) -> None:
        for order, slope in enumerate(groups[place]):
            _draw(axes[0], order, slope.label, _in_points(slope.accuracies), 0.0)
            if len(axes) > 1:
                _draw(axes[1], order, slope.label, _as_ratios(slope.speeds), 1.0)
        for panel, title in zip(axes, titles, strict=True):
            panel.set(ylabel=title, xlim=(-0.3, len(runs) - 0.7))
            panel.set_xticks(range(len(runs)), runs)

    return svg(draw_strips(strips, len(titles), fill))


def _by_name(comparison: Comparison) -> dict[ArmName, ArmChange]:
    return {(one.base.study, one.base.arm): one for one in comparison.changes}


_Value = tuple[float, tuple[float, float] | None]  # with its interval


def _in_points(changes: Sequence[Change | None]) -> list[_Value | None]:
    return [_scaled(change, lambda value: 100 * value) for change in changes]


def _as_ratios(changes: Sequence[Change | None]) -> list[_Value | None]:
    return [_scaled(change, math.exp) for change in changes]


def _scaled(change: Change | None, scale: Callable[[float], float]) -> _Value | None:
    if change is None:
        return None
    ends = change.interval
    return scale(change.effect), (scale(ends[0]), scale(ends[1])) if ends else None


def _draw(axes: "Axes", order: int, label: str, values: Sequence[_Value | None], base: float) -> None:
    """Draw an arm's line from the base on, with the intervals of its changes."""
    shift = 0.04 * (order % 5 - 2)  # so that intervals of arms that agree do not hide each other
    known = [(place + shift, value) for place, value in enumerate(values, start=1) if value]
    if known:
        _line(axes, order, label, [(shift, base), *((x, middle) for x, (middle, _) in known)])
        _intervals(axes, order, [(x, *ends) for x, (_, ends) in known if ends])


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
    names = [one[-1].removesuffix(".jsonl").removesuffix(".json") for one in parts]
    return [name if len(name) <= TICK_LETTERS else f"…{name[-TICK_LETTERS + 1 :]}" for name in names]
