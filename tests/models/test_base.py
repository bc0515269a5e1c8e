"""Tests of BASE against S0."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from models.registry import create

Shapes = Callable[[nn.Module, Tensor], list[tuple[str, tuple[int, ...]]]]


def kinds(model: nn.Module) -> list[str]:
    """Layer types in order, containers and identities left out."""
    left_out = ("Base", "Sequential", "Identity")
    return [type(m).__name__ for m in model.modules() if type(m).__name__ not in left_out]


def test_parameters(count_parameters: Callable[..., int]) -> None:
    """520 + 25 050 + 400 500 + 5 010."""
    assert count_parameters("base") == 431_080


@pytest.mark.parametrize(
    ("kernel", "convolutions"),
    [
        ("5x5", [[("Conv2d", (20, 24, 24))], [("Conv2d", (50, 8, 8))]]),
        (
            "3x3x2",
            [
                [("Conv2d", (20, 26, 26)), ("Conv2d", (20, 24, 24))],
                [("Conv2d", (50, 10, 10)), ("Conv2d", (50, 8, 8))],
            ],
        ),
    ],
)
def test_shapes(shapes: Shapes, kernel: str, convolutions: list[list[tuple[str, tuple[int, ...]]]]) -> None:
    """Two stacked 3x3 give maps of the same side as a 5x5, and channels change in the first."""
    assert shapes(create("base", kernel=kernel), torch.zeros(1, 1, 28, 28)) == [
        *convolutions[0],
        ("MaxPool2d", (20, 12, 12)),
        *convolutions[1],
        ("MaxPool2d", (50, 4, 4)),
        ("Linear", (500,)),
        ("Linear", (10,)),
    ]


def test_no_activation_follows_a_convolution() -> None:
    """BASE's only ReLU stands after the first fully connected layer."""
    assert kinds(create("base")) == [
        *["Conv2d", "MaxPool2d", "Conv2d", "MaxPool2d"],
        *["Flatten", "Linear", "ReLU", "Linear", "Dropout"],
    ]


def test_batch_norm_stands_before_pools_and_relu() -> None:
    """BN: after both convolutions before pooling, after the first linear layer before its ReLU."""
    assert kinds(create("base", normalisation="batch")) == [
        *["Conv2d", "BatchNorm2d", "MaxPool2d", "Conv2d", "BatchNorm2d", "MaxPool2d"],
        *["Flatten", "Linear", "BatchNorm1d", "ReLU", "Linear", "Dropout"],
    ]


def test_stacked_kernels_have_nothing_between_them() -> None:
    """By default two 3x3 replace a 5x5 with everything else equal."""
    assert kinds(create("base", kernel="3x3x2"))[:3] == ["Conv2d", "Conv2d", "MaxPool2d"]


def test_between_puts_an_activation_between_stacked_kernels() -> None:
    """The option adds a ReLU after the first of two, not after the second."""
    assert kinds(create("base", kernel="3x3x2", between="relu"))[:4] == ["Conv2d", "ReLU", "Conv2d", "MaxPool2d"]


def test_dropout_falls_on_the_logits() -> None:
    """As printed in the article, dropout zeroes logits while training."""
    logits = create("base", dropout=0.5)(torch.randn(50, 1, 28, 28))

    assert 0.4 < (logits == 0).float().mean() < 0.6


def test_width_leaves_the_linear_layer() -> None:
    """The multiplier is for the convolutions: the hidden layer keeps 500 outputs."""
    model = create("base", width=0.5)

    assert [m.out_features for m in model.modules() if isinstance(m, nn.Linear)] == [500, 10]


def test_dropout_stands_where_it_is_asked_for() -> None:
    """On the logits as S0 printed it, or on the hidden layer's outputs, where it is usual."""
    hidden = create("base", dropout=0.5, dropout_on="hidden")

    assert kinds(hidden)[-3:] == ["ReLU", "Dropout", "Linear"]
    assert kinds(create("base", dropout=0.5))[-2:] == ["Linear", "Dropout"]
