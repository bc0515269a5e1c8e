"""Tests of bench.harness.data.dataset."""

import pytest
import torch
from torch import Tensor

from bench.harness.data.catalogue import SOURCES, DataError
from bench.harness.data.dataset import Dataset, Images, checked, hash_images


def numbered(count: int, *, every: int = 4) -> Dataset:
    """Return a data set whose labels are the classes 0 to 9 in turn, and of which every fourth image validates."""
    pixels = torch.arange(count).view(-1, 1, 1, 1).repeat(1, 1, 1, 4).to(torch.uint8)
    train = Images(pixels, torch.arange(count) % 10)
    held_out = torch.arange(count) % every == every - 1
    return Dataset(SOURCES["mnist"], train, train.take(slice(0, 1)), sha256="", held_out=held_out)


def places(images: Images | None) -> list[int]:
    """Return the places that images had among the first 256."""
    assert images is not None
    return [int(value) for value in images.images[:, 0, 0, 0]]


def four_images() -> Images:
    """Return random images and their labels, the same every time."""
    pixels = torch.randint(0, 256, (4, 1, 2, 2), dtype=torch.uint8, generator=torch.Generator().manual_seed(4))
    return Images(pixels, torch.arange(4))


def test_an_arms_slice_is_in_file_order() -> None:
    """`first_image` and `train_images` count in the order of the files, and take what articles took."""
    assert places(numbered(250).split(first=10, count=4).train) == [10, 11, 12, 13]


def test_without_a_slice_the_images_that_are_held_out_validate() -> None:
    """An arm trains on all others."""
    split = numbered(240, every=3).split()

    assert places(split.validation) == list(range(2, 240, 3))
    assert places(split.train) == [place for place in range(240) if place % 3 != 2]


def test_without_a_slice_training_may_begin_later() -> None:
    """The same images validate."""
    split = numbered(240, every=3).split(first=100)

    assert places(split.train)[:3] == [100, 102, 103]
    assert len(places(split.validation)) == 80


@pytest.mark.parametrize("first", [0, 8, 100])
def test_validation_is_outside_the_slice(first: int) -> None:
    """Images that are held out and not trained on validate."""
    split = numbered(250, every=3).split(first, 60)

    assert places(split.validation) == [
        place for place in range(250) if place % 3 == 2 and not first <= place < first + 60
    ]


def test_no_validation_where_too_few_images_are_left() -> None:
    """Fewer than five of a class do not choose anything; nothing is taken from the test set instead."""
    dataset = numbered(250, every=3)

    assert dataset.split(count=250).validation is None
    assert dataset.split(count=150).validation is None
    assert dataset.split(count=90).validation is not None


@pytest.mark.parametrize(
    ("labels", "images", "message"),
    [
        ([0, 1, 0, 1], [7, 7, 7, 7], "mnist: all 4 training images are equal: look at the files"),
        ([0, 1, 0, 1], [7, 7, 8, 8], "mnist: the classes '0' and '1' have the same training images"),
        ([2, 5, 2, 5, 2], [8, 7, 7, 8, 8], "mnist: the classes '2' and '5' have the same training images"),
    ],
)
def test_images_that_tell_nothing_are_an_error(labels: list[int], images: list[int], message: str) -> None:
    """A net that learned nothing would be right by chance, or always."""
    train = Images(torch.tensor(images, dtype=torch.uint8).view(-1, 1, 1, 1), torch.tensor(labels))

    with pytest.raises(DataError, match=message):
        checked(Dataset(SOURCES["mnist"], train, train, sha256=""))


def test_classes_that_share_some_images_are_no_error() -> None:
    """A label may be wrong here and there."""
    train = Images(torch.tensor([7, 7, 8], dtype=torch.uint8).view(-1, 1, 1, 1), torch.tensor([0, 1, 1]))
    dataset = Dataset(SOURCES["mnist"], train, train, sha256="")

    assert checked(dataset) is dataset


@pytest.mark.parametrize(("first", "count"), [(0, 101), (50, 51), (100, None), (0, 0)])
def test_a_slice_beyond_the_end_is_refused(first: int, count: int | None) -> None:
    """Fewer images than the recipe says would be another trial."""
    with pytest.raises(DataError, match=f"mnist has 100 training images: cannot take .* from place {first} on"):
        numbered(100).split(first, count)


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


def test_images_are_sorted_by_class_in_their_own_order() -> None:
    """As data lie on a disk, folder by folder."""
    labels = torch.tensor([2, 0, 1, 0, 2])
    images = torch.arange(5, dtype=torch.uint8).view(5, 1, 1, 1)

    by_class = Images(images, labels).by_class()

    assert by_class.labels.tolist() == [0, 0, 1, 2, 2]
    assert by_class.images.flatten().tolist() == [1, 3, 2, 0, 4]
