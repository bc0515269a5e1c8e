"""Tests of ResNet against the paper and torchvision."""

from collections.abc import Callable

import pytest
import torch
import torchvision
from torch import Tensor, nn

from models.registry import create

Shapes = Callable[[nn.Module, Tensor], list[tuple[str, tuple[int, ...]]]]
Copy = Callable[[nn.Module, nn.Module], None]


@pytest.mark.parametrize(
    ("name", "options", "parameters"),
    [
        ("resnet18", {"classes": 1000}, 11_689_512),
        ("resnet18", {"stem": "cifar", "image_size": 32}, 11_173_962),
        ("resnet20", {}, 269_722),
        ("resnet20", {"shortcut": "B"}, 272_474),
        ("resnet56", {}, 853_018),
        ("resnet56", {"shortcut": "B"}, 855_770),
    ],
)
def test_parameters(
    count_parameters: Callable[..., int], name: str, options: dict[str, object], parameters: int
) -> None:
    """The published numbers, and those of the CIFAR forms that the community quotes."""
    assert count_parameters(name, **options) == parameters


def test_logits_are_torchvisions(copy_state: Copy) -> None:
    """With torchvision's weights, ResNet-18 gives torchvision's logits."""
    theirs = torchvision.models.resnet18(weights=None).eval()
    ours = create("resnet18", classes=1000).eval()
    copy_state(theirs, ours)
    images = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        torch.testing.assert_close(ours(images), theirs(images), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "convolutions"),
    [("resnet20", 19), ("resnet56", 55)],
)
def test_depth_counts_convolutions_and_the_linear_layer(name: str, convolutions: int) -> None:
    """ResNet-n has n - 1 convolutions, the projections not counted, and one linear layer."""
    model = create(name, width=2)

    assert sum(isinstance(m, nn.Conv2d) for m in model.modules()) == convolutions


def test_sides_of_the_cifar_form(shapes: Shapes) -> None:
    """Three stages of 32, 16 and 8 pixels with 16, 32 and 64 channels."""
    outputs = shapes(create("resnet20").eval(), torch.zeros(1, 3, 32, 32))

    assert [shape for _, shape in outputs[6::6]][:3] == [(16, 32, 32), (32, 16, 16), (64, 8, 8)]
