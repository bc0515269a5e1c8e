"""Tests of bench.commands.pages.fields."""

from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, NotRequired, TypedDict

import pytest

from bench.commands.pages import fields
from bench.harness.records.record import FIELDS


class Description(NamedTuple):
    """Stands for a library's note on a field."""

    description: str


class Inner(TypedDict):
    """An object inside.

    Attributes:
        name, title: its two names, the second
            one for people.
    """

    name: str
    title: NotRequired[list[str | None]]


@dataclass
class Outer:
    """A record.

    Attributes:
        inner: whatever else there is.
    """

    count: Annotated[int, Description("how many | or none")]
    inner: dict[str, Inner] | None
    other: Any


def table(text: str) -> dict[str, list[str]]:
    """Return the cells behind each field's name."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return {row[0].strip(" `"): [cell.strip() for cell in row[1:]] for row in rows}


@pytest.fixture
def described(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the page of the record above."""
    monkeypatch.setattr(fields, "Record", Outer)
    return fields.fields_text()


def test_every_field_of_a_record_is_listed() -> None:
    """In the order in which the record has them, before those of the objects inside."""
    assert tuple(table(fields.fields_text().partition("\n## ")[0])) == FIELDS


def test_a_type_is_written_in_words(described: str) -> None:
    """An object inside is a link to its own table, and null is named."""
    cells = table(described)

    assert cells["count"][0] == "whole number"
    assert cells["inner"][0] == "object of [Inner](#inner) or null"
    assert cells["other"][0] == "anything"
    assert cells["title"][0] == "list of text or null; may be missing"


def test_a_meaning_comes_from_the_annotation_or_the_docstring(described: str) -> None:
    """Either way of describing a field fills its cell; a bar stays in it."""
    cells = table(described)

    assert cells["count"][1] == r"how many \| or none"
    assert cells["inner"][1] == "whatever else there is."
    assert cells["title"][1] == cells["name"][1] == "its two names, the second one for people."


def test_an_object_is_introduced_by_its_docstring(described: str) -> None:
    """Without the list of attributes, which the table has."""
    assert "## Inner\n\nAn object inside.\n\n| field" in described
