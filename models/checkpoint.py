"""Checkpoints: weights as safetensors with their architecture, and a JSON card beside them."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialise
from torch import Tensor, nn

from models.parts.options import ModelError
from models.registry import create, resolve

FORMAT = "convbench-checkpoint-1"


class CheckpointError(ModelError):
    """A file is no checkpoint of ours, or does not fit its card or its architecture."""


def save(
    path: str | os.PathLike[str],
    model: nn.Module,
    *,
    architecture: str,
    options: Mapping[str, object],
    card: Mapping[str, object],
) -> str:
    """Write the weights to path (.safetensors) and the card beside it (.json), each at once.

    Args:
        path: file of the weights; the folder is created.
        model: on any device, in any memory format, compiled or not.
        architecture: registered name that rebuilds the model.
        options: the architecture's options; the defaults are written out too, so that the file outlives
            a change of them.
        card: JSON-able facts about the model; "architecture", "options" and "sha256" are added.

    Returns:
        The sha256 of the weights' file, in hex.

    Raises:
        CheckpointError: the path does not end in .safetensors.
    """
    path = _checked_path(path)
    recipe = {"architecture": architecture, "options": resolve(architecture, options)}
    # One metadata key: safetensors writes several in random order, and the same weights must
    # always have the same sha256.
    metadata = {"convbench": json.dumps({"format": FORMAT, **recipe})}
    content = serialise(_leaves(model), metadata)
    sha256 = hashlib.sha256(content).hexdigest()
    full_card = {**card, **recipe, "sha256": sha256}
    card_content = json.dumps(full_card, indent=2, allow_nan=False).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_at_once(path, content)
    _write_at_once(_card_path(path), card_content + b"\n")
    return sha256


def load(path: str | os.PathLike[str]) -> nn.Module:
    """Return the model of a checkpoint, on the CPU and in evaluation mode.

    The caller's random state is left as it was. A missing card is no error; one that belongs to
    other weights is.

    Raises:
        CheckpointError: there is no such file, it is no checkpoint, not the one its card describes,
            or its weights do not fit the architecture; the message names the leaf.
        ModelError: the architecture or an option is not known (any more).
    """
    path = _checked_path(path)
    if not path.is_file():
        raise CheckpointError(f"no checkpoint {path}: train the arm first, or check the path")
    _check_sha256(path)
    metadata, leaves = _read(path)
    with torch.random.fork_rng(devices=[]):  # initial weights are drawn, then overwritten
        model = create(metadata["architecture"], **metadata["options"])
    _check_leaves(path, leaves, model.state_dict())
    model.load_state_dict(leaves)
    return model.eval()


def read_card(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the card of a checkpoint, given the path of its weights (.safetensors).

    Raises:
        CheckpointError: there is no card beside the weights, or it is not a JSON object.
    """
    card_path = _card_path(_checked_path(path))
    if not card_path.is_file():
        raise CheckpointError(f"no card {card_path}: it is written beside the weights")
    try:
        card = json.loads(card_path.read_bytes())
    except ValueError as error:
        raise CheckpointError(f"{card_path} is not JSON ({error}): save it again") from error
    if not isinstance(card, dict):
        raise CheckpointError(f"{card_path} holds a {type(card).__name__}, not a JSON object")
    return card


def _checked_path(path: str | os.PathLike[str]) -> Path:
    path = Path(path)
    if path.suffix != ".safetensors":
        raise CheckpointError(f"checkpoint {path} must end in .safetensors, not {path.suffix!r}")
    return path


def _card_path(path: Path) -> Path:
    return path.with_suffix(".json")


def _leaves(model: nn.Module) -> dict[str, Tensor]:
    """The state on the CPU, row-major; torch.compile's wrapper is taken off."""
    plain = getattr(model, "_orig_mod", model)
    return {key: leaf.detach().cpu().contiguous() for key, leaf in plain.state_dict().items()}


def _write_at_once(path: Path, content: bytes) -> None:
    """Write to a temporary name in the same folder, then rename: no reader meets half a file."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _check_sha256(path: Path) -> None:
    if not _card_path(path).is_file():
        return
    expected = read_card(path).get("sha256")
    actual = hashlib.sha256(path.read_bytes()).hexdigest()
    if actual != expected:
        raise CheckpointError(
            f"{path} has sha256 {actual}, its card {_card_path(path).name} says {expected}: they "
            "come from different runs or the file is damaged; train the arm again"
        )


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = json.loads((file.metadata() or {}).get("convbench", "{}"))
            leaves = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  # the file itself does not iterate
    except SafetensorError as error:
        raise CheckpointError(f"{path} is not a safetensors file: {error}") from error
    if metadata.get("format") != FORMAT:
        raise CheckpointError(f"{path} was not saved as {FORMAT}: its metadata has {metadata.get('format')!r}")
    return metadata, leaves


def _check_leaves(path: Path, leaves: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Name the first leaf that keeps the weights from fitting the architecture."""
    for key, leaf in expected.items():
        if key not in leaves:
            raise CheckpointError(f"{path}: leaf {key!r} is missing")
        if leaves[key].shape != leaf.shape or leaves[key].dtype != leaf.dtype:
            raise CheckpointError(f"{path}: leaf {key!r} has {_form(leaves[key])}, the model has {_form(leaf)}")
    for key in leaves:
        if key not in expected:
            raise CheckpointError(f"{path}: leaf {key!r} is unexpected, the model has none")


def _form(leaf: Tensor) -> str:
    return f"shape {tuple(leaf.shape)} and type {leaf.dtype}"
