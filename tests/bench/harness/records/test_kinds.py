"""Tests of bench.harness.records.kinds."""

from types import NoneType
from typing import Any, Literal, TypedDict

import pytest

from bench.harness.records.kinds import kinds


class _Context(TypedDict):
    name: str


@pytest.mark.parametrize(
    ("hint", "types"),
    [
        (str, {str}),
        (int, {int}),
        (bool, {bool}),
        (float, {int, float}),
        (float | None, {int, float, NoneType}),
        (list[int], {list}),
        (dict[str, Any], {dict}),
        (dict[str, float] | None, {dict, NoneType}),
        (Literal["ok", "diverged"], {str}),
        (_Context, {dict}),
    ],
)
def test_a_fields_types_follow_from_its_annotation(hint: object, types: set[type]) -> None:
    """JSON writes 1.0 as 1 in other languages: a float may be a whole number."""
    assert kinds(hint) == types
