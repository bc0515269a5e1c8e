"""Seeds of a study that were trained on several machines, taken together where that confounds nothing.

Between machines accuracies might differ. Where each seed was trained on one kind of hardware, all arms of it, seeds are
complete blocks (R. A. Fisher, "The design of experiments", 1935): a machine adds as much to every arm of a difference,
and what it adds to the spread over seeds makes intervals wider, never too narrow.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from bench.harness.records.record import Record
from bench.harness.records.setting import Setting, definition_of, setting_of

Group = tuple[str, Setting]  # a study, and its setting whatever the hardware
AND = " / "


class Pools(NamedTuple):
    """Which studies are one table though several kinds of hardware trained them."""

    names: Mapping[Group, str] = {}
    """The hardware of each such study, all kinds in one name."""

    def setting(self, study: str, setting: Setting) -> Setting:
        """Return the setting that a table has for trials of a study that were trained under this one."""
        name = self.names.get((study, setting._replace(hardware="")))
        return setting if name is None else setting._replace(hardware=name)


def pools(records: Iterable[Record], *, keep_stale: bool = False) -> Pools:
    """Return which studies can be pooled, of records that stand; with `keep_stale` whatever the code was."""
    groups: dict[Group, list[Record]] = {}
    for record in records:
        groups.setdefault((record.study, setting_of(record)._replace(hardware="")), []).append(record)
    return Pools(
        {group: _name(members) for group, members in groups.items() if _in_complete_blocks(members, keep_stale)}
    )


def machines_of(result_hardware: str) -> list[str]:
    """Return the kinds of hardware that a table's setting names."""
    return result_hardware.split(AND)


def _in_complete_blocks(records: Sequence[Record], keep_stale: bool) -> bool:
    """Return whether there are several machines, and every seed has all arms on one of them and none on another.

    All of an arm's trials must be of one definition: of two the older would be left out, and with it one machine.
    """
    arms = {record.arm: definition_of(record, keep_stale) for record in records}
    if any(definition_of(record, keep_stale) != arms[record.arm] for record in records):
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
