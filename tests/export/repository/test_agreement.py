"""Tests of export.repository.agreement: facts that a version states twice are the same, or named."""

import json
from typing import Any

import pytest

from export.repository.agreement import METADATA, disagreements, metadata

CARD: dict[str, Any] = {
    **{place[0]: f"the {place[0]}" for place in METADATA.values()},
    "classes": ["cat", "dog"],
    "environment": {"torch": "2", "commit": "abc"},
    "mean": [0.1307],
    "seed": 3,
    "resize": None,
}
STATED = {
    key: value if isinstance(value, str) else json.dumps(value) for key, value in metadata(CARD).items()
}  # as they go into a graph


def test_an_exported_version_agrees_with_itself() -> None:
    """Whatever kind its facts are of."""
    assert disagreements(["cat", "dog"], CARD, STATED) == []


def test_what_only_one_of_them_says_is_no_matter() -> None:
    """Graphs of others have metadata of their own, and old cards lack fields."""
    assert disagreements(["cat", "dog"], {}, {**STATED, "author": "somebody"}) == []
    assert disagreements(["cat", "dog"], CARD, {}) == []


@pytest.mark.parametrize(
    ("labels", "card", "stated", "problem"),
    [
        (["dog", "cat"], {}, {}, "labels.txt does not list the card's classes in their order"),
        (["dog", "cat"], {"classes": ["dog", "cat"]}, {}, 'its graph says labels ["cat", "dog"]'),
        (["cat", "dog"], {"seed": 4}, {}, "its graph says seed 3, its card 4"),
        (["cat", "dog"], {}, {"variant": "int8"}, "its graph says variant int8, its card the variant"),
        (["cat", "dog"], {}, {"mean": "nonsense"}, "its graph says mean nonsense"),
    ],
)
def test_a_difference_is_named(labels: list[str], card: dict[str, Any], stated: dict[str, str], problem: str) -> None:
    """With both sides."""
    (told,) = disagreements(labels, {**CARD, **card}, {**STATED, **stated})

    assert problem in told
