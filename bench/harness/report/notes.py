"""The notes below a table: what is missing, what was published, what LRN cost."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from bench.harness.analysis.pooling import machines_of
from bench.harness.analysis.questions.reproduction import PROTOCOLS, Reproduction, of_arm
from bench.harness.analysis.results import ArmResult, ComparisonResult, StudyResult
from bench.harness.analysis.survival import survival
from bench.harness.data.catalogue import SOURCES
from bench.harness.number_format import counted, interval
from bench.harness.records.parts import CHOSEN_ON, OTHER_CODE
from bench.harness.stats.verdict import LEAST_SEEDS


def notes(result: StudyResult, comparison: ComparisonResult) -> list[str]:
    """Return what keeps a comparison from being complete, and what others published on its arms."""
    arms = [row.arm for row in comparison.rows]
    most = max(len(arm.seeds) for arm in result.arms)
    return [
        *missing(comparison),
        *_caveat(result),
        *_rates(result),
        *speeds(result),
        *_family(result, comparison),
        *_unused(result, arms),
        *(note for arm in arms for note in _arm_notes(arm, most)),
        *(["One seed: no intervals."] if most == 1 else []),
        *([f"Fewer than {LEAST_SEEDS} seeds: no verdicts."] if most < LEAST_SEEDS else []),
        *published(result, arms),
    ]


def _rates(result: StudyResult) -> Iterator[str]:
    """Yield where learning rates come from that were chosen on other data."""
    origins = [str(record.definition.get("learning_rate_from")) for record in result.records]
    chosen_on = dict.fromkeys(origin.partition(CHOSEN_ON)[2] for origin in origins if CHOSEN_ON in origin)
    if chosen_on:
        yield f"Learning rates were chosen on {' and '.join(chosen_on)}, not on {result.setting.dataset}."
    old = sum(OTHER_CODE in origin for origin in origins)
    if old:
        yield (
            f"Learning rates of {counted(old, 'trial')} were chosen before the code that trains them was changed: "
            "`python -m bench tune` chooses them anew."
        )


def _caveat(result: StudyResult) -> Iterator[str]:
    known = SOURCES.get(result.setting.dataset)
    if known and known.caveat:
        yield f"{known.name}: {known.caveat} (`python -m bench check`)."


def surviving(results: Sequence[StudyResult]) -> str:
    """Return the sentence on the verdicts of all studies together, empty where there are none of a difference."""
    verdicts, hold, comparisons, lost = survival(results)
    if not verdicts or len(results) < 2:  # noqa: PLR2004 - one study is corrected for as it is
        return ""
    others = "; ".join(f"{study}: {label}" for study, label in lost)
    return (
        f"Each study is judged by itself. Taken as one study of {comparisons} comparisons, {hold} of its "
        f"{counted(verdicts, 'verdict')} of better or worse hold (Holm){f'; the others are {others}' if lost else ''}."
    )


def missing(comparison: ComparisonResult) -> Iterator[str]:
    """Yield a note on whatever a comparison lacks: its baseline, other arms, or the same test images."""
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


def _unused(result: StudyResult, arms: Iterable[ArmResult]) -> Iterator[str]:
    for arm in arms:
        count = result.unused.get(arm.name, 0)
        if count:
            yield (
                f"{arm.label}: {counted(count, 'older trial')} not used, because the code that decides them has "
                "changed; --keep-stale uses them."
            )


def _arm_notes(arm: ArmResult, seeds: int) -> Iterator[str]:
    if len(arm.seeds) < seeds:
        yield f"{arm.label}: {counted(len(arm.seeds), 'seed')} so far, other arms have up to {seeds}."
    if arm.diverged:
        yield (
            f"{arm.label}: {arm.diverged} of {len(arm.records)} trials diverged; "
            "they count, with the accuracy that they ended at."
        )
    if arm.codes > 1:
        yield f"{arm.label}: its trials were trained by {arm.codes} versions of the code (--keep-stale)."
    yield from _lrn_cost(arm)


def _lrn_cost(arm: ArmResult) -> Iterator[str]:
    """Yield what the arm's LRN would cost in torch's own implementation, measured in the same turns."""
    ratio = arm.speed.torch_lrn if arm.speed else None
    if ratio is None:
        return
    ends = interval(ratio.low, ratio.high, lambda end: f"{end:.2f}")
    yield (
        f"{arm.label}: with torch.nn.LocalResponseNorm, which computes the same, this net trains at "
        f"{' '.join(filter(None, (f'{ratio.median:.2f}x', ends)))} the speed ({counted(ratio.n, 'turn')})."
    )


def machines(result: StudyResult) -> Iterator[str]:
    """Yield how a study's machines were taken together, and whose speeds are shown, where there are several."""
    hardware = machines_of(result.setting.hardware)
    if len(hardware) == 1:
        return
    text = "Each seed was trained on one machine, all arms of it, so that no comparison is one of machines"
    shown = f" Speeds are those of {result.phase.environment['hardware']}." if result.phase else ""
    yield f"{text} ({counted(len(hardware), 'kind')}).{shown}"


def speeds(result: StudyResult) -> Iterator[str]:
    """Yield on which machine speeds were measured, what is missing of them, and what disturbed them."""
    yield from machines(result)
    phase = result.phase
    if phase is None:
        yield "No speed phase yet: `python -m bench speed-phase` adds it."
        return
    unmeasured = [arm.label for arm in result.arms if arm.speed is None]
    if unmeasured:
        yield f"Not in the speed phase: {', '.join(unmeasured)}; `python -m bench speed-phase` measures all anew."
    causes = Counter(re.split(r"\d", cause)[0] for cause in phase.disturbances)
    if causes:
        kind, _ = causes.most_common(1)[0]
        alike = [cause for cause in phase.disturbances if cause.startswith(kind)]
        yield (
            f"Speeds: {causes.total()} of {counted(len(phase.turns), 'turn')} were disturbed, mostly because "
            f"{sorted(alike)[len(alike) // 2]}."
        )


def published(result: StudyResult, arms: Iterable[ArmResult]) -> Iterator[str]:
    """Yield what others reported for these arms, with its source and conditions, and whether a run of ours gives it."""
    for arm in arms:
        for row in of_arm(result.study, arm):
            entry = row.published
            differed = f" ({entry['note']})" if entry["note"] else ""
            reproduced = _reproduced(row) if result.setting.protocol in PROTOCOLS else ""
            yield f"{entry['source']} published {entry['value']} % for {arm.label}{differed}{reproduced}."


def _reproduced(row: Reproduction) -> str:
    """Return the sentence's end on the interval of a single run, empty where it is not known."""
    if row.reduced:
        return ", not to be compared with what was trained here, which is reduced"
    if row.run is None:
        return ""
    ends = f"{100 * row.run[0]:.2f} to {100 * min(row.run[1], 1.0):.2f} %"
    return f", {'inside' if row.inside else 'outside'} what a single run gives here (95 %: {ends})"
