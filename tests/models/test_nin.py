"""Tests of NiN against the authors' CIFAR-10 model."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from models.registry import create

Shapes = Callable[[nn.Module, Tensor], list[tuple[str, tuple[int, ...]]]]


def test_parameters(count_parameters: Callable[..., int]) -> None:
    """Just below one million."""
    assert count_parameters("nin") == 966_986


def test_shapes(shapes: Shapes) -> None:
    """Layer by layer, the shapes of the authors' Caffe model, whose pools round up."""
    assert shapes(create("nin"), torch.zeros(1, 3, 32, 32)) == [
        ("Conv2d", (192, 32, 32)),
        ("Conv2d", (160, 32, 32)),
        ("Conv2d", (96, 32, 32)),
        ("MaxPool2d", (96, 16, 16)),
        *[("Conv2d", (192, 16, 16))] * 3,
        ("AvgPool2d", (192, 8, 8)),
        *[("Conv2d", (192, 8, 8))] * 2,
        ("Conv2d", (10, 8, 8)),
    ]


def test_logits_are_averages_of_maps() -> None:
    """There is no fully connected layer: any image that fits gives logits."""
    model = create("nin", width=0.1)

    assert model(torch.zeros(2, 3, 40, 48)).shape == (2, 10)
