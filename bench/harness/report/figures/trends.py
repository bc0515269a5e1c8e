"""Draws accuracy, and time to train, against a number in which the arms of a comparison differ: images, width, rate."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bench.harness.analysis.arm_settings import differing_choices
from bench.harness.analysis.results import ArmRow, ComparisonResult, StudyResult
from bench.harness.report.figures.canvas import COLOURS, Floats, draw, ends_of, log_where_wide, looks, svg
from bench.harness.stats.power_law import fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEAST_ARMS = 3  # two are a difference and no trend
WORDS = {
    "train_images": "training images",
    "width": "channels, relative",
    "weight_decay": "weight decay",
    "batch_size": "batch size",
}
NO_AMOUNT = {"first_image"}  # numbers that are names
FITTED = "train_images"
DRAWN = 200  # points of a fitted curve


class Varied(NamedTuple):
    """The one number in which the arms of a comparison differ, with each arm's row in ascending order of it."""

    name: str
    values: Floats
    rows: tuple[ArmRow, ...]


def trend_svg(result: StudyResult) -> str:
    """Return test accuracy, and where a speed phase was the minutes to train, against the number that is varied.

    There is a row a comparison, with 95 % intervals; training images get a power law too. Empty where no comparison has
    three arms that differ in one number alone.
    """
    drawn = trends(result)
    return svg(draw(drawn, 2, _draw_trend)) if drawn else ""


def trends(result: StudyResult) -> list[ComparisonResult]:
    """Return the comparisons that vary one number."""
    return [comparison for comparison in result.comparisons if varied(comparison)]


def varied(comparison: ComparisonResult) -> Varied | None:
    """Return the number that a comparison varies, None where it is none, or not alone."""
    differing = differing_choices(row.arm for row in comparison.rows)
    if len(comparison.rows) < LEAST_ARMS or len(differing) != 1:
        return None
    ((name, values),) = differing.items()
    if name in NO_AMOUNT or not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return None
    order = np.argsort(np.array(values, float))
    return Varied(name, np.array(values, float)[order], tuple(comparison.rows[place] for place in order))


def _draw_trend(panels: "Sequence[Axes]", comparison: ComparisonResult) -> None:
    trend = varied(comparison)
    if trend is None:
        return
    left, right = panels
    look = {row.arm.name: look for row, look in looks(comparison.rows)}
    accuracies = [row.arm.accuracy for row in trend.rows]
    means = 100 * np.array([accuracy.mean for accuracy in accuracies])
    colours = [look[row.arm.name].colour for row in trend.rows]
    bars: dict[str, Any] = {"colors": colours, "linewidths": 1.6, "zorder": 2}
    left.vlines(trend.values, *(100 * ends_of(accuracies)), **bars)
    for row, value, mean in zip(trend.rows, trend.values, means, strict=True):
        own = look[row.arm.name]
        left.plot(value, mean, color=own.colour, marker=own.marker, linestyle="", markersize=6, label=row.arm.label)
    _draw_fit(left, trend, means)
    left.set_ylabel("test accuracy (%)")
    _draw_minutes(right, trend)
    for axes in panels:
        axes.set_xlabel(WORDS.get(trend.name, trend.name))
        log_where_wide(axes, "x", trend.values)


def _draw_fit(axes: "Axes", trend: Varied, means: Floats) -> None:
    law = fit(trend.values.tolist(), (1 - means / 100).tolist()) if trend.name == FITTED else None
    if law is None:
        return
    images = np.geomspace(trend.values[0], trend.values[-1], DRAWN)
    label = f"error = {law.scale:.3g} n^-{law.exponent:.2f} + {law.floor:.2%}"
    axes.plot(images, 100 * (1 - law.error(images)), color=COLOURS[0], linewidth=1.2, zorder=1, label=label)
    axes.text(0.97, 0.05, label, transform=axes.transAxes, ha="right", fontsize=9)


def _draw_minutes(axes: "Axes", trend: Varied) -> None:
    """Draw the time of all epochs at the speed phase's pace; nothing where there was none."""
    timed = [(value, row.arm) for value, row in zip(trend.values, trend.rows, strict=True) if row.arm.speed]
    minutes = [arm.speed.seconds_per_epoch.median * arm.records[-1].epochs / 60 for _, arm in timed if arm.speed]
    axes.set_ylabel("minutes to train")
    if minutes:
        axes.plot([value for value, _ in timed], minutes, color=COLOURS[1], marker="o", label="time to train")
        log_where_wide(axes, "y", np.array(minutes))
