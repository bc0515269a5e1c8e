"""Tests of TrashNet against S3."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from models.registry import create

Shapes = Callable[[nn.Module, Tensor], list[tuple[str, tuple[int, ...]]]]


def test_parameters(count_parameters: Callable[..., int]) -> None:
    """Stem 896 + 64, blocks 18 496 + 3 x 36 928 and 4 x 128, projection 2112, linear 650."""
    assert count_parameters("trashnet") == 896 + 64 + 18_496 + 3 * 36_928 + 4 * 128 + 2112 + 650


def test_shapes(shapes: Shapes) -> None:
    """Layer by layer, the shapes are the published ones: the first pool keeps the side."""
    assert shapes(create("trashnet"), torch.zeros(2, 3, 32, 32)) == [
        ("Conv2d", (32, 32, 32)),
        ("MaxPool2d", (32, 32, 32)),
        *[("Conv2d", (64, 16, 16))] * 5,
        ("Linear", (10,)),
    ]


def test_projection_has_no_batch_norm() -> None:
    """The shortcut is a 1x1 convolution and nothing else."""
    shortcut = create("trashnet").get_submodule("features.4.shortcut")

    assert [type(m) for m in shortcut.children()] == [nn.Conv2d, nn.Identity]
