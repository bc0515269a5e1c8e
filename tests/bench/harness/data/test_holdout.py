"""Tests of bench.harness.data.holdout."""

from collections import Counter

import pytest
import torch

from bench.harness.data.holdout import (
    LEAST_PER_CLASS,
    PARTS,
    TEST,
    TRAIN,
    VALIDATION,
    Part,
    TooFewError,
    digest,
    part_of,
    split_class,
    validation_mask,
)


def digests(count: int, first: int = 0) -> list[str]:
    """Return hashes of so many images, none like another."""
    return [digest(f"image {number}".encode()) for number in range(first, first + count)]


def test_a_sixth_each_is_held_out() -> None:
    """By the hash alone, within what chance makes of 6000."""
    counts = Counter(part_of(image, [TEST, VALIDATION]) for image in digests(6000))

    assert counts.keys() == set(PARTS)
    assert counts[TEST] == pytest.approx(1000, abs=120)
    assert counts[VALIDATION] == pytest.approx(1000, abs=120)


def test_a_part_that_is_given_is_not_held_out() -> None:
    """And those that validate are the same, whether there is a test folder or not."""
    images = digests(600)
    both, one = ([part_of(image, parts) for image in images] for parts in ([TEST, VALIDATION], [VALIDATION]))

    assert TEST not in one
    assert [part == VALIDATION for part in one] == [part == VALIDATION for part in both]


@pytest.mark.parametrize("held_out", [[VALIDATION], [TEST], [TEST, VALIDATION]], ids=str)
@pytest.mark.parametrize("count", [15, 16, 20, 40, 200])
def test_every_part_of_a_class_has_enough(count: int, held_out: list[Part]) -> None:
    """Whatever the hashes are."""
    for first in range(0, 20_000, 1000):
        counts = Counter(split_class(digests(count, first), held_out, {}))

        assert counts.keys() == {TRAIN, *held_out}
        assert min(counts.values()) >= LEAST_PER_CLASS


@pytest.mark.parametrize(("held_out", "least"), [([VALIDATION], 10), ([TEST, VALIDATION], 15)], ids=str)
def test_too_few_images_are_an_error_that_says_how_many_are_missing(held_out: list[Part], least: int) -> None:
    """The same image twice counts once."""
    split_class(digests(least), held_out, {})
    for count in (1, least - 1):
        with pytest.raises(TooFewError) as caught:
            split_class(digests(count) * 2, held_out, {})
        assert caught.value.missing == least - count


def test_added_images_move_none_that_was_kept() -> None:
    """However many times images are added, to classes of any size."""
    for first in range(0, 20_000, 1000):
        kept: dict[str, Part] = {}
        for count in (15, 17, 40, 41, 90):
            images = digests(count, first)
            parts = dict(zip(images, split_class(images, [TEST, VALIDATION], kept), strict=True))

            assert {image: parts[image] for image in kept} == kept
            kept = parts


def test_the_same_image_is_in_one_part() -> None:
    """A copy under another name goes where its original is."""
    images = digests(30)
    parts = split_class([*images, *images], [TEST, VALIDATION], {})

    assert parts[:30] == parts[30:]


def test_a_part_that_is_split_off_no_more_is_trained_on() -> None:
    """Where a folder test/ was added later, images that were held out to test go back to training or validation."""
    images = digests(60)
    kept: dict[str, Part] = dict.fromkeys(images, TEST)

    assert set(split_class(images, [VALIDATION], kept)) == {TRAIN, VALIDATION}


def test_a_named_data_set_has_a_sixth_of_each_class() -> None:
    """The same images wherever they lie; none where a class would have too few."""
    chance = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (1200, 1, 4, 4), dtype=torch.uint8, generator=chance)
    labels = torch.arange(1200) % 4

    mask = validation_mask(images, labels, 4)

    assert torch.bincount(labels[mask]).tolist() == pytest.approx([50] * 4, abs=20)
    assert torch.equal(validation_mask(images.flip(0), labels.flip(0), 4), mask.flip(0))
    assert not validation_mask(images[:40], labels[:40], 4).any()
    assert not validation_mask(images, labels, 5).any()
