"""What is said in sentences about a study: its answers, what is missing, what was published, how to read it."""

import math
from collections.abc import Iterable, Iterator
from itertools import chain

from bench.results import ArmResult, ComparisonResult, StudyResult
from bench.rounding import time_to_target
from bench.sentences import describe
from bench.spread import TimeToTarget, spread
from bench.verdict import LEAST_SEEDS, Judgement

INTERVALS = (
    "± and [ ] give 95 % intervals: of the mean over seeds for speeds, times and memory; over seeds and test images "
    "together for accuracies and differences, because another draw of either would have given another number. Each is "
    "for one comparison, not corrected for how many a study has: it may leave out 0 where the corrected p is above "
    "0.05."
)
VERDICTS = (
    "Better or worse means p < 0.05 after Holm's correction over the study's comparisons; tied, that the difference's "
    "interval lies inside the study's margin; underpowered, that these trials cannot tell, which is not the same as "
    f"no difference; below {LEAST_SEEDS} seeds there is no verdict."
)
REACH = (
    "Detects is the true difference that these seeds and images would find with 80 % power; needed is, where a verdict "
    "is underpowered, about how many seeds an arm, or else test images, would bring it down to the margin (two digits, "
    "rounded up; – where nothing is needed or no number of it alone is enough at the spread seen)."
)
COSTS = (
    "MFLOPs are a forward pass, a multiply and an add counted as two, without normalisation, activation and pooling; "
    "batch 1 and batch 256 are times of inference (eval mode); memory is the most that a trial added: the rise of the "
    "process's resident memory on a CPU, what torch allocated on CUDA."
)
TARGETS = (
    "Time to a target error is the median over seeds, with the fastest and the slowest seed; where half of the seeds "
    "or more never reached the target, the median is only known to be above (>) the figure given."
)
HOW_TO_READ = (INTERVALS, VERDICTS, REACH)


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


def target(error: float) -> str:
    """Return `to 5 % training error`."""
    return f"to {100 * error:.3g} % training error"


def notes(result: StudyResult, comparison: ComparisonResult) -> list[str]:
    """Return what keeps a comparison from being complete, and what others published on its arms."""
    arms = [row.arm for row in comparison.rows]
    seeds = {seed for arm in result.arms for seed in arm.seeds}
    return [
        *_missing(comparison),
        *_family(result, comparison),
        *(note for arm in arms for note in _arm_notes(arm, len(seeds))),
        *(["One seed: no intervals."] if len(seeds) == 1 else []),
        *([f"Fewer than {LEAST_SEEDS} seeds: no verdicts."] if len(seeds) < LEAST_SEEDS else []),
        *published(arms),
    ]


def _baseline(comparison: ComparisonResult, judgement: Judgement) -> ArmResult:
    return next(row.arm for row in comparison.rows if row.arm.name == judgement.baseline)


def _diverged(arm: ArmResult, baseline: ArmResult) -> str:
    parts = [f"{arm.diverged} of {len(arm.records)} trials diverged"] if arm.diverged else []
    parts += [f"{baseline.diverged} of the baseline's {len(baseline.records)} trials diverged"] * (
        baseline.diverged > 0
    )
    return f" ({', '.join(parts)})" if parts else ""


def _missing(comparison: ComparisonResult) -> Iterator[str]:
    if not comparison.baseline:
        return
    if not any(row.is_baseline for row in comparison.rows):
        yield f"{comparison.title}: no trial yet of the baseline arm {comparison.baseline!r}, so nothing is compared."
        return
    if len(comparison.rows) == 1:
        yield f"{comparison.title}: no trial yet of any arm but the baseline, so nothing is compared."
    for row in comparison.rows:
        if not row.is_baseline and row.judgement is None:
            yield f"{row.arm.label}: evaluated on other test images than the baseline, so it is not compared."


def _family(result: StudyResult, comparison: ComparisonResult) -> Iterator[str]:
    """Say why p values are larger than the table alone explains: pairs that have not been run are counted too."""
    corrected = any(row.judgement and row.judgement.p_corrected is not None for row in comparison.rows)
    if corrected and result.compared < result.family:
        yield (
            f"p is corrected for the study's {result.family} comparisons, of which {result.compared} "
            f"{'has' if result.compared == 1 else 'have'} been run."
        )


def _arm_notes(arm: ArmResult, seeds: int) -> Iterator[str]:
    if len(arm.seeds) < seeds:
        yield f"{arm.label}: {len(arm.seeds)} of {seeds} seeds so far."
    if arm.diverged:
        yield (
            f"{arm.label}: {arm.diverged} of {len(arm.records)} trials diverged; "
            "they count, with the accuracy that they ended at."
        )
    if arm.timed < len(arm.records):
        untimed = len(arm.records) - arm.timed
        yield f"{arm.label}: {untimed} of {len(arm.records)} trials were trained side by side and say nothing of time."
    yield from _lrn_cost(arm)


def _lrn_cost(arm: ArmResult) -> Iterator[str]:
    """Yield what the arm's LRN would cost in torch's own implementation, measured in turns within each trial."""
    pairs = [record.lrn_images_per_second for record in arm.records if record.lrn_images_per_second]
    if not pairs:
        return
    found = spread([math.log(pair["torch"] / pair["banded"]) for pair in pairs])
    ends = (
        "" if found.low is None or found.high is None else f" [{math.exp(found.low):.2f}, {math.exp(found.high):.2f}]"
    )
    yield (
        f"{arm.label}: with torch.nn.LocalResponseNorm, which computes the same, this net trains at "
        f"{math.exp(found.mean):.2f}x{ends} the speed (n = {found.n})."
    )


def published(arms: Iterable[ArmResult]) -> Iterator[str]:
    """Yield what others reported for these arms, each number with its source and what differed."""
    for arm in arms:
        for entry in arm.published:
            differed = f" ({entry['note']})" if entry["note"] else ""
            yield f"{entry['source']} published {entry['value']:g} % for {arm.label}{differed}."
