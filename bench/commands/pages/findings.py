"""The findings under the articles' own protocol as Markdown: a page per question, and one with all of them."""

from collections.abc import Iterable, Sequence
from functools import cache

from tabulate import tabulate

from bench.commands.pages.questions.tables import LEADERBOARD, own_answer, own_tables
from bench.commands.pages.results import answers_table, result_text
from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.questions.reproduction import (
    ASSUMPTIONS,
    Reproduction,
    changed_assumptions,
    other_options,
    reproductions,
)
from bench.harness.analysis.results import StudyResult
from bench.harness.number_format import MISSING, counted, interval, percent
from bench.harness.paths import EVIDENCE
from bench.harness.records.record import ID_LETTERS, load
from bench.harness.records.speed import load_speeds
from bench.harness.records.store import RECORDS
from bench.harness.report.figures.curves import throughput_svg
from bench.harness.report.figures.forest import forest_svg
from bench.harness.report.figures.trends import trend_svg, trends
from bench.harness.report.notes import machines, surviving
from bench.harness.report.typesetting import markdown_text
from bench.harness.study.discovery import load_studies
from bench.harness.study.study import Study

FOLDER = "docs/findings"
INDEX = f"{FOLDER}/index.md"
PICTURES = "docs/images/findings"
HEADERS = ("system", "published %", "source", "measured %", "n", "a single run %", "inside", "finding", "why not")
INSIDE = {True: "yes", False: "**no**", None: MISSING}


@cache
def committed_findings() -> tuple[StudyResult, ...]:
    """Return the results of the committed records under the articles' protocol, of each study the newest setting."""
    folder = EVIDENCE / "published"
    results = analyse(load(folder / RECORDS), load_speeds(folder), pool=True)
    return tuple(sorted((result for result in results if not result.variant), key=lambda result: result.study))


def page_of(study: str) -> str:
    """Return the path of the page on a study."""
    return f"{FOLDER}/{study}.md"


def picture_of(study: str) -> str:
    """Return the path of a study's picture."""
    return f"{PICTURES}/{study}.svg"


def pictures(result: StudyResult) -> dict[str, str]:
    """Return a study's pictures, SVG by their paths: its differences; a trend where its arms vary a number, a front."""
    drawn = {picture_of(result.study): forest_svg([result])}
    if trends(result):
        drawn[picture_of(f"{result.study}-trend")] = trend_svg(result)
    if result.study.startswith(LEADERBOARD):
        drawn[picture_of(f"{result.study}-front")] = throughput_svg(result)
    return drawn


def finding_text(result: StudyResult) -> str:
    """Return what was measured for a question: answers, table, published numbers, conditions, records, command."""
    trend = f"![Accuracy and time by what is varied](../images/findings/{result.study}-trend.svg)"
    parts = [
        *([trend] if trends(result) else []),
        result_text(result),
        *_reading(result),
        *own_tables(result),
        *_held_fixed(result.study),
        *machines(result),
        *_commands(result),
        f"<details><summary>Records</summary>\n\n{_records(result)}\n\n</details>",
    ]
    return "\n\n".join(parts)


def _reading(result: StudyResult) -> list[str]:
    """Return what tells an interval from a p value, which are not of the same thing; nothing without verdicts."""
    if not any(one.p_corrected for one in result.judgements.values()):
        return []
    corrected = f"{counted(result.family, 'comparison')} and for [looks](../trust.md#seeds-until-the-answer)"
    return [f"Brackets are the 95 % interval of each difference by itself; p is corrected for the study's {corrected}."]


def _held_fixed(study: str) -> list[str]:
    """Return what a study holds fixed, as its file says today; nothing where it has gone."""
    return [f"Held fixed: {one.held_fixed}." for one in _today(study)]


def _today(study: str) -> list[Study]:
    """Return the study of a name, as its file says today; none where it has gone."""
    return [one for one in load_studies() if one.name == study]


def _commands(result: StudyResult) -> list[str]:
    """Return the command that trains a study again, and the one that trains it in full where it was reduced."""
    texts = {result.setting.protocol: "To run it again:"}
    if any(one.arm_names("full") for one in _today(result.study)):
        texts.setdefault("full", "In full, on a GPU:")
    return [
        f"{text}\n\n```\npytest bench/ --protocol {name} --studies {result.study} --data-root DIR\n```"
        for name, text in texts.items()
    ]


def _records(result: StudyResult) -> str:
    """Return the ids of all records behind the page's numbers, an arm a line."""
    return "\n".join(
        f"- {markdown_text(arm.label)}: {', '.join(record.record_id[:ID_LETTERS] for record in arm.records)}"
        for arm in result.arms
    )


def all_findings_text(results: Sequence[StudyResult]) -> str:
    """Return the answer to every question, and how many of them hold taken together."""
    table = answers_table(results, page="{study}.md", special=own_answer)
    return "\n\n".join(filter(None, (table, surviving(results))))


def reproduction_text(results: Iterable[StudyResult]) -> str:
    """Return every published number beside the measured one, and whether one run here could have given it."""
    results = list(results)
    known, changed = reproductions(results), changed_assumptions(results)
    rows = [(*_row(row), _why(row, [*other_options(row, known), *changed.get(row.number, ())])) for row in known]
    return tabulate(rows, HEADERS, tablefmt="pipe", disable_numparse=True)


def _row(row: Reproduction) -> tuple[str, ...]:
    accuracy = row.arm.accuracy
    low, high = row.run or (None, None)
    return (
        markdown_text(row.arm.label),
        str(row.published["value"]),
        row.published["source"],
        percent(accuracy.mean, accuracy.low, accuracy.high),
        str(accuracy.n),
        interval(low, high, lambda end: f"{100 * min(end, 1.0):.2f}") or MISSING,
        _inside(row),
        f"[{row.study}]({row.study}.md)",
    )


def _inside(row: Reproduction) -> str:
    """Return whether a number lies inside, with the studies whose trials of the same system say otherwise."""
    if row.reduced:
        return "reduced"
    others = [again.study for again in row.again if again.inside not in (row.inside, None)]
    pages = ", ".join(f"[{study}]({study}.md)" for study in others)
    return INSIDE[row.inside] + (f", {INSIDE[not row.inside]} in {pages}" if others else "")


def _why(row: Reproduction, others: Sequence[Reproduction]) -> str:
    """Return which other systems that a number outside may be of would have given it; empty where it is inside."""
    if row.inside is not False:
        return ""
    given = [f"[{markdown_text(other.arm.label)}]({other.study}.md)" for other in others if other.inside]
    changed = [other for other in others if other.study.startswith(ASSUMPTIONS)]
    if not given and changed:
        return f"[not given by any of {counted(len(changed), 'change')}]({changed[0].study}.md)"
    return f"could be {' or '.join(given)}" if given else MISSING


def sections_of(results: Sequence[StudyResult]) -> dict[str, dict[str, str]]:
    """Return the sections of every page of findings, by the page's path."""
    pages = {page_of(result.study): {"finding": finding_text(result)} for result in results}
    return {INDEX: {"findings": all_findings_text(results), "reproduction": reproduction_text(results)}, **pages}
