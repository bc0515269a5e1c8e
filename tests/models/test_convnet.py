"""Tests of ConvNet against S4."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from models.registry import create

Shapes = Callable[[nn.Module, Tensor], list[tuple[str, tuple[int, ...]]]]


@pytest.mark.parametrize(("kernel", "convolutions"), [("5x5", 1), ("3x3", 1), ("3x3x2", 2), ("3x3x3", 3)])
def test_shapes(shapes: Shapes, kernel: str, convolutions: int) -> None:
    """Whatever the kernel, padding keeps the side and the pools halve it."""
    assert shapes(create("convnet", kernel=kernel), torch.zeros(2, 1, 28, 28)) == [
        *[("Conv2d", (16, 28, 28))] * convolutions,
        ("MaxPool2d", (16, 14, 14)),
        *[("Conv2d", (32, 14, 14))] * convolutions,
        ("MaxPool2d", (32, 7, 7)),
        ("Linear", (10,)),
    ]


def test_parameters(count_parameters: Callable[..., int]) -> None:
    """Convolutions 416 + 12 832, BatchNorm 32 + 64, linear 15 690."""
    assert count_parameters("convnet") == 29_034


def test_each_stacked_kernel_has_its_own_batch_norm_and_relu() -> None:
    """In "3x3x2" convolution, BatchNorm and ReLU come twice before the pool."""
    features = create("convnet", kernel="3x3x2").get_submodule("features")

    assert [type(m).__name__ for m in features.children()][:7] == [
        *["Conv2d", "BatchNorm2d", "ReLU"] * 2,
        "MaxPool2d",
    ]


def test_head_of_1x1_convolution_has_no_linear_layer(shapes: Shapes) -> None:
    """Every class gets a map of its own, which is averaged."""
    outputs = shapes(create("convnet", head="conv1x1"), torch.zeros(2, 1, 28, 28))

    assert outputs[-1] == ("Conv2d", (10, 7, 7))


def test_averaging_first_is_the_same_function() -> None:
    """A 1x1 convolution and its average, and a linear layer of the averages: both steps are linear."""
    torch.manual_seed(0)
    one, other = create("convnet", head="conv1x1").eval(), create("convnet", head="average-linear").eval()
    state = {
        name: value.flatten(1) if name == "classifier.1.weight" else value for name, value in one.state_dict().items()
    }
    other.load_state_dict({name.replace("classifier.1.", "classifier.3."): value for name, value in state.items()})
    images = torch.randn(4, 1, 28, 28)

    torch.testing.assert_close(one(images), other(images))
