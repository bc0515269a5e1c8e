"""Tests of the ways to draw a net's first weights."""

import math

import pytest
import torch
from torch import nn

from models.parts.initialisation import initialise


def layers() -> tuple[nn.Conv2d, nn.Linear]:
    """Return a convolution and a fully connected layer with many weights."""
    torch.manual_seed(0)
    return nn.Conv2d(50, 100, 5), nn.Linear(1000, 500)


@pytest.mark.parametrize(
    ("kind", "convolution", "linear"),
    [
        ("xavier", math.sqrt(2 / (25 * 150)), math.sqrt(2 / 1500)),
        ("kaiming", math.sqrt(2 / (25 * 50)), math.sqrt(2 / 1000)),
        ("gaussian", 0.01, 0.01),
    ],
)
def test_spread_is_that_of_the_paper(kind: str, convolution: float, linear: float) -> None:
    """The standard deviation that each source states, and biases of 0."""
    for layer, spread in zip(layers(), (convolution, linear), strict=True):
        initialise(layer, kind)
        weight, bias = layer.parameters()

        assert weight.std().item() == pytest.approx(spread, rel=0.02)
        assert not bias.any()


def test_own_leaves_all_as_it_is() -> None:
    """Weights and biases stay as the architecture has drawn them."""
    before, after = (nn.Sequential(*layers(), nn.BatchNorm2d(100)) for _ in range(2))
    initialise(after, "own")

    assert all(torch.equal(one, other) for one, other in zip(before.parameters(), after.parameters(), strict=True))
