"""Tests of bench.harness.records.schema."""

import json
from collections.abc import Callable
from dataclasses import fields
from typing import Any, get_type_hints

import pytest

from bench.harness.paths import COMMITTED_RECORDS, PROJECT
from bench.harness.records.parts import RecipeFacts
from bench.harness.records.record import FIELDS, Record, from_json
from bench.harness.records.schema import meanings, schema_text
from bench.harness.study.recipe import Recipe


def test_the_committed_schema_is_that_of_the_types() -> None:
    """A field that is added or retyped changes the file: `python -m bench docs` writes it."""
    assert (PROJECT / "docs" / "record.schema.json").read_text("utf-8") == schema_text()


def test_every_field_of_every_object_is_described() -> None:
    """A reader of a foreign record learns each field's unit and meaning from the schema alone."""
    objects = json.loads(schema_text())["$defs"].values()

    assert len(objects) == 9
    assert [name for one in objects for name, field in one["properties"].items() if len(field["description"]) < 5] == []


def test_every_description_belongs_to_a_field() -> None:
    """A field that was renamed leaves no sentence behind."""
    assert set(meanings(Record)) == set(FIELDS)


def test_the_committed_records_are_valid() -> None:
    """Another program's validator accepts every line that is committed, as this version reads it."""
    validator = pytest.importorskip("jsonschema").Draft202012Validator(json.loads(schema_text()))

    for line in COMMITTED_RECORDS.read_text("utf-8").splitlines():
        validator.validate(json.loads(from_json(line).to_json()))


def test_a_wrong_type_inside_is_invalid(make_record: Callable[..., Record]) -> None:
    """The schema reaches as deep as our own check does."""
    validator: Any = pytest.importorskip("jsonschema").Draft202012Validator(json.loads(schema_text()))
    content = json.loads(make_record(context={"margin": "wide"}).to_json())

    assert [error.json_path for error in validator.iter_errors(content)] == ["$.context.margin"]


def test_a_records_recipe_has_the_recipes_fields() -> None:
    """A hyper-parameter that is added to the recipe is described in the record too."""
    assert set(get_type_hints(RecipeFacts)) == {field.name for field in fields(Recipe)}
