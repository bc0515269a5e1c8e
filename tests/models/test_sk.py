"""Tests of SK against S0."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from models.registry import create

Shapes = Callable[[nn.Module, Tensor], list[tuple[str, tuple[int, ...]]]]


def test_layers_are_the_published_ones_in_order() -> None:
    """The third convolution has BatchNorm and no ReLU."""
    kinds = [type(m).__name__ for m in create("sk").modules() if not list(m.children())]

    assert kinds == [
        *["Conv2d", "BatchNorm2d", "ReLU", "Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d"],
        *["Conv2d", "BatchNorm2d", "MaxPool2d"],
        *["Flatten", "Linear", "BatchNorm1d", "ReLU", "Linear", "Dropout"],
    ]


def test_shapes(shapes: Shapes) -> None:
    """Layer by layer, the shapes are the published ones."""
    assert shapes(create("sk"), torch.zeros(2, 1, 28, 28)) == [
        ("Conv2d", (20, 26, 26)),
        ("Conv2d", (20, 24, 24)),
        ("MaxPool2d", (20, 12, 12)),
        ("Conv2d", (50, 10, 10)),
        ("MaxPool2d", (50, 5, 5)),
        ("Linear", (500,)),
        ("Linear", (10,)),
    ]


@pytest.mark.parametrize(
    ("width", "maps"), [(0.2, [4, 4, 10]), (0.5, [10, 10, 25]), (1.5, [30, 30, 75]), (2.0, [40, 40, 100])]
)
def test_width_multiplies_the_convolutions(width: float, maps: list[int]) -> None:
    """The published widths give whole numbers of channels."""
    model = create("sk", width=width)

    assert [m.out_channels for m in model.modules() if isinstance(m, nn.Conv2d)] == maps


def test_activation_replaces_every_relu() -> None:
    """With sigmoids, no ReLU is left."""
    kinds = [type(m).__name__ for m in create("sk", activation="sigmoid").modules()]

    assert (kinds.count("Sigmoid"), kinds.count("ReLU")) == (3, 0)
