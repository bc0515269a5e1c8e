"""Tests of bench.harness.validation."""

from pathlib import Path
from typing import TypedDict

import pytest

from bench.harness.validation import ContentError, read_json, wrong_value


class Turn(TypedDict):
    """A row of a measurement."""

    seconds: list[float]
    by_name: dict[str, int]


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"seconds": [1.5, "x"], "by_name": {}}, "seconds[1] is 'x': expected `float`, got `str`"),
        ({"seconds": [True], "by_name": {}}, "seconds[0] is True: expected `float`, got `bool`"),
        ({"seconds": [], "by_name": {"a": 1.5}}, "by_name[...] is {'a': 1.5}: expected `int`, got `float`"),
        ({"by_name": {}}, "it is {'by_name': {}}: object missing required field `seconds`"),
        ([], "it is []: expected `object`, got `array`"),
        ({"seconds": "x" * 100, "by_name": {}}, f"seconds is '{'x' * 39}...: expected `array`, got `str`"),
    ],
)
def test_the_wrong_value_is_named_with_its_place(values: object, problem: str) -> None:
    """A reader finds it in the file without counting brackets."""
    assert wrong_value(values, Turn) == problem


def test_right_values_pass() -> None:
    """JSON of other languages writes 1.0 as 1, and a newer version may say more."""
    assert wrong_value({"seconds": [1, 2.5], "by_name": {"a": 1}, "more": None}, Turn) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"seconds": [1],\n "by_name": {]}', r"turns\.json: not JSON \(.*line 2.*\): measure again"),
        (b"\xff\xfe{", r"turns\.json: not JSON .*: measure again"),
        (b'{"seconds": 1, "by_name": {}}', r"turns\.json: seconds is 1: expected `array`, got `int`: measure again"),
        (b'{"seconds": [NaN], "by_name": {}}', r"turns\.json: NaN is not JSON.*: measure again"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_an_error_with_its_cure(
    content: bytes, message: str, tmp_path: Path
) -> None:
    """The message has the file, the line or field, and what to do."""
    (tmp_path / "turns.json").write_bytes(content)

    with pytest.raises(ContentError, match=message):
        read_json(tmp_path / "turns.json", Turn, "measure again")
