"""Tests of bench.harness.records.record."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.harness.records.answers import (
    NO_PREDICTION,
    RIGHT,
    correct_bits,
    pack_bits,
    pack_mistakes,
    predictions,
    wrong_answers,
)
from bench.harness.records.record import FIELDS, SCHEMA, Record, RecordError, from_json, load, parse
from bench.harness.records.setting import latest, setting_of, to_frame

MakeRecord = Callable[..., Record]


def test_a_record_survives_json(make_record: MakeRecord) -> None:
    """Nothing is lost or rounded between a trial and its line."""
    record = make_record(accuracy=1 / 3)

    assert from_json(record.to_json()) == record


def test_a_record_is_one_line(make_record: MakeRecord) -> None:
    """Whatever a study's words are, a line is a record."""
    record = make_record(context={"question": "two\nlines\u2028or three?"})

    assert len(record.to_json().splitlines()) == 1


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_no_number_that_is_not_finite_is_written(make_record: MakeRecord, value: float) -> None:
    """NaN is not JSON: other readers would refuse the whole line."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        make_record(test_loss=value).to_json()


def changed(record: Record, drop: str | None = None, **values: object) -> str:
    """Return a record's line with fields added, replaced or left out."""
    content = {**json.loads(record.to_json()), **values}
    return json.dumps({name: value for name, value in content.items() if name != drop})


def test_a_missing_field_is_named(make_record: MakeRecord) -> None:
    """A line of another program is no record."""
    with pytest.raises(RecordError, match=r"fields missing: \['epochs'\], unknown: \[\]"):
        from_json(changed(make_record(), drop="epochs"))


def test_an_extra_field_is_named(make_record: MakeRecord) -> None:
    """A field that nobody reads is not passed over in silence."""
    with pytest.raises(RecordError, match=r"fields missing: \[\], unknown: \['epoch'\]"):
        from_json(changed(make_record(), epoch=1))


def test_another_schema_is_refused(make_record: MakeRecord) -> None:
    """Fields of another version may mean something else."""
    with pytest.raises(RecordError, match=f"schema 99; this version reads schema {SCHEMA}"):
        from_json(changed(make_record(), schema=99))


@pytest.mark.parametrize(
    ("line", "message"),
    [("[1]", "a record is a JSON object, not list"), ('{"schema": 1', "not JSON"), ("", "not JSON")],
)
def test_what_is_no_object_is_refused(line: str, message: str) -> None:
    """Half a line, or another kind of JSON, is an error of ours and not of the json module."""
    with pytest.raises(RecordError, match=message):
        from_json(line)


@pytest.mark.parametrize(("value", "name"), [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")])
def test_a_number_that_is_not_finite_is_refused(make_record: MakeRecord, value: float, name: str) -> None:
    """Python's json reads them, though they are not JSON: a mean would be NaN without a word."""
    with pytest.raises(RecordError, match=f"^{name} is not JSON"):
        from_json(changed(make_record(), test_accuracy=value))


@pytest.mark.parametrize(
    ("digits", "message"),
    [
        ("1e999", "1e999 is too large"),
        ("-1e999", "-1e999 is too large"),
        ("1" * 5000, "not JSON"),
        ("[" * 9999, "not JSON"),
    ],
)
def test_a_value_that_python_cannot_hold_is_refused(make_record: MakeRecord, digits: str, message: str) -> None:
    """It is JSON, and would be read as an infinity, or end in an error of the json module."""
    line = changed(make_record(), test_accuracy=0.125)

    with pytest.raises(RecordError, match=f"^{message}"):
        from_json(line.replace("0.125", digits, 1))


def test_records_come_in_the_files_order(make_record: MakeRecord, tmp_path: Path) -> None:
    """The last of a trial's records can be told from the first."""
    records = [make_record(seed=seed) for seed in (2, 0, 1)]
    path = tmp_path / "records.jsonl"
    path.write_text("".join(record.to_json() + "\n" for record in records), encoding="utf-8")

    assert load(path) == records


def test_a_damaged_line_is_named_with_its_cure(make_record: MakeRecord) -> None:
    """The message has path, line and what to do."""
    text = f"{make_record().to_json()}\n{{broken\n{make_record().to_json()}\n"

    with pytest.raises(RecordError, match=r"^a\.jsonl, line 2 is damaged: not JSON .*; remove that line"):
        parse(text, Path("a.jsonl"))


def test_no_file_is_an_error_that_says_how_to_make_one(tmp_path: Path) -> None:
    """Tables of nothing are not made."""
    with pytest.raises(RecordError, match=r"no records at .*: run `pytest bench/` first, or name its --results"):
        load(tmp_path / "records.jsonl")


def test_a_frame_has_a_row_a_trial_and_a_column_a_field(make_record: MakeRecord) -> None:
    """Records can be analysed with pandas."""
    frame = to_frame([make_record(seed=0), make_record(seed=1, accuracy=0.5)])

    assert list(frame.columns) == list(FIELDS)
    assert frame["test_accuracy"].tolist() == [0.9, 0.5]


def test_a_frame_has_the_records_that_stand(make_record: MakeRecord) -> None:
    """A trial that was trained again counts once: an average over the frame is that of the tables."""
    frame = to_frame([make_record(seed=0, accuracy=0.5), make_record(seed=0, accuracy=0.9)])

    assert frame["test_accuracy"].tolist() == [0.9]


def test_a_path_may_be_text(tmp_path: Path, make_record: MakeRecord) -> None:
    """As in README's snippet."""
    (tmp_path / "records.jsonl").write_text(make_record().to_json() + "\n", "utf-8")

    assert len(load(str(tmp_path / "records.jsonl"))) == 1


def test_a_frame_of_no_records_has_its_columns() -> None:
    """A program that selects a column needs no special case."""
    assert list(to_frame([]).columns) == list(FIELDS)


@pytest.mark.parametrize("images", [1, 7, 8, 1001])
def test_correctness_bits_survive_packing(make_record: MakeRecord, images: int) -> None:
    """Also where the images do not fill the last byte."""
    correct = np.random.default_rng(0).random(images) < 0.5
    record = replace(make_record(), test_images=images, test_correct=pack_bits(correct))

    assert np.array_equal(correct_bits(record), correct)


def test_mistakes_survive_packing(make_record: MakeRecord) -> None:
    """Every class, and that no class was answered; a right answer is not written."""
    answers = np.array([0, 3, 9, 254, NO_PREDICTION], np.uint8)
    correct = np.array([False, True, False, False, False])
    bits, mistakes = pack_bits(correct), pack_mistakes(answers, correct)
    record = replace(make_record(), test_images=5, test_correct=bits, test_mistakes=mistakes)

    assert wrong_answers(record).tolist() == [0, RIGHT, 9, 254, NO_PREDICTION]
    assert predictions(record, np.array([1, 3, 1, 1, 1])).tolist() == answers.tolist()


@pytest.mark.parametrize(
    "change",
    [
        {"protocol": "smoke"},
        {"dataset": "mnist"},
        {"data_sha256": "e" * 64},
        {"device": "cuda"},
        {"threads": 1},
        {"deterministic": True},
        {"reduced": True},
        {"environment": {"torch": "2.13.0"}},
        {"environment": {"hardware": "Other CPU"}},
    ],
    ids=lambda change: str(next(iter(change))),
)
def test_figures_of_other_conditions_are_told_apart(make_record: MakeRecord, change: dict[str, object]) -> None:
    """Every condition that changes a time or an accuracy is part of the setting."""
    assert setting_of(make_record(**change)) != setting_of(make_record())


def test_seed_and_arm_are_no_conditions(make_record: MakeRecord) -> None:
    """Arms of a study are compared with each other."""
    assert setting_of(make_record("one", 0)) == setting_of(make_record("other", 1))


def test_the_newest_record_of_a_trial_stands(make_record: MakeRecord) -> None:
    """A trial that was trained again (--fresh) counts once, as its last record says."""
    records = [make_record(seed=0, accuracy=0.5), make_record(seed=1), make_record(seed=0, accuracy=0.6)]

    assert [record.test_accuracy for record in latest(records) if record.seed == 0] == [0.6]
    assert len(latest(records)) == 2


def test_records_of_an_old_definition_do_not_stand(make_record: MakeRecord) -> None:
    """An arm whose recipe was changed is not averaged over both recipes."""
    old = [make_record(seed=seed, definition={"epochs": 1}) for seed in range(3)]
    new = [make_record(seed=seed, definition={"epochs": 2}) for seed in range(2)]

    assert latest([*old, *new]) == new


def test_one_arms_new_definition_leaves_the_others(make_record: MakeRecord) -> None:
    """Definitions are compared within an arm."""
    records = [make_record("base", definition={"epochs": 1}), make_record("wide", definition={"epochs": 2})]

    assert latest(records) == records


def test_records_of_two_settings_both_stand(make_record: MakeRecord) -> None:
    """A run on one thread does not replace the one on two."""
    records = [make_record(threads=1), make_record(threads=2)]

    assert latest(records) == records


@pytest.mark.parametrize(
    ("field", "value"),
    [("seed", "0"), ("seed", True), ("validation_accuracy", "0.9"), ("context", []), ("classes", 10), ("alone", 1)],
)
def test_a_value_of_another_kind_is_an_error(make_record: MakeRecord, field: str, value: object) -> None:
    """An edited record is named when it is read, not where it is used."""
    values = {**json.loads(make_record().to_json()), field: value}

    with pytest.raises(RecordError, match=f"{field} is "):
        from_json(json.dumps(values))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"context": {"margin": "wide"}}, "context.margin is 'wide'"),
        (
            {"context": {"comparisons": [{"name": "a", "title": 1, "baseline": "b"}]}},
            "context.comparisons[0].title is 1",
        ),
        ({"context": {"published": [{"value": 99.0}]}}, "context.published[0] is {'value': 99.0}"),
        ({"curves": {"train_loss": [0.5, "low"]}}, "curves.train_loss[1] is 'low'"),
        ({"confusion": [[1, 2.5]]}, "confusion[0][1] is 2.5"),
        ({"environment": {"hardware": None}}, "environment.hardware is None"),
        ({"environment": {"commit": 7}}, "environment.commit is 7"),
        ({"execution": {"compiled": "no"}}, "execution.compiled is 'no'"),
        ({"definition": {"recipe": {"batch_size": "64"}}}, "definition.recipe.batch_size is '64'"),
        ({"status": "odd"}, "status is 'odd'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_value_inside_a_record_is_named_with_file_line_and_field(
    make_record: MakeRecord, changes: dict[str, Any], problem: str
) -> None:
    """An edited context or environment is an error when it is read, not a crash in the middle of a table."""
    text = f"{make_record().to_json()}\n{make_record(**changes).to_json()}\n"

    with pytest.raises(RecordError, match=r"^a\.jsonl, line 2 is damaged: ") as caught:
        parse(text, Path("a.jsonl"))
    assert problem in str(caught.value)


def test_more_than_the_fields_inside_a_record_is_kept(make_record: MakeRecord) -> None:
    """A library that a newer version names stays in the record that this one writes."""
    line = make_record(environment={"numpy_build": "mkl"}).to_json()

    assert from_json(line).to_json() == line
