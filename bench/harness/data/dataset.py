"""A data set as uint8 tensors, split into training, validation and test images."""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from bench.harness.data.catalogue import DataError, Source
from bench.harness.number_format import counted

VALIDATION_IMAGES = 5000  # taken from the training images outside an arm's own slice
LEAST_TEST_IMAGES = 2  # one says nothing of how another draw of images would have ended
TUNING_IMAGES = 10_000  # held out to choose a learning rate where an arm trains on all


class Images(NamedTuple):
    """Images (n, channels, height, width) uint8 and their labels (n,) int64."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: Tensor | slice) -> "Images":
        """Return the images at these places."""
        return Images(self.images[index], self.labels[index])

    def to(self, device: torch.device) -> "Images":
        """Return the images on a device."""
        return Images(self.images.to(device), self.labels.to(device))


class Split(NamedTuple):
    """The images one arm trains on, selects on (None: nothing was left) and is tested on once."""

    train: Images
    validation: Images | None
    test: Images


@dataclass(frozen=True)
class Dataset:
    """A data set in memory.

    `validation_fixed` holds mnist-5k's own validation images; other data sets take theirs from the training
    images that an arm does not train on.
    """

    source: Source
    train: Images
    test: Images
    sha256: str
    validation_fixed: Images | None = None

    def split(self, first: int = 0, count: int | None = None) -> Split:
        """Return the split of an arm that trains on `count` images (None: all) from place `first` on.

        Raises:
            DataError: the slice reaches beyond the training images.
        """
        total = len(self.train)
        count = total - first if count is None else count
        if not 0 < count <= total - first:
            raise DataError(
                f"{self.source.name} has {total} training images: cannot take {count} from place {first} on"
            )
        return Split(self.train.take(slice(first, first + count)), self._validation(first, count), self.test)

    def tuning_split(self) -> Split:
        """Return the split that a learning rate is chosen on where an arm trains on every image.

        The last 10 000 training images are held out for validation (the last sixth of a smaller set).
        """
        held_out = min(TUNING_IMAGES, len(self.train) // 6)
        rest = len(self.train) - held_out
        return Split(self.train.take(slice(0, rest)), self.train.take(slice(rest, None)), self.test)

    def _validation(self, first: int, count: int) -> Images | None:
        if self.validation_fixed is not None:
            return self.validation_fixed
        outside = torch.ones(len(self.train), dtype=torch.bool)
        outside[first : first + count] = False
        places = outside.nonzero().flatten()[-VALIDATION_IMAGES:]
        return self.train.take(places) if len(places) == VALIDATION_IMAGES else None


def checked(dataset: Dataset) -> Dataset:
    """Return the data set if accuracies on its test images can have an interval: before anything is trained.

    Raises:
        DataError: there are fewer than LEAST_TEST_IMAGES test images.
    """
    count = len(dataset.test)
    if count < LEAST_TEST_IMAGES:
        raise DataError(
            f"{dataset.source.name} has {counted(count, 'test image')}: put at least "
            f"{LEAST_TEST_IMAGES} there, an accuracy has no interval otherwise"
        )
    return dataset


def hash_images(*parts: Images) -> str:
    """Return the SHA-256 of pixels and labels: it changes when any image or its place does."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.images.numpy().tobytes())
        digest.update(part.labels.numpy().tobytes())
    return digest.hexdigest()
