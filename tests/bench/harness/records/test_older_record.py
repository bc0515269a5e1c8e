"""Tests of bench.harness.records.record on records of earlier versions."""

import base64
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.harness.paths import COMMITTED_RECORDS
from bench.harness.records.answers import correct_bits, predictions
from bench.harness.records.record import SCHEMA, Record, RecordError, from_json, load
from bench.harness.records.setting import setting_of
from bench.harness.records.store import RECORDS, Store
from bench.harness.records.upgrade import RETIRED
from tests.bench.conftest import MakeRecord, labels_of

PACKED = {"test_correct", "test_predictions", "test_mistakes"}  # otherwise since schema 4


def test_committed_records_come_out_as_they_went_in() -> None:
    """Reading changes no number, and drops nothing but the times that a trial of schema 2 took of itself."""
    for line in COMMITTED_RECORDS.read_text("utf-8").splitlines():
        before, after = json.loads(line), json.loads(from_json(line).to_json())

        own = {"schema": SCHEMA, "alone": before.get("alone", before.get("timed"))}
        kept = {name: value for name, value in before.items() if name not in RETIRED | PACKED}
        assert {name: value for name, value in after.items() if name not in PACKED} == {**kept, **own}


def of_schema_3(record: Record, predictions: bytes, **changes: object) -> str:
    """Return the line of a record as the version before wrote it, with all predictions, and nothing compressed."""
    content = {**json.loads(record.to_json()), "schema": 3, **changes}
    del content["test_mistakes"]
    bits = np.packbits(correct_bits(record)).tobytes()
    packed = {"test_correct": bits, "test_predictions": predictions}
    return json.dumps({**content, **{name: base64.b64encode(value).decode() for name, value in packed.items()}})


def predicted(record: Record) -> bytes:
    """Return the predictions of a synthetic record, a byte an image."""
    return predictions(record, labels_of(record.test_images)).astype(np.uint8).tobytes()


def of_schema_2(record: Record, **changes: object) -> str:
    """Return the line of a record as it was written when trials timed themselves."""
    content = json.loads(of_schema_3(record, predicted(record)))
    content |= {**dict.fromkeys(RETIRED), "schema": 2, "timed": True, **changes}
    return json.dumps({name: value for name, value in content.items() if name != "alone"})


def test_a_record_of_schema_3_keeps_its_answers(make_record: MakeRecord) -> None:
    """Which images were right and what was said of the others is the same, in less room."""
    record = make_record(accuracy=0.7)

    assert from_json(of_schema_3(record, predicted(record))) == record


def test_a_record_of_schema_3_without_an_answer_an_image_is_refused(make_record: MakeRecord) -> None:
    """Predictions that are fewer than the images cannot be brought to the new form."""
    with pytest.raises(RecordError, match="a record of schema 3 that cannot be read"):
        from_json(of_schema_3(make_record(), b"abc"))


@pytest.mark.parametrize("timed", [True, False])
def test_a_record_of_schema_2_is_read(make_record: MakeRecord, timed: bool) -> None:
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
        ({"schema": 1}, "schema 1; this version reads schema 4"),
        ({"minutes": 3}, r"unknown: \['minutes'\]"),
    ],
)
def test_schema_2_is_no_excuse(make_record: MakeRecord, changes: dict[str, object], problem: str) -> None:
    """A wrong value, a field that never was and a still older schema are refused as ever."""
    with pytest.raises(RecordError, match=problem):
        from_json(of_schema_2(make_record(), **changes))


@pytest.mark.parametrize("field", sorted(RETIRED))
def test_a_field_of_schema_2_is_unknown_since(make_record: MakeRecord, field: str) -> None:
    """Times of a trial by itself do not come back under a new number."""
    with pytest.raises(RecordError, match=rf"unknown: \['{field}'\]"):
        from_json(json.dumps({**json.loads(make_record().to_json()), field: None}))


def test_an_older_record_is_read(make_record: MakeRecord) -> None:
    """Older ones do not say how many pairs their study compares, and name fewer libraries."""
    record = make_record()
    assert "family" not in record.context
    assert "scipy" not in record.environment

    assert from_json(record.to_json()) == record
