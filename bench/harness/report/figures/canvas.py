"""Panels on which figures are drawn as SVG: sizes, style, the look of each arm, hover texts.

Figures are made without pyplot, so nothing is global but the settings that Matplotlib reads while it draws.
The same records give the same bytes. Text stays text; ink is one colour (`INK`) that a page may replace.
"""

import io
import re
import textwrap
import warnings
from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bench.harness.analysis.results import ArmRow, ComparisonResult
from bench.harness.number_format import number, significant
from bench.harness.stats.differences import ArmSummary
from bench.harness.stats.turns import Median

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARK = re.compile(r'<g id="(mark-\d+-\d+)">')
Floats = npt.NDArray[np.float64]
INK = "#1c1e21"
PAPER = "#ffffff"
# Told apart with any colour vision (markers and dashes differ too), 3:1 or more on white and on near-black.
COLOURS = ("#0077bb", "#d55e00", "#009e73", "#c05fa8", "#a67c00", "#1e9aaa", "#cc3311")
BASELINE_COLOUR = "#7a7a7a"
MARKERS = "osD^vPX*"
DASHES = ((), (5, 1.5), (1.5, 1.5))
WIDTH_INCHES = 9.6
PLOT_INCHES = 7.1  # of the width; the rest is the legend's
LEFT_INCHES = 0.7  # for a panel's numbers and label
BELOW_INCHES = 0.55
AROUND_INCHES = 0.95  # above and below a panel together
LEAST_PANEL_INCHES = 2.3
LEGEND_LINE_INCHES = 0.165
LEGEND_GAP_INCHES = 0.07
LEGEND_LETTERS = 24  # a longer label goes on in the next line
MOST_TICKS = 6
LOG_RATIO = 8  # an axis that spans more than this goes logarithmic
LEAST_TICK_RATIO = 8  # of two ticks beside each other, where a zero stands among them
MARKED_EPOCHS = 20  # longer curves are drawn without a marker an epoch

STYLE: Any = {  # Any, because Matplotlib's types would have every key as a literal
    "svg.fonttype": "none",
    "svg.hashsalt": "convbench",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.labelsize": 10,
    "legend.fontsize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": INK,
    "grid.alpha": 0.14,
    "grid.linewidth": 0.7,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "axes.facecolor": "none",
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK),
}


class Strip(NamedTuple):
    """A row of panels: its title, and the labels of its legend, each in lines."""

    title: str
    labels: Sequence[str]


class Look(NamedTuple):
    """The look of an arm, the same in every panel of its comparison."""

    colour: str
    marker: str
    dashes: tuple[float, ...]


def draw(
    comparisons: Sequence[ComparisonResult],
    columns: int,
    fill: Callable[["list[Axes]", ComparisonResult], None],
) -> "Figure":
    """Return a figure: a row of panels a comparison, its legend beside them.

    Args:
        comparisons: at least one.
        columns: panels of each.
        fill: draws into the panels of a comparison, axes from left to right.
    """
    strips = [Strip(comparison.title, [label_of(row) for row in comparison.rows]) for comparison in comparisons]
    return draw_strips(strips, columns, lambda axes, place: fill(axes, comparisons[place]))


def draw_strips(strips: Sequence[Strip], columns: int, fill: Callable[["list[Axes]", int], None]) -> "Figure":
    """Return a figure: a row of panels a strip, its legend beside them.

    Args:
        strips: at least one.
        columns: panels of each.
        fill: draws into the panels of the strip at a place, axes from left to right.
    """
    from matplotlib import rc_context  # noqa: PLC0415 - half a second that an empty folder need not wait
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    heights = [max(LEAST_PANEL_INCHES, _legend_inches(strip.labels)) for strip in strips]
    bottoms = [sum(heights[place + 1 :]) + AROUND_INCHES * (len(heights) - place - 1) for place in range(len(heights))]
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_INCHES, sum(heights) + AROUND_INCHES * len(heights)))
        for row, (strip, bottom, height) in enumerate(zip(strips, bottoms, heights, strict=True)):
            axes = [_place(figure, column, columns, bottom + BELOW_INCHES, height) for column in range(columns)]
            fill(axes, row)
            axes[0].set_title(strip.title.replace("$", r"\$"), y=1 + 0.1 / height)
            legends = [panel.get_legend_handles_labels() for panel in axes]
            handles, labels = next((one for one in reversed(legends) if one[0]), ([], []))
            if handles:
                place = (1.02, 1 + 0.05 / height)
                axes[-1].legend(
                    handles, labels, loc="upper left", bbox_to_anchor=place, frameon=False, handlelength=2.4
                )
        return figure


def svg(figure: "Figure") -> str:
    """Return a figure as SVG whose lines have hover texts."""
    from matplotlib import rc_context  # noqa: PLC0415 - as in `draw_strips`

    with rc_context(STYLE):
        return _svg(figure)


def _place(figure: "Figure", column: int, columns: int, bottom: float, height: float) -> "Axes":
    """Return axes at a place in inches: faster than a layout engine, and room for the legend is known."""
    width, total = PLOT_INCHES / columns, figure.get_figheight()
    left = column * width + LEFT_INCHES
    return figure.add_axes((left / WIDTH_INCHES, bottom / total, (width - LEFT_INCHES) / WIDTH_INCHES, height / total))


def _legend_inches(labels: Sequence[str]) -> float:
    lines = sum(label.count("\n") + 1 for label in labels)
    return LEGEND_LINE_INCHES * lines + LEGEND_GAP_INCHES * len(labels)


def _svg(figure: "Figure") -> str:
    hovers = dict(_hovers(figure))
    written = io.StringIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # text stays text: the reader's font draws it
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    return MARK.sub(lambda mark: f"{mark[0]}<title>{escape(hovers[mark[1]])}</title>", written.getvalue())


def _hovers(figure: "Figure") -> Iterator[tuple[str, str]]:
    """Give every labelled line or mark an id, and yield that with its hover text: the label and the last values."""
    for place, axes in enumerate(figure.axes):
        for order, line in enumerate(axes.lines):
            x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
            if not len(y):
                continue
            name = f"mark-{place}-{order}"
            line.set_gid(name)
            label = " ".join(str(line.get_label()).replace(r"\$", "$").split())
            yield name, f"{label}: {axes.get_ylabel()} {_written(y[-1])}, {axes.get_xlabel()} {_written(x[-1])}"


def _written(value: float) -> str:
    """Return a value with four digits, a whole one with all of them; a dash stands for what was not finite."""
    return number(value, 0) if float(value).is_integer() else significant(value, 4)


def looks(rows: Sequence[ArmRow]) -> Iterator[tuple[ArmRow, Look]]:
    """Yield each row with the look of its arm: grey for the baseline, the others in turn."""
    others = 0
    for row in rows:
        if row.is_baseline:
            yield row, Look(BASELINE_COLOUR, "o", ())
            continue
        yield row, look_of(others)
        others += 1


def look_of(place: int) -> Look:
    """Return the look of the arm that has so many others before it."""
    return Look(
        COLOURS[place % len(COLOURS)],
        MARKERS[(place + 1) % len(MARKERS)],
        DASHES[place // len(COLOURS) % len(DASHES)],
    )


def label_of(row: ArmRow) -> str:
    """Return an arm's label for the legend, in lines."""
    return in_lines(row.arm.label, *["(baseline)"] * row.is_baseline)


def in_lines(text: str, *more: str) -> str:
    """Return a text in lines that the legend has room for, and more lines below it."""
    lines = [*textwrap.wrap(text, LEGEND_LETTERS), *more]
    return "\n".join(lines).replace("$", r"\$")  # Matplotlib reads a pair of dollar signs as mathematics


def ends_of(summaries: Sequence[ArmSummary | Median]) -> Floats:
    """Return the ends of intervals, shape (2, summaries); the middle twice where there is none, and none below 0."""
    middle = [summary.median if isinstance(summary, Median) else summary.mean for summary in summaries]
    low = [place if one.low is None else max(one.low, 0.0) for place, one in zip(middle, summaries, strict=True)]
    high = [place if one.high is None else one.high for place, one in zip(middle, summaries, strict=True)]
    return np.array([low, high])


def _tick(value: float) -> str:
    """Return a tick's number; tens of thousands are short, so that neighbours do not touch."""
    return f"{value / 1000:g}k" if value >= 10_000 else f"{value:g}"  # noqa: PLR2004 - five digits are too wide


def log_where_wide(axes: "Axes", which: str, values: Floats) -> None:
    """Make an axis logarithmic where its values span more than LOG_RATIO, with plain numbers at its ticks.

    A zero among them stands at its end, and the ticks are those of the values that are far enough apart.
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter  # noqa: PLC0415 - as in `draw`

    finite = values[np.isfinite(values)]
    positive = finite[finite > 0]
    if not positive.size or finite.min() < 0 or positive.max() / positive.min() <= LOG_RATIO:
        return
    axis = axes.xaxis if which == "x" else axes.yaxis
    if positive.size == finite.size:
        axes.set(**{f"{which}scale": "log"})
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    else:
        getattr(axes, f"set_{which}scale")("symlog", linthresh=positive.min())
        ticks = [0.0]
        for value in sorted(set(positive.tolist())):
            if value >= LEAST_TICK_RATIO * ticks[-1]:
                ticks.append(value)
        axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value)))
    axis.set_minor_formatter(NullFormatter())
