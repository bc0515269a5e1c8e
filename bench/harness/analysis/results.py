"""The results of a study: its arms summarised over seeds, its comparisons with their verdicts."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bench.harness.records.parts import Context, PublishedContext
from bench.harness.records.record import Record
from bench.harness.records.setting import Setting
from bench.harness.records.speed import SpeedRecord
from bench.harness.stats.differences import ArmSummary
from bench.harness.stats.failures import Failures, failures, is_at_chance
from bench.harness.stats.spread import Spread, TimeToTarget
from bench.harness.stats.turns import Median
from bench.harness.stats.verdict import Judgement


@dataclass(frozen=True, kw_only=True)
class SpeedResult:
    """An arm's speed, over the turns of one speed phase.

    Attributes:
        turns: number of turns that were kept.
        disturbed: the cause of each disturbed one, in words.
        threads: CPU threads by loop: training, batch_1, batch_256.
        torch_lrn: speed with torch's own LRN, as a multiple of the arm's; None for nets without LRN.
    """

    turns: int
    disturbed: tuple[str, ...]
    threads: Mapping[str, int]
    train_images_per_second: Median
    seconds_per_epoch: Median
    inference_us_per_image_batch_1: Median
    inference_us_per_image_batch_256: Median
    torch_lrn: Median | None


@dataclass(frozen=True, kw_only=True)
class ArmResult:
    """All trials of an arm under one setting, summarised over its seeds.

    Attributes:
        records: by seed.
        accuracy: test accuracy, diverged trials included.
        peak_memory_mb: None where the system did not tell.
        speed: None where no speed phase had the arm.
        epochs_to_target: None where the study has no target training error.
        seconds_to_target: as many epochs at the speed phase's pace; None without either.
    """

    name: str
    context: Context
    records: tuple[Record, ...]
    accuracy: ArmSummary
    peak_memory_mb: Spread | None
    speed: SpeedResult | None
    epochs_to_target: TimeToTarget | None
    seconds_to_target: TimeToTarget | None

    @property
    def label(self) -> str:
        """The arm's readable name."""
        return self.context["label"]

    @property
    def published(self) -> list[PublishedContext]:
        """Figures that others reported for this arm."""
        return self.context["published"]

    @property
    def parameters(self) -> int:
        """Trainable parameters."""
        return self.records[-1].parameters

    @property
    def mflops_per_image(self) -> float:
        """Millions of operations of one image's forward pass."""
        return self.records[-1].mflops_per_image

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that have a record, ascending."""
        return tuple(record.seed for record in self.records)

    @property
    def codes(self) -> int:
        """Number of versions of the code that trained its trials."""
        return len({record.definition.get("code") for record in self.records})

    @property
    def diverged(self) -> int:
        """Number of trials that diverged."""
        return sum(record.status == "diverged" for record in self.records)

    @cached_property
    def failures(self) -> Failures:
        """The trials that diverged, or whose answers are no better than guessing."""
        return failures(sum(map(_has_failed, self.records)), len(self.records))

    @property
    def at_chance(self) -> bool:
        """Whether all of its trials failed."""
        return self.failures.failed == self.failures.n


@dataclass(frozen=True, kw_only=True)
class ArmRow:
    """An arm's place in a comparison.

    Attributes:
        judgement: None for the baseline, and where there is nothing to compare with.
        speed_ratio: training images/s over the baseline's, from the turns that both took.
    """

    arm: ArmResult
    is_baseline: bool
    judgement: Judgement | None = None
    speed_ratio: Median | None = None

    @property
    def speed(self) -> tuple[float, float | None, float | None] | None:
        """The speed ratio with the ends of its interval."""
        return (
            None if self.speed_ratio is None else (self.speed_ratio.median, self.speed_ratio.low, self.speed_ratio.high)
        )


@dataclass(frozen=True, kw_only=True)
class ComparisonResult:
    """Arms beside the baseline arm that each is compared with; the baseline comes first if it has trials."""

    name: str
    title: str
    baseline: str
    rows: tuple[ArmRow, ...]


@dataclass(frozen=True, kw_only=True)
class StudyResult:
    """A study under one setting.

    Attributes:
        variant: empty for the setting that has the study's newest record; for others, how they differ from
            that one, in letters that a file name may have.
        margin: difference in accuracy (0 to 1) within which arms count as tied.
        family: number of (arm, baseline) pairs the study compares, run or not: p values are corrected for it.
        phase: the speed phase that its arms' speeds are from; None where there was none.
        unused: by arm, the number of trials that do not count because only older code has trained them.
    """

    study: str
    setting: Setting
    variant: str
    question: str
    held_fixed: str
    margin: float
    family: int
    target_training_error: float | None
    arms: tuple[ArmResult, ...]
    comparisons: tuple[ComparisonResult, ...]
    phase: SpeedRecord | None = None
    unused: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """Every trial of the study under this setting, by arm and seed."""
        return tuple(record for arm in self.arms for record in arm.records)

    @cached_property
    def compared(self) -> int:
        """Number of (arm, baseline) pairs that have trials of both, each counted once."""
        return len(self.judgements)

    @cached_property
    def judgements(self) -> Mapping[tuple[str, str], Judgement]:
        """The judgement of every (arm, baseline) pair that has one, each once."""
        return {
            (row.arm.name, comparison.baseline): row.judgement
            for comparison in self.comparisons
            for row in comparison.rows
            if row.judgement
        }

    @cached_property
    def environments(self) -> tuple[Mapping[str, Any], ...]:
        """The environments that its records were measured in, each once, oldest first."""
        return _distinct(record.environment for record in self.records)

    @cached_property
    def executions(self) -> tuple[Mapping[str, Any], ...]:
        """The ways in which its nets were run, each once."""
        return _distinct(record.execution for record in self.records)


def state_of(record: Record) -> str:
    """Return a trial's state in a word or two: its record's, or that its net answers no better than by guessing."""
    return "at chance" if record.status == "ok" and _has_failed(record) else record.status


def _has_failed(record: Record) -> bool:
    commonest = max(map(sum, record.confusion)) / max(record.test_images, 1)
    return record.status == "diverged" or is_at_chance(
        round(record.test_accuracy * record.test_images), record.test_images, min(commonest, 1.0)
    )


def _distinct(values: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    return tuple({json.dumps(value, sort_keys=True): value for value in values}.values())
