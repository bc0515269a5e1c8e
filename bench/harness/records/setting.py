"""Which records stand, and under which conditions they were measured."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

import pandas as pd

from bench.harness.records.key import decisive, without_code
from bench.harness.records.record import FIELDS, Record

BY_ARM = "precision by arm"
TRAINED_BY_HAND = "train"  # the protocol of nets outside any study


class Setting(NamedTuple):
    """The setting that two figures must share before they may be printed side by side.

    `hardware` names several kinds where a study's machines are taken together, see `bench.harness.analysis.pooling`.
    """

    protocol: str
    dataset: str
    data_sha256: str
    device: str
    hardware: str
    threads: int
    deterministic: bool
    torch: str
    reduced: bool
    compiled: bool = False
    precision: str = "float32"
    batched_seeds: bool = False


def setting_of(record: Record) -> Setting:
    """Return the conditions under which a record was measured."""
    return Setting(
        record.protocol,
        record.dataset,
        record.data_sha256,
        record.device,
        record.environment["hardware"],
        record.threads,
        record.deterministic,
        record.environment["torch"],
        record.reduced,
        compiled=record.execution.get("compiled", False),
        precision=_precision(record),
        batched_seeds=record.execution.get("batched_seeds", False),
    )


def _precision(record: Record) -> str:
    """Return the number format that all arms of the record's table share, or that each arm states its own."""
    stated = record.definition["recipe"].get("precision") if "recipe" in record.definition else None
    return BY_ARM if stated else record.execution.get("precision", "float32")


ArmUnderSetting = tuple[Setting, str, str]  # with study and arm


def latest(records: Iterable[Record], *, keep_stale: bool = False) -> list[Record]:
    """Return the records that stand: the last of each trial, under the newest definition of its arm.

    Where an arm was redefined (another recipe, say, or other code), trials of the old definition are not mixed with the
    new ones: per setting, study and arm only the definition that was run last is kept.

    Args:
        records: in the order in which trials ended.
        keep_stale: let trials of older code count too.
    """
    records = list(records)
    newest = {_arm(record): definition_of(record, keep_stale) for record in records}
    return [record for record in _last_of_each(records) if definition_of(record, keep_stale) == newest[_arm(record)]]


def stale(records: Iterable[Record]) -> list[Record]:
    """Return the last record of each trial that does not count because only older code has trained it."""
    records = list(records)
    newest = {_arm(record): record.definition for record in records}
    return [
        record
        for record in _last_of_each(records)
        if decisive(record.definition) != decisive(newest[_arm(record)])
        and without_code(record.definition) == without_code(newest[_arm(record)])
    ]


def _last_of_each(records: Iterable[Record]) -> list[Record]:
    return list({(*_arm(record), record.seed): record for record in records}.values())


def _arm(record: Record) -> ArmUnderSetting:
    return setting_of(record), record.study, record.arm


def definition_of(record: Record, keep_stale: bool) -> Mapping[str, Any]:
    """Return what defines a trial, without its code where older code counts too."""
    return without_code(record.definition) if keep_stale else decisive(record.definition)


def to_frame(records: Iterable[Record]) -> pd.DataFrame:
    """Return the records that stand (`latest`) as a pandas DataFrame, a row a trial, a column a field."""
    return pd.DataFrame([asdict(record) for record in latest(records)], columns=list(FIELDS))
