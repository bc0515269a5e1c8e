"""A terminal's text at the end of a run: every question, its answer, and one line per compared arm."""

import textwrap
from collections.abc import Iterator, Sequence

from bench.harness.analysis.conditions import one_line
from bench.harness.analysis.results import StudyResult
from bench.harness.report.answers import apart_from, headline
from bench.harness.report.figures.forest_rows import ForestRow, forest_rows
from bench.harness.report.notes import missing
from bench.harness.streams import columns

INDENT = "  "
HEADERS = ("accuracy, points", "verdict", "speed")


def summary_lines(results: Sequence[StudyResult], width: int | None = None) -> list[str]:
    """Return all studies in lines that fit the width; the report has the details.

    Args:
        results: the studies of a run.
        width: letters a line, None for the terminal's.
    """
    width = width or columns()
    lines = [line for result in results for line in ["", *_study(result, width)]]
    conditions = dict.fromkeys(one_line(result) for result in results)
    return [*lines, *(line for text in conditions for line in ["", *_wrapped(f"Measured with: {text}.", width, "")])]


def _study(result: StudyResult, width: int) -> Iterator[str]:
    variant = f" ({result.variant})" if result.variant else ""
    yield from _wrapped(f"{result.study}{variant}: {result.question}", width, "")
    yield from _wrapped(headline(result), width, INDENT)
    yield from _table(forest_rows(result), width)
    for comparison in result.comparisons:
        for gap in missing(comparison):
            yield from _wrapped(gap, width, INDENT)


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent + INDENT)


def _table(rows: Sequence[ForestRow], width: int) -> Iterator[str]:
    """Yield a header and one line per arm; only its name gives way where the line is too long."""
    if not rows:
        return
    cells = [HEADERS, *((f"{row.effect} {row.interval}".strip(), _verdict(row), row.ratio) for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(HEADERS))]
    room = width - len(INDENT) * (len(HEADERS) + 1) - sum(widths)
    names = ["", *(_name(row, room) for row in rows)]
    longest = max(map(len, names))
    for name, (difference, verdict, speed) in zip(names, cells, strict=True):
        line = (name.ljust(longest), difference.rjust(widths[0]), verdict.ljust(widths[1]), speed.rjust(widths[2]))
        yield (INDENT + INDENT.join(line)).rstrip()


def _verdict(row: ForestRow) -> str:
    """Return the verdict, and how many trials failed where some did: a mean over such says little."""
    return f"{row.words}, {row.failed.partition(' trials')[0]} failed" if row.failed else row.words


def _name(row: ForestRow, letters: int) -> str:
    """Return the arm's label, with its baseline where there is room for both."""
    both = f"{row.label} against {apart_from(row.baseline, row.label)}"
    text = both if len(both) <= letters else row.label
    return text if len(text) <= letters else f"{text[: letters - 1].rstrip()}…"
