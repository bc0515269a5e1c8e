"""Tests of export.repository.card_fields."""

import json
from pathlib import Path

import pytest

from export.repository.card_fields import NEEDED, card_problem
from export.repository.layout import CARD, read_card

NAME = "lenet5_mnist-5k"


def test_the_card_of_an_export_is_right(exported_once: Path) -> None:
    """Also after its way through a file."""
    assert card_problem(read_card(exported_once / NAME / "1")) is None


@pytest.mark.parametrize("field", NEEDED)
def test_a_needed_field_that_is_missing_is_named(field: str, exported_once: Path) -> None:
    """Nothing of the version is trusted without it."""
    card = read_card(exported_once / NAME / "1")
    del card[field]

    assert card_problem(card) == f"lacks ['{field}']"


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("tolerance", "much", "tolerance is 'much': expected `float`"),
        ("tolerance", True, "tolerance is True: expected `float`"),
        ("classes", ["0", 1], "classes[1] is 1: expected `str`"),
        ("shape", [1, 28], "shape is [1, 28]: expected `array` of length >= 3"),
        ("shape", [1, 0, 28], "shape[1] is 0: expected `int` >= 1"),
        ("test_accuracy", 97.0, "test_accuracy is 97.0: expected `float` <= 1"),
        ("ground", "green", "ground is 'green'"),
        ("fit", "squeeze", "fit is 'squeeze'"),
        ("lrn_form", 5, "lrn_form is 5: expected `str | null`"),
    ],
)
def test_a_value_of_another_kind_is_named(field: str, value: object, problem: str, exported_once: Path) -> None:
    """However deep it stands."""
    text = json.dumps({**json.loads((exported_once / NAME / "1" / CARD).read_text("utf-8")), field: value})

    assert str(card_problem(json.loads(text))).startswith(f"has a value of another kind: {problem}")
