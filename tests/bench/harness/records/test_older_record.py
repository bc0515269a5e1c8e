"""Tests of bench.harness.records.record on records of earlier versions."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench.harness.paths import COMMITTED_RECORDS
from bench.harness.records.record import RETIRED, SCHEMA, Record, RecordError, from_json, load
from bench.harness.records.setting import setting_of
from bench.harness.records.store import RECORDS, Store
from tests.bench.conftest import MakeRecord


def test_committed_records_come_out_as_they_went_in() -> None:
    """Reading changes no number, and drops nothing but the times that a trial of schema 2 took of itself."""
    for line in COMMITTED_RECORDS.read_text("utf-8").splitlines():
        before, after = json.loads(line), json.loads(from_json(line).to_json())

        own = {"schema": SCHEMA, "alone": before.get("alone", before.get("timed"))}
        assert after == {**{name: value for name, value in before.items() if name not in RETIRED}, **own}


def of_schema_2(record: Record, **changes: object) -> str:
    """Return the line of a record as the version before wrote it, when trials timed themselves."""
    content = {**json.loads(record.to_json()), **dict.fromkeys(RETIRED), "schema": 2, "timed": True, **changes}
    return json.dumps({name: value for name, value in content.items() if name != "alone"})


@pytest.mark.parametrize("timed", [True, False])
def test_a_record_of_schema_2_is_read_as_one_of_3(make_record: MakeRecord, timed: bool) -> None:
    """A trial was timed where no other ran beside it; what it timed is left out, all else is kept."""
    record = make_record()

    assert from_json(of_schema_2(record, timed=timed, inference_seconds=0.05)) == replace(record, alone=timed)


def test_old_and_new_records_stand_in_one_file(make_record: MakeRecord, tmp_path: Path) -> None:
    """A results folder goes on: a new trial is appended to those of schema 2, and all are of one setting."""
    (tmp_path / RECORDS).write_text(of_schema_2(make_record(seed=0)) + "\n", "utf-8")
    with Store(tmp_path) as store:
        store.append(make_record(seed=1))

    records = load(tmp_path / RECORDS)

    assert records == [make_record(seed=0), make_record(seed=1)]
    assert len(set(map(setting_of, records))) == 1


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"timed": "yes"}, "alone is 'yes'"),
        ({"schema": 1}, "schema 1; this version reads schema 3"),
        ({"minutes": 3}, r"unknown: \['minutes'\]"),
    ],
)
def test_schema_2_is_no_excuse(make_record: MakeRecord, changes: dict[str, object], problem: str) -> None:
    """A wrong value, a field that never was and a still older schema are refused as ever."""
    with pytest.raises(RecordError, match=problem):
        from_json(of_schema_2(make_record(), **changes))


@pytest.mark.parametrize("field", sorted(RETIRED))
def test_a_field_of_schema_2_is_unknown_to_3(make_record: MakeRecord, field: str) -> None:
    """Times of a trial by itself do not come back under a new number."""
    with pytest.raises(RecordError, match=rf"unknown: \['{field}'\]"):
        from_json(json.dumps({**json.loads(make_record().to_json()), field: None}))


def test_an_older_record_is_read(make_record: MakeRecord) -> None:
    """Older ones do not say how many pairs their study compares, and name fewer libraries."""
    record = make_record()
    assert "family" not in record.context
    assert "scipy" not in record.environment

    assert from_json(record.to_json()) == record
