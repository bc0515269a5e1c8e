"""What is said in sentences about a study: its answers, what is missing, what was published, how to read it."""

from collections.abc import Iterator

from bench.results import ArmResult, ComparisonResult, StudyResult
from bench.sentences import describe
from bench.verdict import LEAST_SEEDS

INTERVALS = (
    "± and [ ] give 95 % intervals: of the mean over seeds for speeds, times and memory; over seeds and test images "
    "together for accuracies and differences, because another draw of either would have given another number."
)
VERDICTS = (
    "Better or worse means p < 0.05 after Holm's correction over the study's comparisons; tied, that the difference's "
    "interval lies inside the study's margin; underpowered, that these trials cannot tell, which is not the same as "
    f"no difference; below {LEAST_SEEDS} seeds there is no verdict."
)
REACH = (
    "Detects is the true difference that these seeds and images would find with 80 % power; needed is how many seeds "
    "an arm, or else how many test images, would bring it down to the margin (– where no number of it is enough)."
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
            baseline=_label_of(comparison, row.judgement.baseline),
            speed=row.throughput_ratio[0] if row.throughput_ratio else None,
        )
        for row in comparison.rows
        if row.judgement
    ]


def study_answers(result: StudyResult) -> list[str]:
    """Return the answers of all comparisons, each once; where there are none, what keeps them from being there."""
    found = [sentence for comparison in result.comparisons for sentence in answers(result, comparison)]
    if not found:
        found = [note for comparison in result.comparisons for note in _missing(comparison)]
    return list(dict.fromkeys(found)) or ["no comparison: arms stand alone"]


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
        *_published(arms),
    ]


def _label_of(comparison: ComparisonResult, name: str) -> str:
    return next(row.arm.label for row in comparison.rows if row.arm.name == name)


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


def _published(arms: list[ArmResult]) -> Iterator[str]:
    for arm in arms:
        for entry in arm.published:
            differed = f" ({entry['note']})" if entry["note"] else ""
            yield f"{entry['source']} published {entry['value']:g} % for {arm.label}{differed}."
