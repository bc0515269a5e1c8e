"""Tests of bench.harness.data.dataset."""

import pytest
import torch
from torch import Tensor

from bench.harness.data.catalogue import SOURCES, DataError
from bench.harness.data.dataset import Dataset, Images, hash_images


def numbered(count: int) -> Dataset:
    """Return a data set whose labels are the places of its training images."""
    train = Images(torch.zeros(count, 1, 1, 1, dtype=torch.uint8), torch.arange(count))
    return Dataset(SOURCES["mnist"], train, train.take(slice(0, 1)), sha256="")


def four_images() -> Images:
    """Return random images and their labels, the same every time."""
    pixels = torch.randint(0, 256, (4, 1, 2, 2), dtype=torch.uint8, generator=torch.Generator().manual_seed(4))
    return Images(pixels, torch.arange(4))


def test_an_arms_slice_is_in_file_order() -> None:
    """`first_image` and `train_images` count in the order of the files."""
    assert numbered(20_000).split(first=10, count=3).train.labels.tolist() == [10, 11, 12]


@pytest.mark.parametrize("first", [0, 8000, 15_000])
def test_validation_is_outside_the_slice(first: int) -> None:
    """5000 training images that the arm does not train on validate it."""
    split = numbered(20_000).split(first, 3000)

    assert split.validation is not None
    assert len(split.validation) == 5000
    assert not set(split.validation.labels.tolist()) & set(split.train.labels.tolist())


@pytest.mark.parametrize("count", [None, 20_000, 15_001])
def test_no_validation_where_too_few_images_are_left(count: int | None) -> None:
    """Nothing is taken from the test set instead."""
    assert numbered(20_000).split(count=count).validation is None


@pytest.mark.parametrize(("first", "count"), [(0, 101), (50, 51), (100, None), (0, 0)])
def test_a_slice_beyond_the_end_is_refused(first: int, count: int | None) -> None:
    """Fewer images than the recipe says would be another trial."""
    with pytest.raises(DataError, match=f"mnist has 100 training images: cannot take .* from place {first} on"):
        numbered(100).split(first, count)


@pytest.mark.parametrize(("count", "held_out"), [(60_000, 10_000), (600, 100)])
def test_tuning_holds_the_last_images_out(count: int, held_out: int) -> None:
    """A learning rate is chosen on images that its trials did not train on."""
    split = numbered(count).tuning_split()

    assert split.validation is not None
    assert split.train.labels.tolist() == list(range(count - held_out))
    assert split.validation.labels.tolist() == list(range(count - held_out, count))


def altered(images: Tensor) -> Tensor:
    """Return a copy with one pixel changed."""
    copy = images.clone()
    copy[0, 0, 0, 0] += 1
    return copy


def test_the_hash_changes_with_one_pixel() -> None:
    """Records of altered data are never taken for records of the data."""
    images = four_images()

    assert hash_images(images) != hash_images(Images(altered(images.images), images.labels))


def test_the_hash_changes_with_the_order() -> None:
    """A slice of reordered images would be other images."""
    images = Images(four_images().images, torch.zeros(4, dtype=torch.int64))

    assert hash_images(images) != hash_images(images.take(torch.tensor([1, 0, 2, 3])))
