"""An export's material: a trial's net, its images, and the net's answers on them in torch."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from bench.harness.data import load as data
from bench.harness.data.dataset import Images, Split
from bench.harness.data.preprocess import Preprocess
from bench.harness.errors import UserError
from bench.harness.machine.device import Execution
from bench.harness.records.answers import predictions
from bench.harness.records.record import Record
from bench.harness.study.recipe import Recipe
from bench.harness.training.checkpoint_card import CheckpointCard
from bench.harness.training.trial_run import preprocesses
from bench.harness.validation import wrong_value
from export.gate.parity import Reference, Rounding, root_mean_square
from export.gate.temperature import fit_temperature
from export.graph.to_onnx import Served
from export.repository.golden import Floats, Pixels
from export.trial.selection import checkpoint_path
from images.fit import Fit
from images.ground import Ground
from models import checkpoint, registry

BATCH = 100  # as the trial's own evaluation
ROUNDING_IMAGES = 1000
CARD_KEYS = sorted(CheckpointCard.__required_keys__)
CPU = Execution("cpu", 1)


class MaterialError(UserError):
    """A checkpoint, its card and its data that do not belong together; the message says which."""


@dataclass(frozen=True)
class Material:
    """One trial, loaded. Shapes are (channels, height, width) of the data set's images, before any resizing."""

    record: Record
    model: nn.Module
    preprocess: Preprocess
    split: Split
    ground: Ground
    fit: Fit

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of an image as it is sent: channels, height, width."""
        channels, height, width = self.split.test.images.shape[1:]
        return channels, height, width

    @property
    def classes(self) -> list[str]:
        """Names, in the order of the logits."""
        return self.record.classes

    @cached_property
    def temperature(self) -> float:
        """Fitted on the validation images."""
        images, labels = arrays(self._validation)
        return fit_temperature(logits(self.model, self.preprocess, images), labels)

    @cached_property
    def reference(self) -> Reference:
        """The net's answers on the test split in torch, and the figures in the record."""
        images, labels = arrays(self.split.test)
        raw = logits(self.model, self.preprocess, images)
        scaled = torch.from_numpy(raw) / self.temperature
        return Reference(
            images=images,
            labels=labels,
            logits=raw,
            probabilities=torch.softmax(scaled, dim=1).numpy(),
            recorded=predictions(self.record, labels),
            rounding=self._rounding(images, raw),
        )

    def _rounding(self, images: Pixels, answered: Floats) -> Rounding:
        """Return how far float32 moves the net's logits, on up to ROUNDING_IMAGES images over the whole split."""
        places = np.linspace(0, len(images) - 1, min(len(images), ROUNDING_IMAGES)).round().astype(int)
        model, preprocess = copy.deepcopy(self.model).double(), replace(self.preprocess, dtype=torch.float64)
        differences = logits(model, preprocess, images[places]) - answered[places]
        return Rounding(float(np.abs(differences).max()), root_mean_square(differences))

    @property
    def validation(self) -> tuple[Pixels, Any]:
        """Validation images and labels."""
        return arrays(self._validation)

    @property
    def _validation(self) -> Images:
        if self.split.validation is None:
            raise MaterialError(
                f"{self.record.study}/{self.record.arm} cannot be exported: it trained on "
                f"{self.record.definition['recipe']['train_images']} images of {self.record.dataset}, and too few were "
                "left to validate: train it without train_images, or on fewer"
            )
        return self.split.validation


def load(results: Path, record: Record, data_root: Path | None) -> Material:
    """Return a trial's net with its data.

    Raises:
        SelectionError, CheckpointError: the checkpoint is missing, damaged, or does not fit its architecture.
        MaterialError: the card lacks something or has a value of another kind, or checkpoint and data are not those of
            the record.
        DataError: the data set cannot be loaded.
    """
    path = checkpoint_path(results, record)
    model, card = checkpoint.load(path), checkpoint.read_card(path)
    missing = [key for key in CARD_KEYS if key not in card]
    if missing:
        raise MaterialError(f"card of {path} lacks {missing}: train the arm again")
    if card["sha256"] != record.checkpoint_sha256:
        raise MaterialError(f"{path} is not the checkpoint of its record (another SHA-256): train the arm again")
    dataset = data.load(record.dataset, data_root)
    if dataset.sha256 != record.data_sha256:
        raise MaterialError(
            f"{record.dataset} is not what {record.study}/{record.arm} was trained on (another SHA-256): "
            "name its folder with --data-root, or train again"
        )
    values = record.definition["recipe"]
    recipe = Recipe().but({name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})
    _, preprocess = preprocesses(recipe, dataset.source, CPU)
    _check_card(path, card, record, preprocess)
    split = dataset.split(recipe.first_image, recipe.train_images)
    source = dataset.source
    return Material(record, _with_own_lrn(model, record), preprocess, split, source.ground, source.fit)


def _check_card(path: Path, card: Mapping[str, Any], record: Record, preprocess: Preprocess) -> None:
    """Refuse a card that says something else than the record: labels and preprocessing decide what a file answers.

    Raises:
        MaterialError: the first difference, or a value of another kind.
    """
    wanted = {
        "classes": list(record.classes),
        "mean": list(preprocess.mean),
        "std": list(preprocess.std),
        "resize": preprocess.resize,
        "dataset": record.dataset,
        "data_sha256": record.data_sha256,
    }
    for key, value in wanted.items():
        if card[key] != value:
            raise MaterialError(f"card of {path} says {key} {card[key]!r}, its record {value!r}: train the arm again")
    problem = wrong_value(card, CheckpointCard)
    if problem is not None:
        raise MaterialError(f"card of {path}: {problem}: train the arm again")
    if len(set(record.classes)) != len(record.classes):
        raise MaterialError(f"{record.dataset} has two classes of one name: labels could not tell them apart")


def _with_own_lrn(model: nn.Module, record: Record) -> nn.Module:
    """Return the net with our LRN in the place of torch's: the same function, of which every form can be made."""
    if record.options.get("lrn_implementation") != "torch":
        return model
    rebuilt = registry.create(record.architecture, **{**record.options, "lrn_implementation": "banded"})
    rebuilt.load_state_dict(model.state_dict())
    return rebuilt.eval()


def arrays(images: Images) -> tuple[Pixels, Any]:
    """Return pixels and labels as NumPy arrays."""
    return images.images.numpy(), images.labels.numpy()


def logits(model: nn.Module, preprocess: Preprocess, images: Pixels) -> Floats:
    """Return the net's logits (n, classes) in torch, as its trial computed them."""
    with torch.inference_mode():
        parts = [model(preprocess(part)) for part in torch.split(torch.from_numpy(images), BATCH)]
    joined: Floats = torch.cat(parts).numpy()
    return joined


def weights(module: Served) -> dict[str, Floats]:
    """Return the weights of a net by their name in its graph."""
    return {name: leaf.detach().numpy() for name, leaf in module.state_dict().items()}
