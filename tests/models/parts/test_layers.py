"""Tests of the layers that architectures choose by name."""

from itertools import product
from typing import get_args

import pytest
import torch
from torch import nn

from models.parts import geometry, layers
from models.parts.lrn import LocalResponseNorm
from models.parts.options import ActivationName, BadOptionError, NormalisationKind, PoolingKind


@pytest.mark.parametrize("name", get_args(ActivationName))
def test_every_activation_name_has_a_layer(name: ActivationName) -> None:
    """Every name that an option takes gives a layer that keeps the shape."""
    assert layers.activation(name)(torch.randn(2, 3)).shape == (2, 3)


@pytest.mark.parametrize(
    ("name", "function"),
    [("relu", torch.relu), ("sigmoid", torch.sigmoid), ("tanh", torch.tanh), ("identity", torch.clone)],
)
def test_activation_is_the_function_of_its_name(name: ActivationName, function: nn.Module) -> None:
    """The layer computes what its name says."""
    x = torch.randn(5)

    assert torch.equal(layers.activation(name)(x), function(x))


def test_activation_leaves_its_input() -> None:
    """No activation works in place: all cost a copy, so that their costs can be compared."""
    x = torch.tensor([-1.0])
    layers.activation("relu")(x)

    assert x.item() == -1.0


@pytest.mark.parametrize(("kind", "expected"), [("max", 4.0), ("average", 2.5)])
def test_pooling_kind(kind: PoolingKind, expected: float) -> None:
    """The window's maximum or its average."""
    assert layers.pooling(kind, 2, 2)(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])).item() == expected


@pytest.mark.parametrize("kind", get_args(NormalisationKind))
def test_normalisation_keeps_the_shape(kind: NormalisationKind) -> None:
    """Every kind maps feature maps to feature maps of the same shape."""
    assert layers.normalisation(kind, 6)(torch.randn(2, 6, 3, 3)).shape == (2, 6, 3, 3)


@pytest.mark.parametrize("kind", get_args(NormalisationKind))
def test_normalisation_of_features_keeps_the_shape(kind: NormalisationKind) -> None:
    """Every kind maps a fully connected layer's outputs to outputs of the same shape."""
    assert layers.normalisation_of_features(kind, 6)(torch.randn(2, 6)).shape == (2, 6)


def test_batch_normalises_every_channel_over_the_batch() -> None:
    """Over batch and place, every channel has mean 0."""
    y = layers.normalisation("batch", 3)(torch.randn(4, 3, 5, 5) + 7)

    torch.testing.assert_close(y.mean(dim=(0, 2, 3)), torch.zeros(3), rtol=0, atol=1e-5)


def test_layer_normalises_every_image_by_itself() -> None:
    """Over channels and place, every image has mean 0."""
    y = layers.normalisation("layer", 3)(torch.randn(4, 3, 5, 5) + 7)

    torch.testing.assert_close(y.mean(dim=(1, 2, 3)), torch.zeros(4), rtol=0, atol=1e-5)


def test_both_lrn_implementations_compute_the_same() -> None:
    """Ours and torch's differ in cost only, with all constants passed on to both."""
    x = 10 * torch.randn(2, 6, 3, 3)
    ours, theirs = (
        layers.normalisation("lrn", 6, lrn_size="all", alpha=0.2, beta=0.6, k=1.5, lrn_implementation=implementation)(x)
        for implementation in ("banded", "torch")
    )

    torch.testing.assert_close(ours, theirs)


def test_torchs_lrn_is_torchs() -> None:
    """lrn_implementation "torch" is torch's own layer."""
    assert isinstance(layers.normalisation("lrn", 6, lrn_implementation="torch"), nn.LocalResponseNorm)


def test_lrn_is_banded_by_default() -> None:
    """Ours is the default."""
    assert isinstance(layers.normalisation("lrn", 6), LocalResponseNorm)


def test_pad_to_surrounds_a_smaller_image() -> None:
    """A 28x28 image gets two rows and columns of zeros on every side."""
    padded = geometry.PadTo(32)(torch.ones(1, 1, 28, 28))

    assert torch.equal(padded, nn.functional.pad(torch.ones(1, 1, 28, 28), (2, 2, 2, 2)))


def test_pad_to_leaves_a_larger_image() -> None:
    """An image of the side or more passes unchanged."""
    image = torch.ones(1, 1, 5, 5)

    assert geometry.PadTo(5)(image) is image


def test_pad_to_shows_its_side() -> None:
    """A printed net shows the side."""
    assert repr(geometry.PadTo(32)) == "PadTo(32)"


# Kernel and padding (torch takes at most half the kernel), stride, and whether a pool rounds up.
POOLS = list(product([(1, 0), (2, 0), (2, 1), (3, 0), (3, 1)], [1, 2, 3], [False, True]))


@pytest.mark.parametrize(("window", "stride", "ceil_mode"), POOLS)
def test_output_side_is_that_of_the_output(window: tuple[int, int], stride: int, ceil_mode: bool) -> None:
    """The arithmetic agrees with torch, pools that round up included."""
    kernel, padding = window
    for side in range(3, 10):
        pool = nn.Sequential(nn.MaxPool2d(kernel, stride, padding, ceil_mode=ceil_mode))
        assert geometry.output_side(pool, side) == pool(torch.zeros(1, 1, side, side)).shape[-1]


def test_output_side_follows_a_chain() -> None:
    """Padding, convolutions and pools count one after the other."""
    chain = nn.Sequential(geometry.PadTo(32), nn.Conv2d(1, 1, 5), nn.ReLU(), nn.Sequential(nn.AvgPool2d(2, 2)))

    assert geometry.output_side(chain, 28) == 14


def test_output_side_refuses_maps_that_vanish() -> None:
    """A window that no longer fits is an error with the smallest image that works."""
    chain = nn.Sequential(nn.Conv2d(1, 1, 5), nn.MaxPool2d(2, 2), nn.Conv2d(1, 1, 3))
    with pytest.raises(BadOptionError, match=r"'image_size': 4 is too small.* smallest that works is 10"):
        geometry.output_side(chain, 4)


@pytest.mark.parametrize(("channels", "width", "expected"), [(20, 0.2, 4), (50, 1.5, 75), (3, 0.1, 1)])
def test_scaled_is_whole_and_at_least_one(channels: int, width: float, expected: int) -> None:
    """A width multiplier gives a whole number of channels, never none."""
    assert geometry.scaled(channels, width) == expected


def test_kaiming_weights_have_the_stated_spread() -> None:
    """The standard deviation is sqrt(2 / fan-out), fan-out being maps out times the kernel's area."""
    convolution = nn.Conv2d(64, 128, 3)
    layers.reset_to_kaiming(convolution)

    assert convolution.weight.std().item() == pytest.approx((2 / (128 * 9)) ** 0.5, rel=0.02)
