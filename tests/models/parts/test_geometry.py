"""Tests of the layers and sums of models.parts.geometry."""

import torch

from models.parts.geometry import PermutePixels
from models.registry import create


def test_permutation_is_one_and_the_same() -> None:
    """All images and channels alike, every pixel kept, and the same in every net of the same side."""
    images = torch.arange(2 * 3 * 16.0).view(2, 3, 4, 4)
    first, second = PermutePixels(4)(images), PermutePixels(4)(images)

    assert torch.equal(first, second)
    assert torch.equal(first[0, 0] - first[1, 2], torch.full((4, 4), -5 * 16.0))
    assert sorted(first[0, 0].flatten().tolist()) == list(range(16))
    assert not torch.equal(first, images)


def test_permutation_is_no_weight() -> None:
    """A checkpoint has the same names and shapes with and without it."""
    plain, permuted = create("mlp").state_dict(), create("mlp", permute_pixels=True).state_dict()

    assert [value.shape for value in plain.values()] == [value.shape for value in permuted.values()]
