"""Which images are held out for validation and test: a sixth each, by a hash of an image's own bytes.

A hash depends on nothing but the image: more images, other orders and other machines leave every image in its split.
Where that leaves a class of a small folder with less than LEAST_PER_CLASS, the images next by their hash are held out
too; `kept` is how such a choice stays when images are added.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor

Part = Literal["train", "validation", "test"]
TRAIN: Part = "train"
VALIDATION: Part = "validation"
TEST: Part = "test"
PARTS = (TRAIN, VALIDATION, TEST)
SHARE = 1 / 6
LEAST_PER_CLASS = 5  # images, different ones; fewer do not tell a class that is learned from one that is not
FIRST_SHARE: Mapping[Part, float] = {TEST: 0, VALIDATION: SHARE}  # where a part's range of hashes begins
WHOLE = 2**64


def digest(content: bytes | memoryview) -> str:
    """Return the SHA-256 of an image's bytes, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def part_of(image_digest: str, held_out: Iterable[Part]) -> Part:
    """Return the part that an image's hash alone puts it into.

    Args:
        image_digest: hexadecimal SHA-256.
        held_out: the parts that are split off, of `validation` and `test`; the rest is for training.
    """
    place = _place(image_digest)
    return next((part for part in held_out if 0 <= place - FIRST_SHARE[part] < SHARE), TRAIN)


def split_class(digests: Sequence[str], held_out: Sequence[Part], kept: Mapping[str, Part]) -> list[Part]:
    """Return the part of each image of one class.

    Args:
        digests: one per image.
        held_out: the parts that are split off.
        kept: parts that images were put into before, by digest.

    Raises:
        TooFewError: some part would have fewer than LEAST_PER_CLASS different images.
    """
    different = sorted(set(digests), key=_place)
    missing = LEAST_PER_CLASS * (1 + len(held_out)) - len(different)
    if missing > 0:
        raise TooFewError(missing)
    old = {image: kept[image] for image in different if kept.get(image) in (TRAIN, *held_out)}
    chosen = {image: old.get(image) or part_of(image, held_out) for image in different}
    in_turn = [*(image for image in different if image not in old), *old]  # who was chosen before moves last
    for wanted in (*held_out, TRAIN):
        for image in in_turn:
            counts = Counter(chosen.values())
            if counts[wanted] >= LEAST_PER_CLASS:
                break
            if chosen[image] == TRAIN or counts[chosen[image]] > LEAST_PER_CLASS:
                chosen[image] = wanted
    return [chosen[image] for image in digests]


class TooFewError(Exception):
    """A class has too few images to be split; `missing` says how many more it needs."""

    def __init__(self, missing: int) -> None:
        super().__init__(missing)
        self.missing = missing


def validation_mask(images: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Return (n,) bool: which training images of a named data set validate.

    None does where some class would have fewer than LEAST_PER_CLASS of them.

    Args:
        images: uint8 (n, channels, height, width).
        labels: (n,) int64.
        classes: number of classes.
    """
    pixels = images.numpy()
    mask = torch.tensor([part_of(digest(image.data), [VALIDATION]) == VALIDATION for image in pixels], dtype=torch.bool)
    return mask if enough(labels[mask], classes) else torch.zeros_like(mask)


def enough(labels: Tensor, classes: int) -> bool:
    """Return whether every class has LEAST_PER_CLASS images among these labels, (n,) int64."""
    return int(torch.bincount(labels, minlength=classes).min()) >= LEAST_PER_CLASS


def _place(image_digest: str) -> float:
    """Return a hash as a number from 0 up to 1."""
    return int(image_digest[:16], 16) / WHOLE
