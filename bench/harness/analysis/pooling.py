"""Seeds of a study that were trained on several machines, taken together where that confounds nothing.

Between machines accuracies might differ. Where each seed was trained on one kind of hardware, all arms of it, seeds are
complete blocks (R. A. Fisher, "The design of experiments", 1935): a machine adds as much to every arm of a difference,
and what it adds to the spread over seeds makes intervals wider, never too narrow.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple, cast

from bench.harness.records.parts import Environment
from bench.harness.records.record import Record
from bench.harness.records.setting import Setting, latest, setting_of
from bench.harness.records.speed import SpeedRecord

Group = tuple[str, Setting]  # a study, and its setting whatever the hardware
AND = " / "


class Pooled(NamedTuple):
    """Records and speed phases of which some name several kinds of hardware, as one."""

    records: list[Record]
    phases: list[SpeedRecord]


def pooled(records: Iterable[Record], phases: Sequence[SpeedRecord]) -> Pooled:
    """Return what stands of records and phases, with one name for the hardware of each study that can be pooled.

    Args:
        records: in the order in which trials ended.
        phases: oldest first; a study's keep its place in its table, whichever of its machines they were run on.
    """
    standing = latest(records)
    groups: dict[Group, list[Record]] = {}
    for record in standing:
        groups.setdefault(_group(record), []).append(record)
    names = {group: _name(members) for group, members in groups.items() if _in_complete_blocks(members)}
    of_study = {(study, *_data(setting)): name for (study, setting), name in names.items()}
    return Pooled(
        [_on(record, names[_group(record)]) if _group(record) in names else record for record in standing],
        [_on_one_of(phase, of_study.get((phase.study, *_data_of(phase)), "")) for phase in phases],
    )


def machines_of(result_hardware: str) -> list[str]:
    """Return the kinds of hardware that a table's setting names."""
    return result_hardware.split(AND)


def _group(record: Record) -> Group:
    return record.study, setting_of(record)._replace(hardware="")


def _data(setting: Setting) -> tuple[str, str, str]:
    return setting.protocol, setting.data_sha256, setting.torch


def _data_of(phase: SpeedRecord) -> tuple[str, str, str]:
    return phase.protocol, phase.data_sha256, phase.environment["torch"]


def _in_complete_blocks(records: Sequence[Record]) -> bool:
    """Return whether there are several machines, and every seed has all arms on one of them and none on another.

    All of an arm's trials must be of one definition: of two the older would be left out, and with it one machine.
    """
    arms = {record.arm: record.definition for record in records}
    if any(record.definition != arms[record.arm] for record in records):
        return False
    blocks: dict[tuple[int, str], set[str]] = {}
    for record in records:
        blocks.setdefault((record.seed, _hardware(record)), set()).add(record.arm)
    seeds = [seed for seed, _ in blocks]
    several = len({hardware for _, hardware in blocks}) > 1
    return several and len(set(seeds)) == len(seeds) and all(block == arms.keys() for block in blocks.values())


def _hardware(record: Record) -> str:
    return str(record.environment["hardware"])


def _name(records: Iterable[Record]) -> str:
    return AND.join(dict.fromkeys(_hardware(record) for record in sorted(records, key=lambda record: record.seed)))


def _on(record: Record, name: str) -> Record:
    return replace(record, environment=cast("Environment", {**record.environment, "hardware": name}))


def _on_one_of(phase: SpeedRecord, name: str) -> SpeedRecord:
    if phase.environment["hardware"] not in machines_of(name):
        return phase
    return replace(phase, environment=cast("Environment", {**phase.environment, "hardware": name}))
