"""Two checkouts, or two torches, measured side by side: a JSON file in beside/ of the new run's folder, each time."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from bench.harness.records.parts import Environment
from bench.harness.records.speed import TurnUsage
from bench.harness.records.versioned import load_all, save

FOLDER = "beside"  # in the new run's results folder
BESIDE_SCHEMA = 1
CURE = "remove it, and `python -m bench speed-beside` measures again"


class ArmBeside(TypedDict):
    """An arm's turns, in the same turns on either side.

    Attributes:
        arm: name of the arm in its study.
        threads: CPU threads of its training, on both sides those that are fastest in the base.
        base: training speed in the base, images/s.
        new: the same in the new run.
    """

    arm: str
    threads: int
    base: list[float]
    new: list[float]


@dataclass(frozen=True, kw_only=True)
class BesideRecord:
    """Both sides of one study's arms, in turns.

    Attributes:
        schema: version of these fields.
        phase_id: unique to this very measurement.
        study: name of the study.
        protocol: quick, published, full or smoke.
        data_sha256: hash of the images and labels.
        device: cpu, cuda or mps.
        started: time in UTC, ISO 8601.
        finished: time in UTC, ISO 8601.
        starts: number of times that both sides were started anew; turns are divided evenly among them.
        turns: who used the machine during each.
        arms: in the order of the study.
        base: hardware, system and versions of the base.
        new: those of the new run.
    """

    schema: int
    phase_id: str
    study: str
    protocol: str
    data_sha256: str
    device: str
    started: str
    finished: str
    starts: int
    turns: list[TurnUsage]
    arms: list[ArmBeside]
    base: Environment
    new: Environment


def save_beside(folder: Path, record: BesideRecord) -> Path:
    """Write a measurement into a results folder, whole or not at all; return its file."""
    return save(folder / FOLDER, record)


def load_besides(folder: Path) -> list[BesideRecord]:
    """Return the measurements side by side of a results folder, oldest first; none where there are none.

    Raises:
        ContentError: a file is damaged, or of another version; the message names it, its field and the cure.
    """
    return load_all(folder / FOLDER, BesideRecord, BESIDE_SCHEMA, CURE)


def standing_beside(
    records: Sequence[BesideRecord], study: str, base: Environment, new: Environment
) -> BesideRecord | None:
    """Return the newest measurement of a study in which both sides had these commits and torches, None without one."""
    wanted = (study, _side(base), _side(new))
    matching = [one for one in records if (one.study, _side(one.base), _side(one.new)) == wanted]
    return matching[-1] if matching else None


def _side(environment: Environment) -> tuple[str | None, str]:
    return environment.get("commit"), environment["torch"]
