"""Tests of bench.harness.training.checkpoint_card."""

from pathlib import Path
from typing import Any

import pytest

from bench.harness.training.checkpoint_card import CheckpointCard, PictureCard, read_card
from bench.harness.validation import ContentError
from models import checkpoint, registry

PICTURE: dict[str, Any] = {
    "classes": ["a", "b"],
    "mean": [0.5],
    "std": [0.5],
    "resize": None,
    "image_size": 2,
    "channels": 1,
}


def save(path: Path, card: dict[str, Any]) -> Path:
    """Save a small net with this card and return the path of its weights."""
    options = {"channels": 1, "classes": 2, "image_size": 2, "hidden": ()}
    checkpoint.save(path, registry.create("mlp", **options), architecture="mlp", options=options, card=card)
    return path


def test_a_card_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Fields that are not named pass: a newer version may say more."""
    path = save(tmp_path / "net.safetensors", {**PICTURE, "more": 1})

    assert read_card(path, PictureCard) == checkpoint.read_card(path)
    assert read_card(path, PictureCard)["more"] == 1


def test_what_a_picture_needs_is_less_than_what_an_export_needs(tmp_path: Path) -> None:
    """An export must know the data set too."""
    path = save(tmp_path / "net.safetensors", PICTURE)

    with pytest.raises(ContentError, match=r"card of .*net\.safetensors: .*required field `data(set|_sha256)`: train"):
        read_card(path, CheckpointCard)


@pytest.mark.parametrize("field", PICTURE)
def test_a_missing_or_wrong_field_is_named(field: str, tmp_path: Path) -> None:
    """Each of them decides the net's answer or its name."""
    wrong = save(tmp_path / "wrong.safetensors", {**PICTURE, field: {}})
    without = {name: value for name, value in PICTURE.items() if name != field}
    lacking = save(tmp_path / "lacking.safetensors", without)

    with pytest.raises(ContentError, match=rf"wrong\.safetensors: {field} is "):
        read_card(wrong, PictureCard)
    with pytest.raises(ContentError, match=f"required field `{field}`"):
        read_card(lacking, PictureCard)
