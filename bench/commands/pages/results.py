"""The committed results as Markdown: one row per study for README.md, every comparison for docs/results.md."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tabulate import tabulate

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.conditions import one_line
from bench.harness.analysis.results import ArmRow, ComparisonResult, StudyResult
from bench.harness.files import slug
from bench.harness.number_format import MISSING, interval, measured, number, percent, signed
from bench.harness.records.record import load
from bench.harness.records.speed import load_speeds
from bench.harness.report.answers import headline, short_answer, soonest, study_answers
from bench.harness.report.figures.rates import choices_of, rates_svg
from bench.harness.report.notes import published
from bench.harness.report.sentences import difference_text, points
from bench.harness.report.typesetting import markdown_text
from bench.harness.study.articles import ARTICLES

HEADERS = ("arm", "test accuracy %", "difference, points", "verdict", "training images/s", "speed")
ANSWER_HEADERS = ("study", "question", "answer", "difference, points", "speed")
MOST_ARMS = 4  # of a comparison, each with a line of its own; more are told in one
NEXT_LINE = "<br>"  # in a cell: each arm's answer, difference and speed stand in one line


def committed_results(records: Path) -> list[StudyResult]:
    """Return the results of committed records, with the speed phases beside them."""
    return analyse(load(records), load_speeds(records.parent))


def answers_table(
    results: Sequence[StudyResult],
    page: str = "docs/results.md#{study}",
    special: Callable[[StudyResult], str] = soonest,
) -> str:
    """Return one row per study: its question, and the answer of its first comparison with differences and speeds.

    Args:
        results: the studies.
        page: where a study's name leads to.
        special: returns the answer of a study that asks for something else than a difference; empty for others.
    """
    rows = [_answer_row(result, result.comparisons[0], page, special(result)) for result in results]
    return tabulate(rows, ANSWER_HEADERS, tablefmt="pipe", disable_numparse=True)


def _answer_row(result: StudyResult, comparison: ComparisonResult, page: str, special: str) -> tuple[str, ...]:
    asked = f"[{result.study}]({page.format(study=slug(result.study))})", markdown_text(result.question)
    if special:
        return (*asked, markdown_text(special), MISSING, MISSING)
    judged = [row for row in comparison.rows if row.judgement]
    if len(judged) > MOST_ARMS:
        return (*asked, markdown_text(headline(result)), _range_of_differences(judged), _range_of_speeds(judged))
    return (
        *asked,
        NEXT_LINE.join(markdown_text(short_answer(comparison, row)) for row in judged) or MISSING,
        NEXT_LINE.join(_difference(row) for row in judged) or MISSING,
        NEXT_LINE.join(_speed(row) for row in judged) or MISSING,
    )


def _range_of_differences(rows: Sequence[ArmRow]) -> str:
    effects = [100 * row.judgement.difference.effect for row in rows if row.judgement]
    return f"{signed(min(effects), 2)} to {signed(max(effects), 2)}"


def _range_of_speeds(rows: Sequence[ArmRow]) -> str:
    ratios = [row.speed[0] for row in rows if row.speed]
    return f"{number(min(ratios), 2)} to {number(max(ratios), 2)}" if ratios else MISSING


def results_text(results: Sequence[StudyResult]) -> str:
    """Return every study's question with what was measured, under a heading of its own."""
    return "\n\n".join(
        f"### {result.study}\n\n**{result.question}**\n\n{result_text(result)}{_rates(result)}" for result in results
    )


def rates_pictures(results: Iterable[StudyResult]) -> dict[str, str]:
    """Return the pictures of what each learning rate gave, SVG by their paths, of studies whose rates were chosen."""
    drawn = {f"docs/{_rates_picture(result.study)}": rates_svg(result) for result in results}
    return {path: svg for path, svg in drawn.items() if svg}


def _rates(result: StudyResult) -> str:
    if not choices_of(result):
        return ""
    return f"\n\n![What each learning rate gave]({_rates_picture(result.study)})"


def _rates_picture(study: str) -> str:
    return f"images/rates/{slug(study)}.svg"


def result_text(result: StudyResult) -> str:
    """Return a study's answers, its comparisons in one table, what others published, and the conditions."""
    rows = [row for comparison in result.comparisons for row in map(_row, comparison.rows)]
    parts = (
        _list(study_answers(result)),
        tabulate(rows, HEADERS, tablefmt="pipe", disable_numparse=True),
        _list(published(result, result.arms)),
        f"<sub>margin {points(result.margin)}; {one_line(result)}</sub>",
    )
    return "\n\n".join(filter(None, parts))


def articles_text() -> str:
    """Return each of the five articles in a line."""
    return _list(f"{name}: {text}" for name, text in ARTICLES.items())


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {' '.join(line.splitlines())}" for line in lines)


def _row(row: ArmRow) -> tuple[str, ...]:
    arm, label = row.arm, markdown_text(row.arm.label)
    accuracy = percent(arm.accuracy.mean, arm.accuracy.low, arm.accuracy.high)
    speed = arm.speed.train_images_per_second if arm.speed else None
    throughput = MISSING if speed is None else measured(speed.median, speed.low, speed.high)
    if row.is_baseline:
        return (f"{label} (baseline)", accuracy, "", "", throughput, "1")
    if row.judgement is None:
        return (label, accuracy, MISSING, MISSING, throughput, _speed(row))
    return (label, accuracy, _difference(row), row.judgement.verdict or "none", throughput, _speed(row))


def _difference(row: ArmRow) -> str:
    if row.judgement is None:
        return MISSING
    return difference_text(row.judgement.difference)


def _speed(row: ArmRow) -> str:
    if row.speed is None:
        return MISSING
    ratio, low, high = row.speed
    return f"{number(ratio, 2)} {interval(low, high, lambda end: number(end, 2))}".rstrip()
