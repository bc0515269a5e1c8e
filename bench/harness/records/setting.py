"""Which records stand, and under which conditions they were measured."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

import pandas as pd

from bench.harness.records.record import FIELDS, Record

BY_ARM = "precision by arm"


class Setting(NamedTuple):
    """The setting that two figures must share before they may be printed side by side."""

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


def latest(records: Iterable[Record]) -> list[Record]:
    """Return the records that stand: the last of each trial, under the newest definition of its arm.

    Where an arm was redefined (another recipe, say), trials of the old definition are not mixed with
    the new ones: per setting, study and arm only the definition that was run last is kept.
    """
    last: dict[tuple[Setting, str, str, int], Record] = {}
    newest: dict[tuple[Setting, str, str], Mapping[str, Any]] = {}
    for record in records:
        arm = (setting_of(record), record.study, record.arm)
        last[(*arm, record.seed)] = record
        newest[arm] = record.definition
    return [
        record
        for (setting, study, arm_name, _), record in last.items()
        if record.definition == newest[(setting, study, arm_name)]
    ]


def to_frame(records: Iterable[Record]) -> pd.DataFrame:
    """Return the records that stand (`latest`) as a pandas DataFrame, a row a trial, a column a field."""
    return pd.DataFrame([asdict(record) for record in latest(records)], columns=list(FIELDS))
