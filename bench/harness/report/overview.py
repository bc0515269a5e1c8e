"""The report's first screen: each question with its answer in a few words, and its arms as a forest plot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bench.harness.analysis.architectures import summaries
from bench.harness.analysis.results import StudyResult
from bench.harness.number_format import signed
from bench.harness.report.answers import headline
from bench.harness.report.figures.forest_rows import (
    ROW_HEIGHT,
    Axis,
    ForestRow,
    difference_axis,
    difference_marks,
    forest_rows,
    speed_axis,
    speed_marks,
)

WIDE, NARROW, RIM = 400, 200, 8  # SVG units of the two panels, and what is kept free at their ends


@dataclass(frozen=True)
class PlotRow:
    """One arm's row.

    Attributes:
        arm: the row's texts.
        difference, speed: its marks, each an SVG of its own.
    """

    arm: ForestRow
    difference: Markup
    speed: Markup


@dataclass(frozen=True)
class Overview:
    """One study as the first screen shows it.

    Attributes:
        answer: at most 15 words.
        rows: one per judged arm, each with its baseline.
        difference_ends, speed_ends: texts at the two ends of the axes, the same in all studies of a page.
        nets: the architectures that the study trains, each with what it is, in the order of their first arms.
        labels: by architecture, the labels of the arms that train it.
    """

    answer: str
    rows: tuple[PlotRow, ...]
    difference_ends: tuple[str, str]
    speed_ends: tuple[str, str]
    nets: tuple[tuple[str, str], ...]
    labels: Mapping[str, str]


def overviews(results: Sequence[StudyResult]) -> list[Overview]:
    """Return every study's part of the first screen, all on the same axes."""
    groups = [forest_rows(result) for result in results]
    rows = [row for group in groups for row in group]
    if not rows:
        return [
            Overview(headline(result), (), ("", ""), ("", ""), _nets(result), _labels(result)) for result in results
        ]
    differences = difference_axis(rows, RIM, WIDE - 2 * RIM)
    speeds = speed_axis(rows, RIM, NARROW - 2 * RIM)
    return [
        Overview(
            answer=headline(result),
            rows=tuple(_plot_row(row, differences, speeds) for row in group),
            difference_ends=(f"{signed(differences.low, 0)} points", signed(differences.high, 0)),
            speed_ends=(f"{speeds.low:g}×", f"{speeds.high:g}×"),
            nets=_nets(result),
            labels=_labels(result),
        )
        for result, group in zip(results, groups, strict=True)
    ]


def _plot_row(row: ForestRow, differences: Axis, speeds: Axis) -> PlotRow:
    return PlotRow(
        arm=row,
        difference=_panel(difference_marks(row, differences), WIDE, row.difference_hover),
        speed=_panel(speed_marks(row, speeds), NARROW, row.speed_hover if row.speed else "not timed"),
    )


def _panel(marks: str, width: int, text: str) -> Markup:
    frame = Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">').format(width, ROW_HEIGHT, text)
    return frame + Markup(marks) + Markup("</svg>")  # noqa: S704 - our own marks, whose texts are escaped


def _nets(result: StudyResult) -> tuple[tuple[str, str], ...]:
    names = dict.fromkeys(arm.records[-1].architecture for arm in result.arms)
    return tuple((name, summaries()[name]) for name in names if name in summaries())


def _labels(result: StudyResult) -> dict[str, str]:
    labels: dict[str, list[str]] = {}
    for arm in result.arms:
        labels.setdefault(arm.records[-1].architecture, []).append(arm.label)
    return {name: "; ".join(dict.fromkeys(arms)) for name, arms in labels.items()}
