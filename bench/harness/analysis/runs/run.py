"""A run: what a results folder, a file of records or a JSON of pytest-benchmark holds of every arm."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from bench.harness.machine.environment import short_commit
from bench.harness.records.answers import correct_bits
from bench.harness.records.beside import BesideRecord
from bench.harness.records.record import Record
from bench.harness.records.setting import latest, setting_of
from bench.harness.records.speed import ArmSpeed, SpeedRecord, TurnUsage, standing_phase
from bench.harness.stats.differences import ArmSummary, Bits, summarise

ArmName = tuple[str, str]  # study and arm
Conditions = Mapping[str, str]
DEFAULT_MARGIN = 0.01  # of a study whose own is not known, as in a JSON of pytest-benchmark
HASH_LETTERS = 12
MACHINE = ("device", "hardware", "cores")  # where these differ, so do the machines
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
        phases: of its speed; none where it was not measured.
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
    phases: tuple[Phase, ...] = ()

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
        """The median of a training step over all kept turns; None where there are none."""
        kept = [seconds for phase in self.phases for seconds in phase.seconds]
        return float(np.median(kept)) if kept else None


@dataclass(frozen=True, kw_only=True)
class Run:
    """All arms of one source, by study and arm.

    Attributes:
        name: the source, as it was given.
        besides: measurements of its speeds side by side with another run's, oldest first.
        finished: when the last trial ended, UTC, ISO 8601; empty where it is not known.
        older: number of trials that are left out because a newer setting (torch, machine...) has the same study.
    """

    name: str
    arms: Mapping[ArmName, ArmOfRun]
    besides: tuple[BesideRecord, ...] = ()
    finished: str = ""
    older: int = 0


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
    standing = latest(records)
    newest = {record.study: setting_of(record) for record in sorted(standing, key=lambda record: record.finished)}
    kept: dict[ArmName, list[Record]] = {}
    for record in standing:
        if setting_of(record) == newest[record.study]:
            kept.setdefault((record.study, record.arm), []).append(record)
    by_study: dict[str, list[SpeedRecord]] = {}
    for study in newest:
        definitions = {arm: group[-1].definition for (of, arm), group in kept.items() if of == study}
        by_study[study] = _repeated(
            phases, study, definitions, next(g[-1] for (of, _), g in kept.items() if of == study)
        )
    return Run(
        name=name,
        arms={key: _arm(group, by_study[key[0]]) for key, group in sorted(kept.items(), key=_place)},
        besides=tuple(besides),
        finished=max((record.finished for record in standing), default=""),
        older=len(standing) - sum(map(len, kept.values())),
    )


def _place(item: tuple[ArmName, list[Record]]) -> tuple[str, int, str]:
    (study, arm), records = item
    return study, records[-1].context["order"], arm


def _repeated(
    phases: Sequence[SpeedRecord], study: str, definitions: Mapping[str, object], record: Record
) -> list[SpeedRecord]:
    """Return the study's standing phase and those that repeat it, of the same code on the same machine."""
    environment = record.environment
    conditions = {
        "study": study,
        "protocol": record.protocol,
        "dataset": record.dataset,
        "data_sha256": record.data_sha256,
        "device": record.device,
        "hardware": environment["hardware"],
        "torch": environment["torch"],
    }
    standing = standing_phase(phases, conditions, definitions)  # type: ignore[arg-type]
    if standing is None:
        return []
    commit = standing.environment.get("commit")
    return [one for one in phases if one.key == standing.key and one.environment.get("commit") == commit]


def _arm(records: list[Record], phases: Sequence[SpeedRecord]) -> ArmOfRun:
    records = sorted(records, key=lambda record: record.seed)
    newest = max(records, key=lambda record: record.finished)
    speeds = [(phase, phase.arm(newest.arm, newest.definition)) for phase in phases]
    measured = [(phase, speed) for phase, speed in speeds if speed]
    return ArmOfRun(
        study=newest.study,
        arm=newest.arm,
        label=newest.context["label"],
        order=newest.context["order"],
        margin=newest.context["margin"],
        accuracies={record.seed: record.test_accuracy for record in records},
        test_images=newest.test_images,
        conditions=_conditions(newest, {record.definition.get("code", "unknown") for record in records}),
        speed_conditions=_speed_conditions(*measured[-1]) if measured else {},
        records=tuple(records),
        phases=tuple(_phase(speed, phase.turns) for phase, speed in measured),
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
    recipe = {f"recipe: {name}": value for name, value in record.definition.get("recipe", {}).items()}
    options = {f"option: {name}": value for name, value in record.options.items()}
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
