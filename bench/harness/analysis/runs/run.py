"""A run: what a results folder, a file of records or a JSON of pytest-benchmark holds of every arm."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from bench.harness.analysis.analyse import phase_of_study
from bench.harness.machine.environment import short_commit
from bench.harness.records.answers import correct_bits
from bench.harness.records.beside import BesideRecord
from bench.harness.records.record import Record
from bench.harness.records.setting import latest, setting_of, stale
from bench.harness.records.speed import ArmSpeed, SpeedRecord, TurnUsage
from bench.harness.stats.differences import ArmSummary, Bits, summarise

ArmName = tuple[str, str]  # study and arm
Conditions = Mapping[str, str]
DEFAULT_MARGIN = 0.01  # of a study whose own is not known, as in a JSON of pytest-benchmark
HASH_LETTERS = 12
MACHINE = ("device", "hardware", "cores")  # where these differ, so do the machines
CHOSEN = ("recipe: ", "option: ")  # the conditions that one run may leave at their defaults
TRAINING_STATES = ("protocol", "data set", "data", "reduced")  # where these differ, accuracies are of other things


@dataclass(frozen=True, kw_only=True)
class Phase:
    """An arm's turns in one speed phase: the seconds of a training step in those that nothing disturbed."""

    seconds: tuple[float, ...]
    turns: int
    disturbances: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ArmOfRun:
    """One arm as a run holds it.

    Attributes:
        label: name for tables.
        order: place in its study.
        margin: difference of accuracies below which its study counts arms as tied, 0 to 1.
        accuracies: test accuracy of each seed, ascending, 0 to 1.
        test_images: number of them; 0 where it is not known.
        conditions: each by name, as text, `unknown` where the source does not say.
        speed_conditions: those of its speed phase.
        records: in the order of the seeds; none from a source that keeps no answers.
        phase: its speed; None where it was not measured.
    """

    study: str
    arm: str
    label: str
    order: int
    margin: float
    accuracies: Mapping[int, float]
    test_images: int
    conditions: Conditions
    speed_conditions: Conditions = field(default_factory=dict)
    records: tuple[Record, ...] = ()
    phase: Phase | None = None

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that it was trained with, ascending."""
        return tuple(self.accuracies)

    @property
    def answers(self) -> Bits | None:
        """Correctness of shape (seeds, images); None where the source keeps none."""
        return np.stack([correct_bits(record) for record in self.records]) if self.records else None

    @cached_property
    def accuracy(self) -> ArmSummary | None:
        """Its accuracy over seeds; without an interval where there are no answers, None without trials."""
        answers = self.answers
        if answers is not None:
            return summarise(answers)
        values = list(self.accuracies.values())
        return ArmSummary(n=len(values), images=self.test_images, mean=float(np.mean(values))) if values else None

    @property
    def seconds(self) -> float | None:
        """The median of a training step over the turns that nothing disturbed; None where there are none."""
        return float(np.median(self.phase.seconds)) if self.phase and self.phase.seconds else None


@dataclass(frozen=True, kw_only=True)
class Run:
    """All arms of one source, by study and arm.

    Attributes:
        name: the source, as it was given.
        besides: measurements of its speeds side by side with another run's, oldest first.
        finished: when the last trial ended, UTC, ISO 8601; empty where it is not known.
        older: number of trials that are left out because a newer setting (torch, machine...) has the same study.
        stale: number of those that are left out because newer code has trained the same arm.
    """

    name: str
    arms: Mapping[ArmName, ArmOfRun]
    besides: tuple[BesideRecord, ...] = ()
    finished: str = ""
    older: int = 0
    stale: int = 0


def run_of_records(
    name: str, records: Iterable[Record], phases: Sequence[SpeedRecord], besides: Sequence[BesideRecord] = ()
) -> Run:
    """Return the run that records make up: of each study the setting that was run last.

    Args:
        name: for tables.
        records: in the order in which trials ended.
        phases: speed phases, oldest first.
        besides: measurements side by side, oldest first.
    """
    records = list(records)
    standing = latest(records)
    newest = {record.study: setting_of(record) for record in sorted(standing, key=lambda record: record.finished)}
    kept: dict[ArmName, list[Record]] = {}
    for record in standing:
        if setting_of(record) == newest[record.study]:
            kept.setdefault((record.study, record.arm), []).append(record)
    by_study = {study: {arm: group for (of, arm), group in kept.items() if of == study} for study in newest}
    speeds = {study: phase_of_study(phases, newest[study], by_arm) for study, by_arm in by_study.items()}
    return Run(
        name=name,
        arms={key: _arm(group, speeds[key[0]]) for key, group in sorted(kept.items(), key=_place)},
        besides=tuple(besides),
        finished=max((record.finished for record in standing), default=""),
        older=len(standing) - sum(map(len, kept.values())),
        stale=len(stale(records)),
    )


def _place(item: tuple[ArmName, list[Record]]) -> tuple[str, int, str]:
    (study, arm), records = item
    return study, records[-1].context["order"], arm


def _arm(records: list[Record], phase: SpeedRecord | None) -> ArmOfRun:
    records = sorted(records, key=lambda record: record.seed)
    newest = max(records, key=lambda record: record.finished)
    speed = phase.arm(newest.arm, newest.definition) if phase else None
    return ArmOfRun(
        study=newest.study,
        arm=newest.arm,
        label=newest.context["label"],
        order=newest.context["order"],
        margin=newest.context["margin"],
        accuracies={record.seed: record.test_accuracy for record in records},
        test_images=newest.test_images,
        conditions=_conditions(newest, {record.definition.get("code", "unknown") for record in records}),
        speed_conditions=_speed_conditions(phase, speed) if phase and speed else {},
        records=tuple(records),
        phase=_phase(speed, phase.turns) if phase and speed else None,
    )


def _phase(speed: ArmSpeed, turns: Sequence[TurnUsage]) -> Phase:
    taken = zip(speed["seconds_per_step"], turns, strict=False)  # older phases measured in every second turn
    return Phase(
        seconds=tuple(seconds for seconds, turn in taken if not turn["disturbance"]),
        turns=len(speed["seconds_per_step"]),
        disturbances=tuple(turn["disturbance"] for turn in turns if turn["disturbance"]),
    )


def _conditions(record: Record, codes: set[str]) -> Conditions:
    environment = record.environment
    recipe_, option = CHOSEN
    recipe = {f"{recipe_}{name}": value for name, value in record.definition.get("recipe", {}).items()}
    options = {f"{option}{name}": value for name, value in record.options.items()}
    stated = {
        "protocol": record.protocol,
        "data set": record.dataset,
        "data": record.data_sha256[:HASH_LETTERS],
        "reduced": record.reduced,
        "architecture": record.architecture,
        **options,
        **recipe,
        "device": record.device,
        "hardware": environment["hardware"],
        "cores": environment.get("cores", "unknown"),
        "threads": record.threads,
        "deterministic": record.deterministic,
        **{name.replace("_", " "): value for name, value in record.execution.items()},
        **{name: environment.get(name, "unknown") for name in ("torch", "torchvision", "python", "numpy", "os")},
        "code": ", ".join(sorted(code[:HASH_LETTERS] for code in codes)),
        "commit": short_commit(str(environment.get("commit", "unknown"))),
    }
    return {name: _text(value) for name, value in stated.items()}


def _speed_conditions(phase: SpeedRecord, speed: ArmSpeed) -> Conditions:
    environment = phase.environment
    stated = {
        "device": phase.device,
        "hardware": environment["hardware"],
        "cores": environment.get("cores", "unknown"),
        "threads": speed["threads"]["training"],
        **{name.replace("_", " "): value for name, value in speed["execution"].items()},
    }
    return {name: _text(value) for name, value in stated.items()}


def _text(value: object) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
