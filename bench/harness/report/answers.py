"""What is said in sentences about a study: its answers, what is missing, what was published, how to read it."""

from itertools import chain

from bench.harness.analysis.results import ArmResult, ComparisonResult, StudyResult
from bench.harness.report.legends import target
from bench.harness.report.notes import _missing
from bench.harness.report.sentences import describe, time_to_target
from bench.harness.stats.spread import TimeToTarget
from bench.harness.stats.verdict import Judgement


def answers(result: StudyResult, comparison: ComparisonResult) -> list[str]:
    """Return a sentence for every arm that the comparison judges."""
    return [
        describe(
            row.judgement,
            result.margin,
            arm=row.arm.label,
            baseline=_baseline(comparison, row.judgement).label,
            speed=row.throughput_ratio,
        )
        + _diverged(row.arm, _baseline(comparison, row.judgement))
        for row in comparison.rows
        if row.judgement
    ]


def study_answers(result: StudyResult) -> list[str]:
    """Return the answers of all comparisons, each once; where there are none, what keeps them from being there.

    Where the study has a target training error, a sentence a comparison says how soon its arms reached it.
    """
    judged = [answers(result, each) for each in result.comparisons]
    times = [_times(result, each) for each in result.comparisons]
    if any(judged):
        lines = [line for pair in zip(judged, times, strict=True) for line in chain(*pair)]
    else:
        missing = [note for each in result.comparisons for note in _missing(each)]
        lines = [*(missing or ["no comparison: arms stand alone"]), *chain(*times)]
    return list(dict.fromkeys(lines))


def _times(result: StudyResult, comparison: ComparisonResult) -> list[str]:
    if result.target_training_error is None:
        return []
    arms = [row.arm for row in comparison.rows]
    texts = [f"{arm.label} {_epochs(arm.epochs_to_target)}" for arm in arms]
    return [f"{target(result.target_training_error)}: {'; '.join(texts)}"]


def _epochs(time: TimeToTarget | None) -> str:
    return time_to_target(time, lambda epochs: f"{epochs:g}", " epoch" if time and time.median == 1 else " epochs")


def _baseline(comparison: ComparisonResult, judgement: Judgement) -> ArmResult:
    return next(row.arm for row in comparison.rows if row.arm.name == judgement.baseline)


def _diverged(arm: ArmResult, baseline: ArmResult) -> str:
    parts = [f"{arm.diverged} of {len(arm.records)} trials diverged"] if arm.diverged else []
    parts += [f"{baseline.diverged} of the baseline's {len(baseline.records)} trials diverged"] * (
        baseline.diverged > 0
    )
    return f" ({', '.join(parts)})" if parts else ""
