"""Tests of export.repository.history: what is said of a version beside the older ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from export.repository.history import notes, stale

CARD: dict[str, Any] = {
    "test_accuracy": 0.97,
    "test_accuracy_interval": [0.96, 0.98],
    "classes": list("0123456789"),
    "validation_accuracy": 0.96,
    "protocol": "quick",
    "checkpoint_sha256": "a",
}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Return a model with one version, of CARD."""
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "card.json").write_text(json.dumps(CARD), "utf-8")
    return tmp_path


def test_a_first_version_that_learnt_something_is_not_remarkable(model: Path) -> None:
    """Nor is one that is as good as the one before."""
    assert list(notes(model, 1, CARD)) == []
    assert list(notes(model, 2, CARD)) == []


def test_a_net_at_chance_is_said(model: Path) -> None:
    """Its interval holds the share of one class."""
    (note,) = notes(model, 1, {**CARD, "test_accuracy": 0.11, "test_accuracy_interval": [0.09, 0.13]})

    assert note == "its accuracy cannot be told from guessing (11.00 %)"


def test_a_worse_version_in_the_place_of_a_better_one_is_said(model: Path) -> None:
    """By validation accuracy; and that it is of another protocol."""
    worse, protocol = notes(model, 2, {**CARD, "validation_accuracy": 0.8, "protocol": "smoke"})

    assert worse.endswith("better on validation images (80.00 % after 96.00 %)")
    assert protocol == "the version before it is of protocol quick, this one of smoke"


def test_a_card_that_cannot_be_read_is_not_compared(model: Path) -> None:
    """`--verify` is what looks for damage."""
    (model / "1" / "card.json").write_text("{", "utf-8")

    assert list(notes(model, 2, CARD)) == []
    assert "EARLIER net" in stale(model, CARD)[0]


@pytest.mark.parametrize("changes", [{"validation_accuracy": "high"}, {"protocol": 5}])
def test_a_card_with_a_value_of_another_kind_is_not_compared(model: Path, changes: dict[str, object]) -> None:
    """An export does not end with a traceback because an older card was edited."""
    (model / "1" / "card.json").write_text(json.dumps({**CARD, **changes}), "utf-8")

    assert list(notes(model, 2, {**CARD, "validation_accuracy": 0.8})) == []


def test_a_stale_variant_is_said(model: Path, tmp_path: Path) -> None:
    """With what it was made of."""
    assert "version 1 of this very net stays" in stale(model, CARD)[0]
    assert "version 1 of an EARLIER net stays" in stale(model, {**CARD, "checkpoint_sha256": "b"})[0]
    assert stale(tmp_path / "nothing", CARD) == []
