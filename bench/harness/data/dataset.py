"""A data set as uint8 tensors, split into training, validation and test images."""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from bench.harness.data.catalogue import DataError, Source
from bench.harness.data.holdout import digest, enough
from bench.harness.number_format import counted

LEAST_TEST_IMAGES = 2  # one says nothing of how another draw of images would have ended


class Images(NamedTuple):
    """Images (n, channels, height, width) uint8 and their labels (n,) int64."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: Tensor | slice) -> "Images":
        """Return the images at these places."""
        return Images(self.images[index], self.labels[index])

    def by_class(self) -> "Images":
        """Return the images sorted by class, in their own order within each."""
        return self.take(torch.argsort(self.labels, stable=True))

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

    Attributes:
        source: its description.
        train: images to train on, in file order.
        test: images for the one test of a trial.
        sha256: hash of all images, labels and splits.
        held_out: (n,) bool, those of `train` that validate; None where `validation` holds them apart.
        validation: images of their own that validate.
        summary: lines that say what was loaded and what was not.
    """

    source: Source
    train: Images
    test: Images
    sha256: str
    held_out: Tensor | None = None
    validation: Images | None = None
    summary: tuple[str, ...] = ()

    def split(self, first: int = 0, count: int | None = None) -> Split:
        """Return the split of an arm.

        Args:
            first: place of the first training image, in file order.
            count: length of the slice, which may take in images that are held out by default, as articles do that
                train on every image: those that are left validate. None: all from `first` on that are not held out.

        Raises:
            DataError: the slice reaches beyond the training images.
        """
        total = len(self.train)
        length = total - first if count is None else count
        if not 0 < length <= total - first:
            kept = "" if self.validation is None else f" beside {len(self.validation)} that validate"
            raise DataError(
                f"{self.source.name} has {total} training images{kept}: cannot take {length} from place {first} on"
            )
        part = slice(first, first + length)
        if self.held_out is None:
            return Split(self.train.take(part), self.validation, self.test)
        if count is None:
            places = torch.arange(total)[part]
            train, left = self.train.take(places[~self.held_out[part]]), self.held_out
        else:
            train, left = self.train.take(part), self.held_out.clone()
            left[part] = False
        validation = self.train.take(left.nonzero().flatten())
        return Split(train, validation if enough(validation.labels, len(self.source.classes)) else None, self.test)


def checked(dataset: Dataset) -> Dataset:
    """Return the data set if a training on it can mean something: before anything is trained.

    Raises:
        DataError: there are fewer than LEAST_TEST_IMAGES test images, the training images are all equal, or two
            classes have the same images.
    """
    _check_differences(dataset)
    count = len(dataset.test)
    if count < LEAST_TEST_IMAGES:
        raise DataError(
            f"{dataset.source.name} has {counted(count, 'test image')}: put at least "
            f"{LEAST_TEST_IMAGES} there, an accuracy has no interval otherwise"
        )
    return dataset


def _check_differences(dataset: Dataset) -> None:
    name, classes = dataset.source.name, dataset.source.classes
    images_of: dict[int, set[str]] = {}
    for pixels, label in zip(dataset.train.images.numpy(), dataset.train.labels.tolist(), strict=True):
        images_of.setdefault(label, set()).add(digest(pixels.data))
    if len(set.union(*images_of.values())) == 1:
        raise DataError(f"{name}: all {len(dataset.train)} training images are equal: look at the files")
    seen: dict[frozenset[str], int] = {}
    for label, images in sorted(images_of.items()):
        other = seen.setdefault(frozenset(images), label)
        if other != label:
            raise DataError(
                f"{name}: the classes {classes[other]!r} and {classes[label]!r} have the same training images: "
                "look at the files"
            )


def hash_images(*parts: Images) -> str:
    """Return the SHA-256 of pixels and labels: it changes when any image or its place does."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.images.numpy().tobytes())
        digest.update(part.labels.numpy().tobytes())
    return digest.hexdigest()
