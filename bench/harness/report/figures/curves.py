"""Draws a study as SVG: learning curves, and accuracy against throughput."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.harness.analysis.questions.leaderboard import pareto_front
from bench.harness.analysis.results import ArmRow, ComparisonResult, StudyResult
from bench.harness.records.record import Record
from bench.harness.report.figures.canvas import (
    INK,
    MARKED_EPOCHS,
    MOST_TICKS,
    Floats,
    draw,
    ends_of,
    label_of,
    log_where_wide,
    looks,
    svg,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def curves_svg(result: StudyResult) -> str:
    """Return validation accuracy and training loss against the epoch, a row of two panels a comparison.

    Lines are means over the seeds; bands reach from the lowest to the highest seed. Where no arm of a comparison has a
    validation split the training accuracy (running, in training mode) is shown instead. Where only some have one, the
    others have a line in the right panel alone, which the legend stands beside.
    """
    return svg(curves_figure(result))


def curves_figure(result: StudyResult) -> "Figure":
    """Return the same as a Matplotlib figure."""
    return draw(result.comparisons, 2, _draw_curves)


def throughput_svg(result: StudyResult) -> str:
    """Return test accuracy against training throughput, a panel a comparison.

    Bars are 95 % intervals in both directions. Arms that no speed phase measured are left out.
    """
    return svg(throughput_figure(result))


def throughput_figure(result: StudyResult) -> "Figure":
    """Return the same as a Matplotlib figure."""
    return draw(result.comparisons, 1, _draw_throughput)


def band(curves: Sequence[Sequence[float | None]]) -> tuple[Floats, Floats, Floats]:
    """Return lowest, mean and highest value at each epoch over the seeds, shape (longest curve,) each.

    A null (a loss that was not finite) leaves the mean; an epoch with nulls only is NaN.
    """
    longest = max((len(curve) for curve in curves), default=0)
    values = np.full((len(curves), longest), np.nan)
    for row, curve in zip(values, curves, strict=True):
        row[: len(curve)] = [np.nan if value is None else value for value in curve]
    known = np.isfinite(values)
    counts = known.sum(axis=0)
    mean = np.where(known, values, 0.0).sum(axis=0) / np.where(counts, counts, np.nan)
    low = np.where(known, values, np.inf).min(axis=0, initial=np.inf)
    high = np.where(known, values, -np.inf).max(axis=0, initial=-np.inf)
    return np.where(counts, low, np.nan), mean, np.where(counts, high, np.nan)


def _draw_curves(panels: "list[Axes]", comparison: ComparisonResult) -> None:
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - as in `draw`

    left, right = panels
    validated = any(record.curves["validation_accuracy"] for row in comparison.rows for record in row.arm.records)
    left.set_ylabel("validation accuracy (%)" if validated else "training accuracy (%)")
    right.set_ylabel("training loss")
    for axes, curves_of in ((left, partial(_accuracies, validated=validated)), (right, _losses)):
        _plot_bands(axes, comparison.rows, curves_of)
    for axes in panels:
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=MOST_TICKS, integer=True))
    log_where_wide(right, "y", np.concatenate([line.get_ydata() for line in right.lines]))


def _accuracies(record: Record, *, validated: bool) -> list[float | None]:
    if validated:
        return [100 * value for value in record.curves["validation_accuracy"]]
    return [100 * (1 - error) for error in record.curves["train_error"]]


def _losses(record: Record) -> list[float | None]:
    return record.curves["train_loss"]


def _plot_bands(axes: "Axes", rows: Sequence[ArmRow], curve_of: Callable[[Record], list[float | None]]) -> None:
    """Draw a line and a band an arm; all bands are one artist, which is several times faster than one each."""
    from matplotlib.collections import PolyCollection  # noqa: PLC0415 - as in `draw`

    polygons, colours = [], []
    for row, look in looks(rows):
        low, mean, high = band([curve_of(record) for record in row.arm.records])
        epochs = np.arange(1, len(mean) + 1)
        marker = look.marker if len(mean) <= MARKED_EPOCHS else ""
        style: dict[str, Any] = {"color": look.colour, "marker": marker, "dashes": look.dashes, "label": label_of(row)}
        axes.plot(epochs, mean, markersize=3.5, linewidth=1.6, **style)
        known = np.isfinite(mean)
        there_and_back = np.concatenate([epochs[known], epochs[known][::-1]])
        polygons.append(np.column_stack([there_and_back, np.concatenate([low[known], high[known][::-1]])]))
        colours.append(look.colour)
    axes.add_collection(PolyCollection(polygons, facecolors=colours, alpha=0.18, linewidths=0, zorder=1))
    axes.autoscale_view()


def _draw_throughput(panels: "list[Axes]", comparison: ComparisonResult) -> None:
    axes = panels[0]
    timed = [(row, look) for row, look in looks(comparison.rows) if row.arm.speed]
    throughputs = [row.arm.speed.train_images_per_second for row, _ in timed if row.arm.speed]
    speeds = np.array([throughput.median for throughput in throughputs])
    accuracies = 100 * np.array([row.arm.accuracy.mean for row, _ in timed])
    bars: dict[str, Any] = {"colors": [look.colour for _, look in timed], "linewidths": 1.6, "zorder": 2}
    axes.hlines(accuracies, *ends_of(throughputs), **bars)
    axes.vlines(speeds, *(100 * ends_of([row.arm.accuracy for row, _ in timed])), **bars)
    for (row, look), speed, accuracy in zip(timed, speeds, accuracies, strict=True):
        axes.plot(
            speed, accuracy, color=look.colour, marker=look.marker, markersize=7, linestyle="", label=label_of(row)
        )
    front = pareto_front([(float(speed), float(accuracy)) for speed, accuracy in zip(speeds, accuracies, strict=True)])
    axes.plot(speeds[front], accuracies[front], color=INK, linewidth=0.8, alpha=0.5, zorder=1, label="Pareto front")
    axes.set_xlabel("training throughput (images/s)")
    axes.set_ylabel("test accuracy (%)")
    log_where_wide(axes, "x", speeds)
