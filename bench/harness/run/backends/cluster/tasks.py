"""The work of a Ray cluster's nodes: to say what they are, train a trial, measure a study's speed.

Ray brings the code there (`runtime_env`) and the images, once a node, through its object store: as arrays, which all
processes of a node read in place.
"""

import pickle
import tempfile
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple

import numpy.typing as npt
import torch

from bench.harness.data.dataset import Dataset, Images
from bench.harness.machine.device import Execution, apply, available_cores, share_of_gpu
from bench.harness.machine.environment import environment
from bench.harness.machine.neighbours import machine_at_rest
from bench.harness.records.record import Record
from bench.harness.records.speed import SpeedRecord
from bench.harness.speed.phase import run_phase
from bench.harness.study.planned import Planned
from bench.harness.training.trial_run import Epoch, TrialRun

Array = npt.NDArray[Any]
SPLITS = ("train", "test", "validation")


class Machine(NamedTuple):
    """A node's own account of itself.

    Attributes:
        environment: its hardware, system and versions.
        cores: number that its processes may use.
    """

    environment: Mapping[str, Any]
    cores: int


class Trained(NamedTuple):
    """A trial that has ended on a node: its record, and the files of its checkpoint by their names in the results."""

    record: Record
    files: Mapping[str, bytes]


class Turn(NamedTuple):
    """A turn of a speed phase: how many there have been, and how many are wanted."""

    taken: int
    wanted: int


TrialNews = Epoch | Trained | Exception
PhaseNews = Turn | SpeedRecord | Exception


class Shipped(NamedTuple):
    """A data set as Ray's object store takes it: its tensors as arrays.

    Attributes:
        splits: images and labels by the split's name; those that there are.
        held_out: as in `Dataset`.
        rest: the other fields of `Dataset`.
    """

    splits: Mapping[str, tuple[Array, Array]]
    held_out: Array | None
    rest: Mapping[str, Any]


def shipped(dataset: Dataset) -> Shipped:
    """Return a data set for the object store."""
    parts = {name: getattr(dataset, name) for name in SPLITS}
    return Shipped(
        {name: (part.images.numpy(), part.labels.numpy()) for name, part in parts.items() if part is not None},
        None if dataset.held_out is None else dataset.held_out.numpy(),
        {name: getattr(dataset, name) for name in ("source", "sha256", "summary")},
    )


def unpacked(content: Shipped) -> Dataset:
    """Return the data set, its tensors on the object store's own memory: they are never written to."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        parts = {name: Images(*map(torch.from_numpy, arrays)) for name, arrays in content.splits.items()}
        held_out = None if content.held_out is None else torch.from_numpy(content.held_out)
    return Dataset(**parts, held_out=held_out, **content.rest)  # type: ignore[arg-type]  # names and kinds of its fields


def look(device: str) -> Machine:
    """Return what the machine is that this runs on."""
    return Machine(environment(device), available_cores())


def train(content: Shipped, planned: Planned, execution: Execution, at_once: int) -> Iterator[TrialNews]:
    """Train a trial: yield its epochs, then its record with the checkpoint, or its error.

    Args:
        content: the data set.
        planned: the trial.
        execution: every trial's.
        at_once: number of trials that share a GPU.
    """
    try:
        apply(execution)
        share_of_gpu(execution, at_once)
        with tempfile.TemporaryDirectory() as folder:
            run = TrialRun(planned, unpacked(content), Path(folder), alone=False)
            yield from run.epochs()
            yield Trained(run.record(), _files(Path(folder)))
    except Exception as error:  # noqa: BLE001 - whatever it was, it is that trial's own result
        error.add_note(f"on its node:\n{traceback.format_exc()}")
        yield _sendable(error)


def _sendable(error: Exception) -> Exception:
    """Return an error, or its words where it cannot be sent."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - whatever its class does
        return RuntimeError("\n".join([f"{type(error).__name__}: {error}", *error.__notes__]))
    return error


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def measure(content: Shipped, arms: Sequence[Planned], threads: Sequence[int]) -> Iterator[PhaseNews]:
    """Measure a study's arms in turns: yield the turns, then the phase's record or its error.

    Args:
        content: the data set.
        arms: one trial of each arm, all of one study.
        threads: numbers of CPU threads of which each loop takes the fastest.
    """
    turns: SimpleQueue[PhaseNews] = SimpleQueue()

    def run() -> None:
        try:
            before = machine_at_rest()
            tell = lambda *turn: turns.put(Turn(*turn))  # noqa: E731 - takes a phase's two numbers
            turns.put(run_phase(arms, unpacked(content), threads=threads, before=before, turn_ended=tell))
        except Exception as error:  # noqa: BLE001 - every arm of the study ends by it
            error.add_note(f"on its node:\n{traceback.format_exc()}")
            turns.put(_sendable(error))

    Thread(target=run, daemon=True).start()
    while True:
        yield (told := turns.get())
        if not isinstance(told, Turn):
            return
