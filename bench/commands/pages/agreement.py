"""The verdicts of runs with other seeds side by side, as Markdown: whether a stranger gets the same answers."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

from tabulate import tabulate

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.conditions import one_line
from bench.harness.analysis.results import StudyResult
from bench.harness.number_format import MISSING, counted, signed
from bench.harness.paths import COMMITTED_RECORDS, EVIDENCE
from bench.harness.records.record import load
from bench.harness.report.sentences import verdict_text
from bench.harness.stats.verdict import Judgement

OPPOSITE = ({"better", "worse"},)
Judgements = Mapping[tuple[str, str, str], Judgement]  # by study, arm and baseline


def agreement_runs(evidence: Path = EVIDENCE) -> list[Path]:
    """Return the records of the runs that are compared: the committed one, and those with other seeds."""
    return [COMMITTED_RECORDS, *sorted((evidence / "agreement").glob("*.jsonl"))]


def agreement_text(runs: Sequence[Path]) -> str:
    """Return every comparison with its verdict in each run, how many any two runs share, and the conditions.

    Args:
        runs: files of records, two or more.
    """
    results = [analyse(load(path)) for path in runs]
    judgements = [_judgements(run) for run in results]
    pairs = list(dict.fromkeys(pair for run in judgements for pair in run))
    headers = ("study", "arm", "baseline", *(_seeds(run) for run in results))
    rows = [(*pair, *(_cell(run.get(pair)) for run in judgements)) for pair in pairs]
    conditions = "<br>".join(dict.fromkeys(one_line(result) for run in results for result in run))
    table = tabulate(rows, headers, tablefmt="pipe", disable_numparse=True)
    return f"{_sentence(judgements, pairs)}\n\n{table}\n\n<sub>{conditions}</sub>"


def _judgements(results: Sequence[StudyResult]) -> Judgements:
    return {
        (result.study, *pair): judgement
        for result in results
        if not result.variant
        for pair, judgement in result.judgements.items()
    }


def _seeds(results: Sequence[StudyResult]) -> str:
    return f"seeds from {min(seed for result in results for arm in result.arms for seed in arm.seeds)}"


def _cell(judgement: Judgement | None) -> str:
    if judgement is None:
        return MISSING
    effect = signed(100 * judgement.difference.effect, 2)
    return f"{verdict_text(judgement)} at {judgement.look or MISSING} ({effect})"


def _sentence(judgements: Sequence[Judgements], pairs: Sequence[tuple[str, str, str]]) -> str:
    alike, contradictions = [], 0
    for first, second in combinations(judgements, 2):
        both = [(first[pair].verdict, second[pair].verdict) for pair in pairs if pair in first and pair in second]
        alike.append(sum(one == other for one, other in both))
        contradictions += sum({one, other} in OPPOSITE for one, other in both)
    shares = ", ".join(map(str, alike))
    return (
        f"Of {counted(len(pairs), 'comparison')} any two of {len(judgements)} runs share {shares} verdicts; "
        f"{contradictions or 'none'} contradict (better against worse). In brackets: the difference in points."
    )
