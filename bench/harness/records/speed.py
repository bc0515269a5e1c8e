"""The speed phases of a results folder: a JSON file of its own in speed/ for each study, each time.

Speeds are compared within one phase only: its arms took turns in one process, so whatever slowed one slowed all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypedDict

from bench.harness.records.key import decisive
from bench.harness.records.parts import Definition, Environment, ExecutionFacts
from bench.harness.records.versioned import load, load_all, save

FOLDER = "speed"  # in the results folder
SPEED_SCHEMA = 1
CURE = "remove it, and `python -m bench speed-phase` measures again"


class TurnUsage(TypedDict):
    """Who used the machine during a turn of all arms.

    Attributes:
        seconds: wall time.
        own_cores: processor time of the measuring process, in cores.
        other_cores: processor time of other programs, in cores.
        stolen_cores: time that a hypervisor gave to other machines, in cores.
        throttled: share of the time for which a container's quota stopped the process.
        runnable: threads of the whole machine that ran or waited for a core; null where the system does not tell.
        mhz: the processor's clock; null as above.
        cores: number of the machine's cores.
        disturbance: the cause, in words; empty where nothing disturbed the turn.
    """

    seconds: float
    own_cores: float
    other_cores: float
    stolen_cores: float
    throttled: float
    runnable: int | None
    mhz: float | None
    cores: int
    disturbance: str


class ArmSpeed(TypedDict):
    """An arm's turns: one value a turn in their order; in older phases each batch size in every second turn.

    Attributes:
        arm: name of the arm in its study.
        definition: the choices that make the arm; its speed stands for trials with the same ones.
        execution: the way the net was run.
        threads: CPU threads by loop (training, batch_1, batch_256), the fastest of those that were tried.
        images_per_epoch: training images.
        seconds_per_step: time of a training step, mean over a slice.
        train_images_per_second: the same slices' speed.
        inference_us_per_image_batch_1: mean over a slice of forward passes of one image, in µs.
        inference_us_per_image_batch_256: the same per image of a batch of 256.
        torch_lrn_images_per_second: training with torch's own LRN in place of ours, for nets with LRN; else null.
    """

    arm: str
    definition: Definition
    execution: ExecutionFacts
    threads: dict[str, int]
    images_per_epoch: int
    seconds_per_step: list[float]
    train_images_per_second: list[float]
    inference_us_per_image_batch_1: list[float]
    inference_us_per_image_batch_256: list[float]
    torch_lrn_images_per_second: list[float] | None


@dataclass(frozen=True, kw_only=True)
class SpeedRecord:
    """One speed phase of one study.

    Attributes:
        schema: version of these fields.
        phase_id: unique to this very phase.
        key: hash of what defines the phase: a phase with the same key need not be run again.
        study: name of the study.
        protocol: quick, published, full or smoke.
        dataset: name of the data set.
        data_sha256: hash of its images and labels.
        device: cpu, cuda or mps.
        deterministic: whether torch was held to repeatable kernels.
        started: time in UTC, ISO 8601.
        finished: time in UTC, ISO 8601.
        other_cores_before: processor time of other programs while this process rested before the phase, in cores.
        turns: who used the machine during each.
        slice_seconds: least time of a slice of training.
        arms: in the order of the study.
        environment: hardware, system and versions.
    """

    schema: int
    phase_id: str
    key: str
    study: str
    protocol: str
    dataset: str
    data_sha256: str
    device: str
    deterministic: bool
    started: str
    finished: str
    other_cores_before: float
    turns: list[TurnUsage]
    slice_seconds: float
    arms: list[ArmSpeed]
    environment: Environment

    @property
    def disturbances(self) -> list[str]:
        """The cause of each turn that something disturbed, in words."""
        return [turn["disturbance"] for turn in self.turns if turn["disturbance"]]

    def arm(self, name: str, definition: Mapping[str, Any]) -> ArmSpeed | None:
        """Return an arm's speeds, None where the phase had none of it under this definition."""
        for speed in self.arms:
            if speed["arm"] == name and decisive(speed["definition"]) == decisive(definition):
                return speed
        return None


def load_speeds(folder: Path) -> list[SpeedRecord]:
    """Return the speed phases of a results folder, oldest first; none where there are none.

    Raises:
        ContentError: a file is damaged; the message names it, its field and the cure.
    """
    return load_all(folder / FOLDER, SpeedRecord, SPEED_SCHEMA, CURE)


def load_speed(path: Path) -> SpeedRecord:
    """Return the speed phase in a file.

    Raises:
        ContentError: it is damaged, or of another version; the message names it, its field and the cure.
    """
    return load(path, SpeedRecord, SPEED_SCHEMA, CURE)


def save_speed(folder: Path, phase: SpeedRecord) -> Path:
    """Write a phase into a results folder, whole or not at all; return its file."""
    return save(folder / FOLDER, phase)


def standing_phase(
    phases: Iterable[SpeedRecord], conditions: Mapping[str, object], arms: Mapping[str, Mapping[str, Any]]
) -> SpeedRecord | None:
    """Return the phase whose speeds stand for a study's arms: of those with most of them the newest; None without any.

    Args:
        phases: a results folder's, oldest first.
        conditions: fields that must be equal, such as study, protocol, device; `hardware` and `torch` are looked up
            in the environment.
        arms: the definition of each arm that has trials.
    """
    matching = [phase for phase in phases if _matches(phase, conditions)]
    counts = [sum(phase.arm(name, definition) is not None for name, definition in arms.items()) for phase in matching]
    best = max(counts, default=0)
    return [phase for phase, count in zip(matching, counts, strict=True) if count == best][-1] if best else None


def _matches(phase: SpeedRecord, conditions: Mapping[str, object]) -> bool:
    environment: Mapping[str, object] = phase.environment
    known = {
        **phase.arms[0]["execution"],
        **asdict(phase),
        **{name: environment[name] for name in ("hardware", "torch")},
    }
    return all(known.get(name) == value for name, value in conditions.items())
