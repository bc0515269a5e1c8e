"""Tests of saving and loading: what comes back, and what every damaged file says."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from models.checkpoint import CheckpointError, load, read_card, save
from models.registry import create

Small = tuple[str, dict[str, object]]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A checkpoint of a narrow SK with a card."""
    path = tmp_path / "sk.safetensors"
    model = create("sk", width=0.1)
    save(path, model, architecture="sk", options={"width": 0.1}, card={"test_accuracy": 0.9})
    return path


def rewrite(path: Path, change: Callable[[dict[str, Tensor]], object]) -> None:
    """Save the weights with a change, and without the card that would notice it."""
    metadata = {"convbench": json.dumps({"format": "convbench-checkpoint-1", "architecture": "sk", "options": {}})}
    leaves = load_file(path)
    change(leaves)
    save_file(leaves, path, metadata)
    path.with_suffix(".json").unlink()


def test_loaded_model_gives_the_same_logits(small: Small, images: Callable[[str], Tensor], tmp_path: Path) -> None:
    """Every architecture comes back from its file, options and all."""
    name, options = small
    model, batch = create(name, **options), images(name)
    model(batch)  # moves running statistics away from where they start
    save(tmp_path / "a.safetensors", model, architecture=name, options=options, card={})

    assert torch.equal(load(tmp_path / "a.safetensors")(batch), model.eval()(batch))


def test_loaded_model_is_in_evaluation_mode(saved: Path) -> None:
    """A loaded net is for use, not for training."""
    assert not load(saved).training


def test_loading_leaves_the_random_state(saved: Path) -> None:
    """Random numbers that are drawn after a load do not depend on it."""
    before = torch.get_rng_state()
    load(saved)

    assert torch.equal(torch.get_rng_state(), before)


def test_same_weights_have_the_same_sha256(tmp_path: Path) -> None:
    """The file's bytes depend on its content only."""
    model = create("convnet")
    hashes = {save(tmp_path / f"{n}.safetensors", model, architecture="convnet", options={}, card={}) for n in range(5)}

    assert len(hashes) == 1


def test_save_returns_the_files_sha256(tmp_path: Path) -> None:
    """The returned hash is that of the bytes on disk."""
    path = tmp_path / "new folder" / "a.safetensors"
    sha256 = save(path, create("mlp"), architecture="mlp", options={}, card={})

    assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_nothing_temporary_is_left(saved: Path) -> None:
    """Only the weights and the card lie in the folder."""
    assert sorted(path.name for path in saved.parent.iterdir()) == ["sk.json", "sk.safetensors"]


def test_failed_save_keeps_the_old_checkpoint(saved: Path) -> None:
    """A card that is no JSON fails before anything is written."""
    before = saved.read_bytes()
    with pytest.raises(ValueError, match="not JSON compliant"):
        save(saved, create("sk"), architecture="sk", options={}, card={"loss": float("nan")})

    assert saved.read_bytes() == before


def test_card_holds_what_was_given_and_what_identifies_it(saved: Path) -> None:
    """The card has the caller's facts, the architecture, every option and the hash."""
    card = read_card(saved)
    facts = (card["test_accuracy"], card["architecture"], card["options"]["width"], card["options"]["activation"])

    assert facts == (0.9, "sk", 0.1, "relu")


def test_compiled_model_is_saved_as_the_plain_one(tmp_path: Path) -> None:
    """torch.compile's wrapper leaves no trace in the names of the leaves."""
    compiled = torch.compile(create("mlp"), backend="eager")
    path = tmp_path / "a.safetensors"
    assert isinstance(compiled, nn.Module)  # for the type checker
    save(path, compiled, architecture="mlp", options={}, card={})

    assert isinstance(load(path), nn.Module)


def test_channels_last_weights_are_saved(tmp_path: Path) -> None:
    """The memory format of the weights does not matter to the file."""
    model = create("convnet").to(memory_format=torch.channels_last)
    path = tmp_path / "a.safetensors"
    save(path, model, architecture="convnet", options={}, card={})

    assert torch.equal(load_file(path)["features.0.weight"], model.state_dict()["features.0.weight"])


def test_weights_without_a_card_load(saved: Path) -> None:
    """The weights alone rebuild the net."""
    saved.with_suffix(".json").unlink()

    assert isinstance(load(saved), nn.Module)


def test_missing_file_is_named(tmp_path: Path) -> None:
    """A path that does not exist is named."""
    with pytest.raises(CheckpointError, match=r"no checkpoint .*gone.safetensors"):
        load(tmp_path / "gone.safetensors")


def test_missing_card_is_named(saved: Path) -> None:
    """A card that does not exist is named."""
    saved.with_suffix(".json").unlink()
    with pytest.raises(CheckpointError, match=r"no card .*sk.json"):
        read_card(saved)


@pytest.mark.parametrize(("content", "words"), [("{", "is not JSON"), ("[]", "holds a list, not a JSON object")])
def test_bad_card_is_named(saved: Path, content: str, words: str) -> None:
    """A card that is no JSON object is named."""
    saved.with_suffix(".json").write_text(content)
    with pytest.raises(CheckpointError, match=f"sk.json {words}"):
        read_card(saved)


def test_other_suffix_is_refused(tmp_path: Path) -> None:
    """Only .safetensors is written and read: no pickle ever."""
    with pytest.raises(CheckpointError, match=r"must end in .safetensors, not '.pt'"):
        load(tmp_path / "model.pt")


def test_file_of_another_kind_is_refused(saved: Path) -> None:
    """Bytes that are not safetensors are named as such."""
    saved.with_suffix(".json").unlink()
    saved.write_bytes(b"\x80\x05K\x01.")
    with pytest.raises(CheckpointError, match="is not a safetensors file"):
        load(saved)


def test_foreign_safetensors_file_is_refused(tmp_path: Path) -> None:
    """A safetensors file without our metadata says what it lacks."""
    save_file({"a": torch.zeros(1)}, tmp_path / "a.safetensors")
    with pytest.raises(CheckpointError, match="was not saved as convbench-checkpoint-1"):
        load(tmp_path / "a.safetensors")


def test_weights_of_another_run_are_refused(saved: Path) -> None:
    """A file whose hash is not the card's is refused, with both hashes."""
    content = bytearray(saved.read_bytes())
    content[-1] ^= 1
    saved.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"has sha256 [0-9a-f]{64}, its card sk.json says [0-9a-f]{64}"):
        load(saved)


def test_missing_leaf_is_named(saved: Path) -> None:
    """A leaf that the architecture has and the file lacks is named."""
    rewrite(saved, lambda leaves: leaves.pop("features.0.weight"))
    with pytest.raises(CheckpointError, match=r"leaf 'features.0.weight' is missing"):
        load(saved)


def test_leaf_of_another_shape_is_named_with_both_shapes(saved: Path) -> None:
    """A leaf of the wrong shape is named with the file's shape and the model's."""
    rewrite(saved, lambda _: None)  # narrow weights that claim to be of the default width
    message = r"leaf 'features.0.weight' has shape \(2, 1, 3, 3\).* the model has shape \(20, 1, 3, 3\)"
    with pytest.raises(CheckpointError, match=message):
        load(saved)


def test_leaf_of_another_type_is_named(tmp_path: Path) -> None:
    """Weights are not silently rounded to the model's type."""
    path = tmp_path / "a.safetensors"
    save(path, create("mlp").double(), architecture="mlp", options={}, card={})
    with pytest.raises(CheckpointError, match=r"type torch.float64, the model has .* torch.float32"):
        load(path)


def test_unexpected_leaf_is_named(tmp_path: Path) -> None:
    """A leaf that the architecture does not have is named."""
    model = create("mlp")
    model.register_buffer("extra", torch.zeros(1))
    path = tmp_path / "a.safetensors"
    save(path, model, architecture="mlp", options={}, card={})
    with pytest.raises(CheckpointError, match="leaf 'extra' is unexpected"):
        load(path)
