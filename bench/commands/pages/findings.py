"""The findings under the articles' own protocol as Markdown: a page per question, and one with all of them."""

from collections.abc import Iterable, Sequence
from functools import cache

from tabulate import tabulate

from bench.commands.pages.results import answers_table, result_text
from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.questions.early_stopping import early_stopping, gain_of_best_epoch
from bench.harness.analysis.questions.leaderboard import TARGETS, minutes_to
from bench.harness.analysis.questions.reproduction import (
    ASSUMPTIONS,
    Reproduction,
    changed_assumptions,
    other_options,
    reproductions,
)
from bench.harness.analysis.questions.seed_spread import MOST, SeedSpread, seed_spread
from bench.harness.analysis.results import StudyResult
from bench.harness.number_format import MISSING, counted, interval, number, percent
from bench.harness.paths import EVIDENCE
from bench.harness.records.record import ID_LETTERS, load
from bench.harness.records.speed import load_speeds
from bench.harness.records.store import RECORDS
from bench.harness.report.figures.forest import forest_svg
from bench.harness.report.figures.trends import trend_svg, trends
from bench.harness.report.notes import machines, surviving
from bench.harness.report.sentences import points_text, time_to_target
from bench.harness.report.typesetting import markdown_text
from bench.harness.stats.spread import Spread
from bench.harness.study.discovery import load_studies
from bench.harness.study.study import Study

FOLDER = "docs/findings"
INDEX = f"{FOLDER}/index.md"
PICTURES = "docs/images/findings"
HEADERS = ("system", "published %", "source", "measured %", "n", "a single run %", "inside", "finding", "why not")
EARLY_STOPPING = "early-stopping"
LEADERBOARD = "leaderboard-"  # begins the names of studies that get its table
SEEDS = "seeds"
LAST_BATCH = "last-batch"
SPREAD_HEADERS = ("arm", "n", "spread of a run, points", "seeds for ±0.1 point")
STOPPED_HEADERS = ("arm", "patience, epochs", "epochs saved, %", "accuracy lost, points", "n")
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
    """Return a study's pictures, SVG by their paths: its differences, and a trend where its arms vary a number."""
    drawn = {picture_of(result.study): forest_svg([result])}
    return drawn | ({picture_of(f"{result.study}-trend"): trend_svg(result)} if trends(result) else {})


def finding_text(result: StudyResult) -> str:
    """Return what was measured for a question: answers, table, published numbers, conditions, records, command."""
    trend = f"![Accuracy and time by what is varied](../images/findings/{result.study}-trend.svg)"
    parts = [
        *([trend] if trends(result) else []),
        result_text(result),
        *_board(result),
        *_stopped(result),
        *_spreads(result),
        *_falls(result),
        *_best_epochs(result),
        *_held_fixed(result.study),
        *machines(result),
        *_commands(result),
        f"<details><summary>Records</summary>\n\n{_records(result)}\n\n</details>",
    ]
    return "\n\n".join(parts)


def _board(result: StudyResult) -> list[str]:
    """Return a leaderboard's table: size, cost and speed of each net, and how soon it reached some accuracies."""
    targets = TARGETS.get(result.setting.dataset, ())
    if not result.study.startswith(LEADERBOARD):
        return []
    headers = ("net", "accuracy %", "weights", "MFLOPs", "images/s", *(f"min to {target:.0%}" for target in targets))
    arms = sorted(result.arms, key=lambda arm: -arm.accuracy.mean)
    rows = [
        (
            *(markdown_text(arm.label), percent(arm.accuracy.mean, arm.accuracy.low, arm.accuracy.high)),
            *(number(arm.parameters, 0), number(arm.mflops_per_image, 1)),
            number(arm.speed.train_images_per_second.median, 0) if arm.speed else MISSING,
            *(time_to_target(minutes_to(arm, target), lambda minutes: number(minutes, 1), "") for target in targets),
        )
        for arm in arms
    ]
    return [tabulate(rows, headers, tablefmt="pipe", disable_numparse=True)]


def _stopped(result: StudyResult) -> list[str]:
    """Return what early stopping would have done to each arm of the study that asks it."""
    if result.study != EARLY_STOPPING:
        return []
    rows = [
        (
            *(markdown_text(arm.label), str(stopped.patience)),
            _share(stopped.saved),
            points_text(stopped.cost.mean, stopped.cost.low, stopped.cost.high),
            str(stopped.cost.n),
        )
        for arm in result.arms
        for stopped in early_stopping(arm)
    ]
    if not rows:
        return []
    table = tabulate(rows, STOPPED_HEADERS, tablefmt="pipe", disable_numparse=True)
    return [f"Stopped early, the net of the best epoch kept (means over seeds with 95 % intervals):\n\n{table}"]


def _spreads(result: StudyResult) -> list[str]:
    """Return how far an arm's seeds lie apart in the study that asks it, and how many give a tenth of a point."""
    known = [(arm, spread) for arm in result.arms if (spread := seed_spread(arm))] if result.study == SEEDS else []
    if not known:
        return []
    rows = [(markdown_text(arm.label), str(spread.n), _sd(spread), _needed(spread)) for arm, spread in known]
    table = tabulate(rows, SPREAD_HEADERS, tablefmt="pipe", disable_numparse=True)
    return [f"Standard deviation over seeds, on the same test images, with its 95 % interval:\n\n{table}"]


def _falls(result: StudyResult) -> list[str]:
    """Return the lowest test accuracy after any of the later epochs, in the study that asks about single epochs."""
    curves = {arm.label: [record.curves.get("test_accuracy", []) for record in arm.records] for arm in result.arms}
    if result.study != LAST_BATCH or not all(curve for own in curves.values() for curve in own):
        return []
    lowest = {label: min(min(curve[len(curve) // 2 :]) for curve in own) for label, own in curves.items()}
    texts = "; ".join(f"{markdown_text(label)} {100 * accuracy:.2f} %" for label, accuracy in lowest.items())
    return [f"The lowest test accuracy of any run after any epoch of the second half: {texts}."]


def _sd(spread: SeedSpread) -> str:
    return f"{100 * spread.sd:.2f} {interval(spread.low, spread.high, lambda end: f'{100 * end:.2f}')}"


def _needed(spread: SeedSpread) -> str:
    """Return the seeds for the measured spread, and for the ends of its interval."""
    low, middle, high = (f"{count}" if count < MOST else f"{MOST} or more" for count in spread.needed)
    return f"{middle} ({low} to {high})"


def _best_epochs(result: StudyResult) -> list[str]:
    """Return how much a run would seem better if its best epoch were chosen by the test set, where curves tell."""
    gains = [100 * gain for arm in result.arms if (gain := gain_of_best_epoch(arm)) is not None]
    if not gains:
        return []
    added = f"{min(gains):.2f} to {max(gains):.2f} points"
    return [f"Choosing each run's best epoch by the test set, as some articles do, would add {added} to an arm's mean."]


def _share(share: Spread) -> str:
    ends = interval(share.low, share.high, lambda end: f"{100 * min(max(end, 0.0), 1.0):.0f}")
    return f"{100 * share.mean:.0f} {ends}".rstrip()


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
    table = answers_table(results, page="{study}.md")
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
        "reduced" if row.reduced else INSIDE[row.inside],
        f"[{row.study}]({row.study}.md)",
    )


def _why(row: Reproduction, others: Sequence[Reproduction]) -> str:
    """Return which other systems that a number outside may be of would have given it; empty where it is inside."""
    if row.inside is not False:
        return ""
    given = [f"[{markdown_text(other.arm.label)}]({other.study}.md)" for other in others if other.inside]
    changed = [other for other in others if other.study.startswith(ASSUMPTIONS)]
    if not given and changed:
        return f"[not given by any of {counted(len(changed), 'change')}]({changed[0].study}.md)"
    return f"given by {' or '.join(given)}" if given else MISSING


def sections_of(results: Sequence[StudyResult]) -> dict[str, dict[str, str]]:
    """Return the sections of every page of findings, by the page's path."""
    pages = {page_of(result.study): {"finding": finding_text(result)} for result in results}
    return {INDEX: {"findings": all_findings_text(results), "reproduction": reproduction_text(results)}, **pages}
