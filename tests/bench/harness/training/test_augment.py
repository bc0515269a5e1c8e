"""Tests of bench.harness.training.augment."""

from itertools import product

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from bench.harness.study.recipe import RecipeError
from bench.harness.training.augment import (
    AUGMENTATIONS,
    PCA_EIGENVALUES,
    PCA_EIGENVECTORS,
    chain,
    crop,
    flip,
    grayscale,
    pca_noise,
)

every_augmentation = pytest.mark.parametrize("name", list(AUGMENTATIONS))


def generator(seed: int = 0) -> torch.Generator:
    """Return a random generator."""
    return torch.Generator().manual_seed(seed)


def photos(count: int = 64) -> Tensor:
    """Return random colour images (count, 3, 8, 8) uint8 without a zero pixel."""
    return torch.randint(1, 256, (count, 3, 8, 8), generator=generator(1), dtype=torch.uint8)


@every_augmentation
def test_the_same_seed_gives_the_same_images(name: str) -> None:
    """An augmentation draws from the generator it is given and from nothing else."""
    augment = AUGMENTATIONS[name]

    assert torch.equal(augment(photos(), generator()), augment(photos(), generator()))


@every_augmentation
def test_another_seed_gives_other_images(name: str) -> None:
    """Seeds vary augmentation."""
    augment = AUGMENTATIONS[name]

    assert not torch.equal(augment(photos(), generator(0)), augment(photos(), generator(1)))


@every_augmentation
def test_images_stay_bytes_of_the_same_shape(name: str) -> None:
    """Preprocessing comes after augmentation and expects uint8."""
    augmented = AUGMENTATIONS[name](photos(), generator())

    assert (augmented.shape, augmented.dtype) == (photos().shape, torch.uint8)


@every_augmentation
def test_the_given_images_are_left_alone(name: str) -> None:
    """The training images are augmented anew in every epoch."""
    images = photos()
    AUGMENTATIONS[name](images, generator())

    assert torch.equal(images, photos())


def test_flip_mirrors_or_leaves_each_image() -> None:
    """An image is turned left to right as a whole, never upside down."""
    images = photos()
    flipped = flip(images, generator())
    mirrored = [torch.equal(after, before.flip(-1)) for before, after in zip(images, flipped, strict=True)]
    same = [torch.equal(after, before) for before, after in zip(images, flipped, strict=True)]

    assert all(a != b for a, b in zip(mirrored, same, strict=True))


def test_flip_mirrors_half_of_the_images() -> None:
    """The probability is 1/2: 1000 coins lie within five standard deviations of 500."""
    images = photos(1000)
    mirrored = (flip(images, generator()) != images).flatten(1).any(dim=1)

    assert abs(int(mirrored.sum()) - 500) < 80


def shift_of(before: Tensor, after: Tensor) -> tuple[int, int] | None:
    """Return by how many rows and columns an image was moved, zeros coming in; None if it was not so made."""
    padded = F.pad(before, [4] * 4)
    for down, right in product(range(9), repeat=2):
        if torch.equal(padded[:, down : down + 8, right : right + 8], after):
            return down - 4, right - 4
    return None


def test_crop_shifts_by_up_to_4_pixels_and_zeros_come_in() -> None:
    """Every image is its original moved, and every shift from -4 to 4 occurs both ways."""
    images = photos(200)
    shifts = [shift_of(before, after) for before, after in zip(images, crop(images, generator()), strict=True)]

    assert None not in shifts
    for axis in (0, 1):
        assert {shift[axis] for shift in shifts if shift} == set(range(-4, 5))


def test_grayscale_turns_a_tenth_of_the_images_grey() -> None:
    """The probability is 0.1 (5 standard deviations of 2000 draws are 67)."""
    images = photos(2000)
    changed = (grayscale(images, generator()) != images).flatten(1).any(dim=1)

    assert abs(int(changed.sum()) - 200) < 67


def test_grey_is_the_luma_of_the_colours() -> None:
    """Green weighs most: the weights are those of ITU-R BT.601 in all three channels."""
    red_green_blue = torch.tensor([200, 100, 50], dtype=torch.uint8).view(1, 3, 1, 1).repeat(50, 1, 2, 2)
    grey = grayscale(red_green_blue, generator())
    changed = grey[(grey != red_green_blue).flatten(1).any(dim=1)]

    assert len(changed) > 0
    assert (changed == round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)).all()


def test_pca_noise_shifts_all_pixels_of_an_image_alike() -> None:
    """The colour of the light changes, not the object (AlexNet, 4.1)."""
    grey = torch.full((50, 3, 4, 4), 128, dtype=torch.uint8)
    noisy = pca_noise(grey, generator())

    assert torch.equal(noisy, noisy[:, :, :1, :1].expand_as(noisy))


def test_pca_noise_has_the_published_size() -> None:
    """Along the first component the standard deviation is 0.1 of its eigenvalue, in units of pixel / 255."""
    grey = torch.full((5000, 3, 1, 1), 128, dtype=torch.uint8)
    shift = pca_noise(grey, generator()).flatten(1).float() - 128
    first = torch.tensor([row[0] for row in PCA_EIGENVECTORS])

    assert float((shift @ first).std()) == pytest.approx(0.1 * 255 * PCA_EIGENVALUES[0], rel=0.05)


def test_pca_noise_stays_within_a_byte() -> None:
    """White stays white or gets darker: nothing wraps around."""
    white = torch.full((200, 3, 1, 1), 255, dtype=torch.uint8)

    assert int(pca_noise(white, generator()).min()) > 200


def test_a_chain_applies_its_names_in_order() -> None:
    """Two augmentations share one generator, the first named first."""
    random = generator()
    expected = flip(crop(photos(), random), random)

    assert torch.equal(chain(("crop", "flip"), channels=3)(photos(), generator()), expected)


def test_an_empty_chain_changes_nothing() -> None:
    """No augmentation is the default."""
    assert torch.equal(chain((), channels=1)(photos(), generator()), photos())


def test_an_unknown_augmentation_gets_a_suggestion() -> None:
    """The nearest name is offered."""
    with pytest.raises(RecipeError, match="unknown augmentation 'flop': did you mean 'flip'"):
        chain(("flop",), channels=1)


@pytest.mark.parametrize("name", ["grayscale", "pca-noise"])
def test_colour_augmentations_need_colour(name: str) -> None:
    """On grey images they would fail in the middle of an epoch."""
    with pytest.raises(RecipeError, match=f"augmentation '{name}' needs 3 channels; the images have 1"):
        chain((name,), channels=1)
