"""A trial settled once and handed on: how its net is run, the key of its record, and the record where there is one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch

from bench.harness.machine.device import Execution
from bench.harness.machine.memory_format import execution_for
from bench.harness.machine.precision import check_precision
from bench.harness.records.key import content_hash, without_code
from bench.harness.records.record import Record
from bench.harness.study.recipe import Recipe
from bench.harness.study.trial import Trial


@dataclass(kw_only=True)
class Planned:
    """A trial with everything that decides its record.

    Attributes:
        trial: the arm with its seed.
        execution: the way its net is run on this machine.
        key: the hash under which its record is found again.
        key_of_any_code: the same whatever code trained it.
        record: None until the trial has been run.
        parameters: weights of its net.
        memory_bytes: memory that training it adds to a process that has the libraries and the data.
        expected_seconds: time that training it is expected to take, before the run has shown how fast the machine is.
    """

    trial: Trial
    execution: Execution
    key: str
    key_of_any_code: str = ""
    record: Record | None = None
    parameters: int = 0
    memory_bytes: float = 0.0
    expected_seconds: float = 0.0


def stated_execution(base: Execution, recipe: Recipe) -> Execution:
    """Return the execution with the number format that a recipe states, if it states one.

    Raises:
        PrecisionError: the device only emulates it.
    """
    stated = replace(base, precision=recipe.precision or base.precision)
    check_precision(stated.precision, stated.device)
    return stated


def settle(trial: Trial, base: Execution, data_sha256: str) -> Planned:
    """Return a trial with the execution and the key that follow from it.

    Args:
        trial: the trial.
        base: the session's device, threads and the like.
        data_sha256: hash of the data set.

    Raises:
        PrecisionError: the device only emulates the arm's number format.
    """
    execution = execution_for(stated_execution(base, trial.recipe), trial.architecture, trial.options)
    conditions = {
        "data": data_sha256,
        "torch": torch.__version__,
        "device": execution.device,
        "threads": execution.threads,
        "deterministic": execution.deterministic,
        "execution": execution.as_dict(),
    }
    return Planned(
        trial=trial,
        execution=execution,
        key=trial.key(**conditions),
        key_of_any_code=trial.key_of_any_code(**conditions),
    )


def records_alike(planned: Planned, data_sha256: str, records: Iterable[Record]) -> list[Record]:
    """Return the records whose time and memory tell a trial's: of any seed and code, but its arm, choices and device.

    Args:
        planned: the trial.
        data_sha256: hash of its data set.
        records: earlier ones, also of other data.
    """
    trial = planned.trial
    where = (trial.study, trial.arm, data_sha256, planned.execution.device)
    near = [one for one in records if (one.study, one.arm, one.data_sha256, one.device) == where]
    choices = content_hash(without_code(trial.definition())) if near else ""
    return [one for one in near if content_hash(without_code(one.definition)) == choices]
