"""Turns records into results: grouped by study and setting, summarised by arm, judged by comparison."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np

from bench.harness.analysis.pooling import Pools, machines_of, pools
from bench.harness.analysis.results import ArmResult, ArmRow, ComparisonResult, SpeedResult, StudyResult
from bench.harness.files import slug
from bench.harness.records.answers import correct_bits
from bench.harness.records.parts import ComparisonContext
from bench.harness.records.record import Record
from bench.harness.records.setting import BY_ARM, ArmUnderSetting, Setting, latest, setting_of, stale
from bench.harness.records.speed import ArmSpeed, SpeedRecord, standing_phase
from bench.harness.stats.differences import Bits, summarise
from bench.harness.stats.spread import Spread, TimeToTarget, spread, time_to_target
from bench.harness.stats.turns import Median, turn_median, turn_ratio
from bench.harness.stats.verdict import Judgement, judge

SLUG_LETTERS = 48
ALONE = ComparisonContext(name="arms", title="arms that are compared with no other", baseline="")


def analyse(
    records: Iterable[Record],
    phases: Sequence[SpeedRecord] = (),
    *,
    keep_stale: bool = False,
    pool: bool = False,
) -> list[StudyResult]:
    """Return a result for every study and setting, studies by their names.

    Args:
        records: one protocol's or several's.
        phases: speed phases, oldest first; speeds are those of one of them, never of several.
        keep_stale: let trials of older code count; without, results say how many there are.
        pool: take the machines of a study together where each trained whole seeds of it, see `pooling`.

    Results of different settings (device, threads, data, protocol, torch...) are never merged, but for what `pool` says
    of hardware; of a study that was run under several settings the one with the newest record comes first.
    """
    records = list(records)
    standing = latest(records, keep_stale=keep_stale)
    together = pools(standing, keep_stale=keep_stale) if pool else Pools()

    def arm_of(record: Record) -> ArmUnderSetting:
        return together.setting(record.study, setting_of(record)), record.study, record.arm

    studies: dict[str, dict[Setting, list[Record]]] = {}
    for record in standing:
        studies.setdefault(record.study, {}).setdefault(arm_of(record)[0], []).append(record)
    present = {(arm_of(record), record.seed) for record in standing}
    older = [] if keep_stale else [record for record in stale(records) if (arm_of(record), record.seed) not in present]
    superseded = Counter(map(arm_of, older))
    return [
        result for _, settings in sorted(studies.items()) for result in _analyse_settings(settings, phases, superseded)
    ]


def _analyse_settings(
    settings: Mapping[Setting, list[Record]], phases: Sequence[SpeedRecord], superseded: Counter[ArmUnderSetting]
) -> Iterator[StudyResult]:
    newest_first = sorted(
        settings, key=lambda setting: max(record.finished for record in settings[setting]), reverse=True
    )
    for setting in newest_first:
        variant, records = _variant(setting, newest_first[0]), settings[setting]
        unused = {
            arm: count
            for (other, study, arm), count in superseded.items()
            if (other, study) == (setting, records[0].study)
        }
        yield _analyse_study(setting, records, variant, phases, unused)


def _variant(setting: Setting, current: Setting) -> str:
    if setting == current:
        return ""
    differing = [
        f"{name} {value}"
        for name, value, other in zip(Setting._fields, setting, current, strict=True)
        if value != other
    ]
    digest = hashlib.sha256(repr(setting).encode()).hexdigest()[:6]  # two long descriptions may share their start
    return f"{slug(' '.join(differing))[:SLUG_LETTERS]}-{digest}"


def _analyse_study(
    setting: Setting,
    records: Sequence[Record],
    variant: str,
    phases: Sequence[SpeedRecord],
    unused: Mapping[str, int],
) -> StudyResult:
    by_arm = _by_arm(records)
    bits = {name: np.stack([correct_bits(record) for record in group]) for name, group in by_arm.items()}
    phase = phase_of_study(phases, setting, by_arm)
    arms = {name: _summarise_arm(name, group, bits[name], phase) for name, group in by_arm.items()}
    context = _newest(records).context
    family = max(context.get("family", 0), len(_pairs(arms.values())))
    return StudyResult(
        study=records[0].study,
        setting=setting,
        variant=variant,
        question=context["question"],
        held_fixed=context["held_fixed"],
        margin=context["margin"],
        family=family,
        target_training_error=context["target_training_error"],
        arms=tuple(arms.values()),
        comparisons=_compare(arms, bits, context["margin"], family, phase),
        phase=phase,
        unused=unused,
    )


def _by_arm(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Return each arm's trials, seeds ascending; arms in the order that the study gave them last."""
    by_arm: dict[str, list[Record]] = {}
    for record in sorted(records, key=lambda record: record.seed):
        by_arm.setdefault(record.arm, []).append(record)
    return dict(sorted(by_arm.items(), key=lambda item: (_newest(item[1]).context["order"], item[0])))


def _newest(records: Iterable[Record]) -> Record:
    return max(records, key=lambda record: record.finished)


def phase_of_study(
    phases: Sequence[SpeedRecord], setting: Setting, by_arm: Mapping[str, Sequence[Record]]
) -> SpeedRecord | None:
    """Return the speed phase whose speeds stand for a study under a setting, None without one.

    Args:
        phases: oldest first.
        setting: the one of its table.
        by_arm: they themselves, at least one of each arm.
    """
    study = next(iter(by_arm.values()))[0].study
    shared = (
        "protocol",
        "dataset",
        "data_sha256",
        "device",
        "deterministic",
        "torch",
        "compiled",
        *(() if setting.precision == BY_ARM else ("precision",)),
    )
    conditions = {"study": study, **{name: getattr(setting, name) for name in shared}}
    on_its_machines = [phase for phase in phases if phase.environment["hardware"] in machines_of(setting.hardware)]
    return standing_phase(
        on_its_machines, conditions, {name: _newest(group).definition for name, group in by_arm.items()}
    )


def _summarise_arm(name: str, records: Sequence[Record], correct: Bits, phase: SpeedRecord | None) -> ArmResult:
    context = _newest(records).context
    targeted = context["target_training_error"] is not None
    measured = _arm_speed(phase, name, records)
    speed = _speed(measured, phase) if measured and phase else None
    return ArmResult(
        name=name,
        context=context,
        records=tuple(records),
        accuracy=summarise(correct),
        peak_memory_mb=_spread(record.peak_memory_mb for record in records),
        speed=speed,
        epochs_to_target=_to_target(records, 1.0) if targeted else None,
        seconds_to_target=_to_target(records, speed.seconds_per_epoch.median) if targeted and speed else None,
    )


def _arm_speed(phase: SpeedRecord | None, name: str, records: Sequence[Record]) -> ArmSpeed | None:
    return phase.arm(name, _newest(records).definition) if phase else None


def _speed(measured: ArmSpeed, phase: SpeedRecord) -> SpeedResult:
    rates, with_torch = measured["train_images_per_second"], measured["torch_lrn_images_per_second"]
    return SpeedResult(
        turns=len(phase.turns),
        disturbed=tuple(phase.disturbances),
        threads=measured["threads"],
        train_images_per_second=turn_median(rates),
        seconds_per_epoch=turn_median([measured["images_per_epoch"] / rate for rate in rates]),
        inference_us_per_image_batch_1=turn_median(measured["inference_us_per_image_batch_1"]),
        inference_us_per_image_batch_256=turn_median(measured["inference_us_per_image_batch_256"]),
        torch_lrn=turn_ratio(with_torch, rates) if with_torch else None,
    )


def _spread(values: Iterable[float | None]) -> Spread | None:
    """Return the summary of the values that there are, None if there are none."""
    known = [value for value in values if value is not None]
    return spread(known) if known else None


def _to_target(records: Sequence[Record], epoch: float) -> TimeToTarget:
    """Return the time to the target, an epoch taking so long."""
    times = [None if record.epochs_to_target is None else record.epochs_to_target * epoch for record in records]
    return time_to_target(times, [record.epochs * epoch for record in records])


def _compare(
    arms: Mapping[str, ArmResult], bits: Mapping[str, Bits], margin: float, family: int, phase: SpeedRecord | None
) -> tuple[ComparisonResult, ...]:
    """Return the comparisons with their judgements."""
    members, entries = _members(arms.values()), _newest_entries(arms.values())
    pairs = [pair for pair in _pairs(arms.values()) if comparable(bits, *pair)]
    judgements = dict(zip(pairs, judge(bits, pairs, margin, family=family), strict=True)) if pairs else {}
    return tuple(
        ComparisonResult(
            name=name,
            title=entries[name]["title"],
            baseline=entries[name]["baseline"],
            rows=_rows(arms, entries[name]["baseline"], group, judgements, phase),
        )
        for name, group in members.items()
    )


def _members(arms: Iterable[ArmResult]) -> dict[str, list[ArmResult]]:
    """Return the arms of each comparison, by its name."""
    members: dict[str, list[ArmResult]] = {}
    for arm in arms:
        for entry in arm.context["comparisons"] or [ALONE]:
            members.setdefault(entry["name"], []).append(arm)
    return members


def _pairs(arms: Collection[ArmResult]) -> list[tuple[str, str]]:
    """Return every (arm, baseline) that arms with records ask for, also where the baseline has none yet."""
    entries = _newest_entries(arms)
    asked = {(arm.name, entries[name]["baseline"]) for name, group in _members(arms).items() for arm in group}
    return sorted((arm, baseline) for arm, baseline in asked if baseline not in (arm, ALONE["baseline"]))


def _newest_entries(arms: Iterable[ArmResult]) -> dict[str, ComparisonContext]:
    """Return what each comparison is: of several versions in the records the newest arm's."""
    by_age = sorted(arms, key=lambda arm: _newest(arm.records).finished)
    return {entry["name"]: entry for arm in by_age for entry in arm.context["comparisons"] or [ALONE]}


def comparable(bits: Mapping[str, Bits], arm: str, baseline: str) -> bool:
    """Return whether both arms have trials, on equally many test images."""
    return baseline in bits and bits[arm].shape[1] == bits[baseline].shape[1]


def _rows(
    arms: Mapping[str, ArmResult],
    baseline: str,
    members: Sequence[ArmResult],
    judgements: Mapping[tuple[str, str], Judgement],
    phase: SpeedRecord | None,
) -> tuple[ArmRow, ...]:
    rows = [
        ArmRow(
            arm=arm,
            is_baseline=arm.name == baseline,
            judgement=judgements.get((arm.name, baseline)),
            speed_ratio=_speed_ratio(phase, arm, arms.get(baseline)) if arm.name != baseline else None,
        )
        for arm in members
    ]
    return tuple(sorted(rows, key=lambda row: (not row.is_baseline, row.arm.at_chance)))


def _speed_ratio(phase: SpeedRecord | None, arm: ArmResult, baseline: ArmResult | None) -> Median | None:
    """Return how many times as fast as the baseline an arm trains, from the turns that both took."""
    if baseline is None:
        return None
    ours, theirs = (_arm_speed(phase, side.name, side.records) for side in (arm, baseline))
    if not ours or not theirs:
        return None
    return turn_ratio(ours["train_images_per_second"], theirs["train_images_per_second"])
