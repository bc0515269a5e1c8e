"""Draws every judged arm of some studies as one row of a forest plot: its difference, its verdict, its speed.

The SVG is written by hand, so that marks have hover texts and colours follow the reader's light or dark scheme. It
needs no other file, and the same results give the same bytes.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from bench.harness.analysis.results import ArmRow, ComparisonResult, StudyResult
from bench.harness.number_format import number, signed
from bench.harness.report.answers import baseline_label
from bench.harness.report.sentences import VERDICT_WORDS, Ratio, points
from bench.harness.stats.differences import Difference

WIDTH = 800  # of the whole plot; all lengths are SVG units, which are pixels at this width
STYLE = Path(__file__).parent / "template" / "forest.css"
ROW_HEIGHT = 34
HEAD_HEIGHT = 30
AXIS_HEIGHT = 46
FOOT_HEIGHT = 46
MARGIN_LEFT = 14
DIFFERENCE_LEFT, DIFFERENCE_WIDTH = 282, 204
DIFFERENCE_TEXT_LEFT = 498
SPEED_LEFT, SPEED_WIDTH = 618, 92
SPEED_TEXT_LEFT = 722
LABEL_LETTERS = 40  # a longer label is cut; its hover text has all of it
QUESTION_LETTERS = 105
OUTLIER = 4  # times the median reach; a row that reaches further is cut off, so that it does not flatten the others
AXIS_ENDS = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40, 60, 80, 100)  # points of accuracy
LEAST_MARGINS = 2  # the axis reaches at least so many margins
WIDEST_DOUBLINGS = 4  # of speed; beyond, a row is cut off
ARROW = 6
NOTHING = "No comparison has trials of both its arms yet."
LEGEND = (
    "Dot or square: mean over the seeds. Line: 95 % interval. An arrow: it goes on beyond the axis.",
    "Shaded: the margin, {margins}; an interval inside it is a tie. Speed: of training, the baseline's is 1.",
)


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
        margin: 0 to 1.
    """

    label: str
    baseline: str
    verdict: str
    words: str
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
        if self.difference.low is None or self.difference.high is None:
            return ""
        return f"[{signed(self.ends[0], 2)}, {signed(self.ends[1], 2)}]"

    @property
    def ratio(self) -> str:
        """The speed ratio, such as `0.85×`, empty where no trial was timed."""
        return f"{number(self.speed[0], 2)}×" if self.speed else ""

    @property
    def ratio_interval(self) -> str:
        """The interval of the speed ratio, such as `[0.75, 0.96]`, empty where there is none."""
        if self.speed is None or self.speed[1] is None or self.speed[2] is None:
            return ""
        return f"[{number(self.speed[1], 2)}, {number(self.speed[2], 2)}]"

    @property
    def difference_hover(self) -> str:
        """The difference in one line, for the mark's hover text."""
        seeds = self.difference.n
        return (
            " ".join(filter(None, (f"{self.label} against {self.baseline}: {self.effect} points", self.interval)))
            + f", {self.words}, n = {seeds}, margin ±{points(self.margin)}"
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
        difference=row.judgement.difference,
        margin=result.margin,
        speed=row.throughput_ratio,
    )


def difference_axis(rows: Sequence[ForestRow], left: float = DIFFERENCE_LEFT, width: float = DIFFERENCE_WIDTH) -> Axis:
    """Return an axis in points with 0 in the middle that holds all rows but outliers."""
    reaches = sorted(max(map(abs, row.ends)) for row in rows)
    usual = [reach for reach in reaches if reach <= OUTLIER * reaches[len(reaches) // 2]]
    least = max(usual[-1], LEAST_MARGINS * 100 * max(row.margin for row in rows))
    end = next((end for end in AXIS_ENDS if end >= least), AXIS_ENDS[-1])
    return Axis(-end, end, left, width)


def speed_axis(rows: Sequence[ForestRow], left: float = SPEED_LEFT, width: float = SPEED_WIDTH) -> Axis:
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


def forest_svg(results: Sequence[StudyResult]) -> str:
    """Return a forest plot of all judged arms as a self-contained SVG, readable at 800 pixels and on any ground."""
    groups = [(result.question, forest_rows(result)) for result in results]
    rows = [row for _, group in groups for row in group]
    if not rows:
        return _document(HEAD_HEIGHT + 20, _text(MARGIN_LEFT, 32, NOTHING, "soft"))
    axes = difference_axis(rows), speed_axis(rows)
    parts, top = [_axis_head(*axes)], float(AXIS_HEIGHT)
    for question, group in groups:
        if group:
            parts += _group(question, group, axes, top)
            top += HEAD_HEIGHT + ROW_HEIGHT * len(group)
    margins = ", ".join(dict.fromkeys(f"±{points(row.margin)}" for row in rows))
    parts += [
        _text(MARGIN_LEFT, top + 20 + 16 * place, line.format(margins=margins), "small soft")
        for place, line in enumerate(LEGEND)
    ]
    return _document(top + FOOT_HEIGHT, "".join(parts))


def _document(height: float, body: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" '
        f'height="{height:g}" role="img" aria-label="Differences in test accuracy and speed, with 95 % intervals">'
        f"<style>{STYLE.read_text('utf-8')}</style>"
        f'<rect class="paper" width="{WIDTH}" height="{height:g}" rx="8"/>{body}</svg>\n'
    )


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _axis_head(differences: Axis, speeds: Axis) -> str:
    """Return the two axes' titles with their ticks below, at the top of the plot."""
    titles = ((differences, "accuracy, points against the baseline"), (speeds, "training speed"))
    parts = [_text(axis.left + axis.width / 2, 20, title, "small soft", "middle") for axis, title in titles]
    for place, label in (*difference_ticks(differences), *speed_ticks(speeds)):
        parts.append(_text(place, 38, label, "small soft", "middle"))
    return "".join(parts)


def _group(question: str, rows: Sequence[ForestRow], axes: tuple[Axis, Axis], top: float) -> Iterator[str]:
    title = _cut(question, QUESTION_LETTERS)
    yield f'<line class="rule" x1="0" x2="{WIDTH}" y1="{top:g}" y2="{top:g}"/>'
    yield _text(MARGIN_LEFT, top + 20, title, "ink strong")
    for place, row in enumerate(rows):
        yield f'<g transform="translate(0 {top + HEAD_HEIGHT + ROW_HEIGHT * place:g})">{_plot_row(row, *axes)}</g>'


def _plot_row(row: ForestRow, differences: Axis, speeds: Axis) -> str:
    texts = (
        _text(MARGIN_LEFT, 14, _cut(row.label), "ink"),
        _text(MARGIN_LEFT, 28, _cut(f"against {row.baseline}"), "small soft"),
        _text(DIFFERENCE_TEXT_LEFT, 14, f"{row.effect} {row.words}", f"strong {row.verdict}"),
        _text(DIFFERENCE_TEXT_LEFT, 28, row.interval, "small soft"),
        _text(SPEED_TEXT_LEFT, 14, row.ratio, "ink"),
        _text(SPEED_TEXT_LEFT, 28, row.ratio_interval, "small soft"),
    )
    return "".join([*texts, difference_marks(row, differences), speed_marks(row, speeds)])


def _cut(text: str, letters: int = LABEL_LETTERS) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1].rstrip()}…"
