"""Where a run's trials are trained and its speeds are measured: this machine, or the nodes of a cluster."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bench.harness.data.dataset import Dataset
from bench.harness.machine.device import Execution
from bench.harness.machine.environment import environment
from bench.harness.machine.neighbours import machine_at_rest, warning
from bench.harness.records.record import Record
from bench.harness.records.speed import SpeedRecord
from bench.harness.speed.phase import TurnEnded, run_phase
from bench.harness.speed.subject import counts_to_try
from bench.harness.study.planned import Planned

Environment = Mapping[str, Any]


class Places(Protocol):
    """The machines of a run. All arms of a study are trained and timed on one kind of hardware, its own.

    Attributes:
        execution: every trial's.
    """

    @property
    def execution(self) -> Execution:
        """The way that nets are run."""

    def assign(self, recorded: Mapping[str, Iterable[str]]) -> None:
        """Choose the hardware of each study.

        Args:
            recorded: the hardware of its records, one name a record, by the study's name.
        """

    def hardware_of(self, study: str) -> str:
        """Return the hardware that a study is run on."""

    def environment_of(self, study: str) -> Environment:
        """Return hardware, cores, torch and the rest of the machine that a study's speed is measured on."""

    def describe(self) -> str:
        """Return the machines in words."""

    def thread_counts(self, study: str, asked: int | None) -> Sequence[int]:
        """Return the numbers of threads of which each timed loop takes the fastest."""

    def warning(self) -> str | None:
        """Return what disturbs a measurement here already, None where nothing does or nobody can tell."""

    def run_phase(
        self, arms: Sequence[Planned], dataset: Dataset, threads: Sequence[int], turn_ended: TurnEnded
    ) -> SpeedRecord:
        """Measure a study's arms while nothing else of this run uses the machine."""


def recorded_hardware(studies: Iterable[str], records: Iterable[Record]) -> dict[str, list[str]]:
    """Return the hardware of each study's records, one name a record."""
    hardware: dict[str, list[str]] = {study: [] for study in studies}
    for record in records:
        if record.study in hardware:
            hardware[record.study].append(str(record.environment["hardware"]))
    return hardware


@dataclass(frozen=True)
class ThisMachine:
    """The machine of this process."""

    execution: Execution

    def assign(self, recorded: Mapping[str, Iterable[str]]) -> None:
        """Choose nothing: there is one machine."""

    def hardware_of(self, study: str) -> str:  # noqa: ARG002 - a place's
        """Return this machine's."""
        return self.describe()

    def environment_of(self, study: str) -> Environment:  # noqa: ARG002 - a place's
        """Return this machine's."""
        return environment(self.execution.device)

    def describe(self) -> str:
        """Return its processor."""
        return str(environment(self.execution.device)["hardware"])

    def thread_counts(self, study: str, asked: int | None) -> Sequence[int]:  # noqa: ARG002 - a place's
        """Return the number asked for, else 1, 2, 4 ... up to its cores."""
        return counts_to_try(asked)

    def warning(self) -> str | None:
        """Return who else is busy on it."""
        return warning(machine_at_rest())

    def run_phase(
        self, arms: Sequence[Planned], dataset: Dataset, threads: Sequence[int], turn_ended: TurnEnded
    ) -> SpeedRecord:
        """Measure in this process."""
        return run_phase(arms, dataset, threads=threads, before=machine_at_rest(), turn_ended=turn_ended)
