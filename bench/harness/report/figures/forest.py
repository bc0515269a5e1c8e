"""The forest plot of some studies as one picture: an SVG that needs no other file; equal results give equal bytes."""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from bench.harness.analysis.results import StudyResult
from bench.harness.report.figures.forest_rows import (
    ROW_HEIGHT,
    Axis,
    ForestRow,
    difference_axis,
    difference_marks,
    difference_ticks,
    forest_rows,
    speed_axis,
    speed_marks,
    speed_ticks,
)
from bench.harness.report.sentences import points

WIDTH = 800  # of the whole plot; all lengths are SVG units, which are pixels at this width
STYLE = Path(__file__).parent.parent / "template" / "forest.css"
HEAD_HEIGHT = 30
AXIS_HEIGHT = 46
FOOT_HEIGHT = 46
MARGIN_LEFT = 14
DIFFERENCE_LEFT, DIFFERENCE_WIDTH = 282, 204
DIFFERENCE_TEXT_LEFT = 498
SPEED_LEFT, SPEED_WIDTH = 614, 88
SPEED_TEXT_LEFT = 714
LABEL_LETTERS = 40  # a longer label is cut; its hover text has all of it
QUESTION_LETTERS = 105
NOTHING = "No comparison has trials of both its arms yet."
LEGEND = (
    "Dot or square: mean over the seeds. Line: 95 % interval. An arrow: it goes on beyond the axis.",
    "Shaded: the margin, {margins}; an interval inside it is a tie. Speed: of training, the baseline's is 1.",
)


def forest_svg(results: Sequence[StudyResult]) -> str:
    """Return a forest plot of all judged arms as a self-contained SVG, readable at 800 pixels and on any ground."""
    groups = [(result.question, forest_rows(result)) for result in results]
    rows = [row for _, group in groups for row in group]
    if not rows:
        return _document(HEAD_HEIGHT + 20, _text(MARGIN_LEFT, 32, NOTHING, "soft"))
    axes = difference_axis(rows, DIFFERENCE_LEFT, DIFFERENCE_WIDTH), speed_axis(rows, SPEED_LEFT, SPEED_WIDTH)
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
