"""The recipe an arm is trained by: frozen hyper-parameters; a study states only its differences from the defaults."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from types import NoneType
from typing import Any, Self

from bench.harness.errors import UserError, unknown
from bench.harness.machine.precision import PRECISIONS

OPTIMIZERS = ("sgd", "adam", "adamw")
SCHEDULES = ("constant", "cosine", "warmup-cosine", "step")
INITIALISATIONS = ("own", "xavier", "kaiming", "gaussian")


_TEXT, _FLAG, _NUMBER, _WHOLE = (str,), (bool,), (int, float), (int,)
FIELD_TYPES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("optimizer", "schedule", "initialisation"), _TEXT),
    **dict.fromkeys(("momentum", "weight_decay"), _NUMBER),
    **dict.fromkeys(("batch_size", "epochs", "first_image"), _WHOLE),
    **dict.fromkeys(("train_images", "resize"), (int, NoneType)),
    **dict.fromkeys(("shuffle", "sort_by_class", "normalise_test"), _FLAG),
    "learning_rate": (int, float, NoneType),
    "augment": (tuple, list),
    "precision": (str, NoneType),
    **dict.fromkeys(("mean", "std"), (tuple, list, NoneType)),
}
LATER = {"precision": None, "initialisation": "own", "sort_by_class": False}  # fields since the first records


class RecipeError(UserError):
    """A hyper-parameter outside its range; the message names it."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Hyper-parameters of one training.

    Attributes:
        optimizer: sgd, adam or adamw (PyTorch's).
        learning_rate: at the first step; None means "chosen on validation", see `python -m bench tune`.
        momentum: SGD's momentum, 0 to 1.
        weight_decay: PyTorch's, L2 in the gradient (decoupled with adamw).
        batch_size: images a step; the last, smaller batch of an epoch is used too.
        epochs: passes over the training images.
        schedule: constant; cosine (to 0 at the last step); warmup-cosine (up from 0 over the first fifth of the steps,
            then cosine); step (times 0.1 after 1/2 and 3/4 of the epochs).
        first_image: place of the first training image of the arm's slice, in file order.
        train_images: length of that slice, None for all.
        augment: names from `augment.AUGMENTATIONS`, applied in this order to each training batch.
        shuffle: a new order each epoch.
        sort_by_class: the slice sorted by class, file order within each; it tells only without `shuffle`.
        mean, std: one value per channel, one for all of them, or None for the data set's own.
        normalise_test: False leaves test and validation images in [0, 1] (S3's TrashNet was tested so).
        resize: side of the square that images are scaled to on the device, None to leave them.
        precision: float32, bf16 or tf32, of the training's matrix products; None for the run's, see --precision.
        initialisation: own (the architecture's), xavier, kaiming or gaussian, see `models.parts.initialisation`.
    """

    optimizer: str = "sgd"
    learning_rate: float | None = None
    momentum: float = 0.9
    weight_decay: float = 0.0
    batch_size: int = 64
    epochs: int = 10
    schedule: str = "constant"
    first_image: int = 0
    train_images: int | None = None
    augment: tuple[str, ...] = ()
    shuffle: bool = True
    sort_by_class: bool = False
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    normalise_test: bool = True
    resize: int | None = None
    precision: str | None = None
    initialisation: str = "own"

    def __post_init__(self) -> None:
        """Check every range that a typing mistake can leave."""
        for name, types in FIELD_TYPES.items():
            self._type(name, types)
        self._choice("optimizer", OPTIMIZERS)
        self._choice("schedule", SCHEDULES)
        self._choice("initialisation", INITIALISATIONS)
        if self.precision is not None:
            self._choice("precision", PRECISIONS)
        for name in ("batch_size", "epochs", "train_images", "resize"):
            self._at_least(name, 1)
        self._at_least("first_image", 0)
        self._at_least("weight_decay", 0)
        if not 0 <= self.momentum < 1:
            raise RecipeError(f"momentum is {self.momentum}: it must be from 0 up to, not including, 1")
        for value in self.std or ():
            if not value > 0:
                raise RecipeError(f"std has {value}: every channel's must be above 0")
        if self.learning_rate is not None and self.learning_rate <= 0:
            raise RecipeError(f"learning_rate is {self.learning_rate}: it must be a finite number above 0")

    def _type(self, name: str, types: tuple[type, ...]) -> None:
        value = getattr(self, name)
        wrong_bool = isinstance(value, bool) and bool not in types  # Python counts True as a whole number
        if not isinstance(value, types) or wrong_bool:
            words = " or ".join("None" if kind is NoneType else kind.__name__ for kind in types)
            raise RecipeError(f"{name} is {value!r}: it must be {words}")
        if isinstance(value, float) and not math.isfinite(value):
            raise RecipeError(f"{name} is {value}: it must be a finite number")

    def _choice(self, name: str, choices: tuple[str, ...]) -> None:
        if getattr(self, name) not in choices:
            raise RecipeError(f"{name} is {getattr(self, name)!r}: choose from {', '.join(choices)}")

    def _at_least(self, name: str, least: int) -> None:
        value = getattr(self, name)
        if value is not None and value < least:
            raise RecipeError(f"{name} is {value}: it must be at least {least}")

    def but(self, changes: Mapping[str, Any]) -> Self:
        """Return the recipe with some hyper-parameters changed.

        Raises:
            RecipeError: an unknown hyper-parameter, or a value outside its range.
        """
        known = {field.name for field in fields(self)}
        for name in changes:
            if name not in known:
                raise RecipeError(unknown("hyper-parameter", name, sorted(known)))
        return replace(self, **changes)

    def per_channel(self, channels: int, dataset: str) -> Self:
        """Return the recipe with one mean and one std per channel; a single value is that of every channel.

        Args:
            channels: channels of the images.
            dataset: name of the data set, for the message.

        Raises:
            RecipeError: several values, and not as many as there are channels.
        """
        changes = {}
        for name in ("mean", "std"):
            values = getattr(self, name)
            if values is None or len(values) == channels:
                continue
            if len(values) != 1:
                has = "1 channel" if channels == 1 else f"{channels} channels"
                raise RecipeError(
                    f"{name} has {len(values)} values, and the images of {dataset} have {has}: give one value for all "
                    f"channels, one per channel, or choose a data set with {len(values)} channels"
                )
            changes[name] = tuple(values) * channels
        return self.but(changes)

    def steps(self, training_images: int) -> int:
        """Return how many optimiser steps a training takes on a data set with so many training images."""
        images = self.train_images or training_images - self.first_image
        return -(-images // self.batch_size) * self.epochs

    def as_dict(self) -> dict[str, Any]:
        """Return the recipe in JSON's types; fields that older records lack only where they differ from the default."""
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
        return {name: value for name, value in values.items() if name not in LATER or value != LATER[name]}
