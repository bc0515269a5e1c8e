"""The rows of a forest plot: every judged arm with its difference, its verdict and its speed, as marks on two axes.

The SVG is written by hand, so that marks have hover texts and colours follow the reader's light or dark scheme.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from bench.harness.analysis.results import ArmRow, ComparisonResult, StudyResult
from bench.harness.number_format import interval, number, signed
from bench.harness.report.answers import baseline_label, failed_text
from bench.harness.report.sentences import VERDICT_WORDS, Ratio, points
from bench.harness.stats.differences import Difference

ROW_HEIGHT = 34
OUTLIER = 4  # times the median reach; a row that reaches further is cut off, so that it does not flatten the others
AXIS_ENDS = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40, 60, 80, 100)  # points of accuracy
LEAST_MARGINS = 2  # the axis reaches at least so many margins
WIDEST_DOUBLINGS = 4  # of speed; beyond, a row is cut off
ARROW = 6


@dataclass(frozen=True)
class Axis:
    """Where values stand in a panel.

    Attributes:
        low, high: the values at its two ends.
        logarithmic: whether equal ratios are equally far apart.
        left, width: in SVG units.
    """

    low: float
    high: float
    left: float
    width: float
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Return a value's place in SVG units, at the nearer end where it lies beyond the axis."""
        inside = min(max(value, self.low), self.high)
        low, inside, high = (math.log(end) if self.logarithmic else end for end in (self.low, inside, self.high))
        return self.left + self.width * (inside - low) / (high - low)


@dataclass(frozen=True)
class ForestRow:
    """One arm beside its baseline, ready to be drawn.

    Attributes:
        verdict: `better`, `worse`, `tied`, or `open` where these trials cannot tell or are too few.
        words: the verdict in plain words.
        failed: trials of the arm that failed, in words; empty where none did.
        margin: 0 to 1.
    """

    label: str
    baseline: str
    verdict: str
    words: str
    failed: str
    difference: Difference
    margin: float
    speed: Ratio | None

    @property
    def ends(self) -> tuple[float, float]:
        """The ends of the difference's interval in points; twice the difference where there is none."""
        return _ends(self.difference.effect, self.difference.low, self.difference.high, 100)

    @property
    def effect(self) -> str:
        """The difference in points, such as `+0.42`."""
        return signed(100 * self.difference.effect, 2)

    @property
    def interval(self) -> str:
        """The interval in points, such as `[+0.10, +0.74]`, empty where there is none."""
        return interval(self.difference.low, self.difference.high, lambda end: signed(100 * end, 2))

    @property
    def ratio(self) -> str:
        """The speed ratio, such as `0.85×`, empty where no trial was timed."""
        return f"{number(self.speed[0], 2)}×" if self.speed else ""

    @property
    def ratio_interval(self) -> str:
        """The interval of the speed ratio, such as `[0.75, 0.96]`, empty where there is none."""
        return interval(*self.speed[1:], lambda end: number(end, 2)) if self.speed else ""

    @property
    def difference_hover(self) -> str:
        """The difference in one line, for the mark's hover text."""
        seeds = self.difference.n
        return (
            " ".join(filter(None, (f"{self.label} against {self.baseline}: {self.effect} points", self.interval)))
            + f", {self.words}, n = {seeds}, margin ±{points(self.margin)}"
            + (f", {self.failed}" if self.failed else "")
        )

    @property
    def speed_hover(self) -> str:
        """The speed ratio in one line, for the mark's hover text."""
        return " ".join(filter(None, (f"{self.label}: {self.ratio}", self.ratio_interval, "the training speed")))


def forest_rows(result: StudyResult) -> list[ForestRow]:
    """Return a row for every judged (arm, baseline) pair of a study, each pair once."""
    rows = {
        (row.arm.name, comparison.baseline): _row(result, comparison, row)
        for comparison in result.comparisons
        for row in comparison.rows
        if row.judgement
    }
    return list(rows.values())


def _row(result: StudyResult, comparison: ComparisonResult, row: ArmRow) -> ForestRow:
    if row.judgement is None:
        raise ValueError(f"arm {row.arm.name!r} has no judgement: draw judged arms only")
    verdict = row.judgement.verdict
    return ForestRow(
        label=row.arm.label,
        baseline=baseline_label(comparison),
        verdict=verdict if verdict in ("better", "worse", "tied") else "open",
        words=VERDICT_WORDS[verdict],
        failed=failed_text(row.arm.failures),
        difference=row.judgement.difference,
        margin=result.margin,
        speed=row.speed,
    )


def difference_axis(rows: Sequence[ForestRow], left: float, width: float) -> Axis:
    """Return an axis in points with 0 in the middle that holds all rows but outliers."""
    reaches = sorted(max(map(abs, row.ends)) for row in rows)
    usual = [reach for reach in reaches if reach <= OUTLIER * reaches[len(reaches) // 2]]
    least = max(usual[-1], LEAST_MARGINS * 100 * max(row.margin for row in rows))
    end = next((end for end in AXIS_ENDS if end >= least), AXIS_ENDS[-1])
    return Axis(-end, end, left, width)


def speed_axis(rows: Sequence[ForestRow], left: float, width: float) -> Axis:
    """Return a logarithmic axis from one power of two to another that holds 1 and all rows but the extreme."""
    ends = [end for row in rows if row.speed for end in _ends(*row.speed) if end > 0]
    low = max(math.floor(math.log2(min([*ends, 0.5]))), -WIDEST_DOUBLINGS)
    high = min(math.ceil(math.log2(max([*ends, 2.0]))), WIDEST_DOUBLINGS)
    return Axis(2.0**low, 2.0**high, left, width, logarithmic=True)


def _ends(mean: float, low: float | None, high: float | None, factor: float = 1) -> tuple[float, float]:
    return factor * (mean if low is None else low), factor * (mean if high is None else high)


def difference_marks(row: ForestRow, axis: Axis) -> str:
    """Return SVG elements in a row that starts at 0: the margin, the line of no difference, the interval, its mean."""
    low, high = axis.place(-100 * row.margin), axis.place(100 * row.margin)
    zero = axis.place(0)
    return (
        f'<rect class="band" x="{low:.1f}" y="0" width="{high - low:.1f}" height="{ROW_HEIGHT}"/>'
        f'<line class="zero" x1="{zero:.1f}" x2="{zero:.1f}" y1="0" y2="{ROW_HEIGHT}"/>'
        + _interval(axis, 100 * row.difference.effect, row.ends, row.verdict, row.difference_hover)
    )


def speed_marks(row: ForestRow, axis: Axis) -> str:
    """Return SVG elements in a row that starts at 0: the line of equal speed and, if there is one, the ratio."""
    equal = axis.place(1)
    line = f'<line class="zero" x1="{equal:.1f}" x2="{equal:.1f}" y1="0" y2="{ROW_HEIGHT}"/>'
    if row.speed is None:
        return line
    return line + _interval(axis, row.speed[0], _ends(*row.speed), "speed", row.speed_hover)


def _interval(axis: Axis, mean: float, ends: tuple[float, float], kind: str, hover: str) -> str:
    """Return a line from end to end with a mark at the mean, a dot or, for a speed, a square."""
    middle = ROW_HEIGHT / 2
    low, place, high = axis.place(ends[0]), axis.place(mean), axis.place(ends[1])
    parts = [f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{middle}" y2="{middle}"/>']
    if ends[0] < axis.low:
        parts.append(_arrow(low, middle, ARROW))
    if ends[1] > axis.high:
        parts.append(_arrow(high, middle, -ARROW))
    if axis.low <= mean <= axis.high:
        parts.append(
            f'<rect x="{place - 3.5:.1f}" y="{middle - 3.5}" width="7" height="7"/>'
            if kind == "speed"
            else f'<circle cx="{place:.1f}" cy="{middle}" r="4"/>'
        )
    # An invisible wide line under the mark, so that a pointer need not meet three pixels.
    target = (
        f'<line x1="{low - 8:.1f}" x2="{high + 8:.1f}" y1="{middle}" y2="{middle}" '
        f'stroke="transparent" stroke-width="{ROW_HEIGHT - 6}"/>'
    )
    return f'<g class="mark {kind}"><title>{escape(hover)}</title>{target}{"".join(parts)}</g>'


def _arrow(tip: float, middle: float, back: float) -> str:
    return (
        f'<path fill="none" d="M{tip + back:.1f} {middle - ARROW:.1f}L{tip:.1f} {middle:.1f}'
        f'L{tip + back:.1f} {middle + ARROW:.1f}"/>'
    )


def difference_ticks(axis: Axis) -> list[tuple[float, str]]:
    """Return places and texts of the ticks under a difference axis: its ends, half of them, and 0."""
    values = [axis.low, axis.low / 2, 0, axis.high / 2, axis.high]
    return [(axis.place(value), signed(value, 0 if value == round(value) else 1)) for value in values]


def speed_ticks(axis: Axis) -> list[tuple[float, str]]:
    """Return places and texts of the ticks under a speed axis: its ends and 1."""
    return [(axis.place(value), f"{value:g}×") for value in (axis.low, 1, axis.high)]
