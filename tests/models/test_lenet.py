"""Tests of both LeNets against their published shapes."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from models.registry import create

Shapes = Callable[[nn.Module, Tensor], list[tuple[str, tuple[int, ...]]]]


@pytest.mark.parametrize(
    ("name", "channels", "parameters"),
    [("lenet5", 1, 61_706), ("lenet-relu", 3, 62_006)],
)
def test_parameters(count_parameters: Callable[..., int], name: str, channels: int, parameters: int) -> None:
    """The published number of parameters."""
    assert count_parameters(name, channels=channels) == parameters


@pytest.mark.parametrize(("name", "first_side", "pool"), [("lenet5", 28, "AvgPool2d"), ("lenet-relu", 28, "MaxPool2d")])
def test_shapes(shapes: Shapes, name: str, first_side: int, pool: str) -> None:
    """Layer by layer, the shapes are the published ones."""
    image = torch.zeros(1, 1, 28, 28) if name == "lenet5" else torch.zeros(1, 3, 32, 32)

    assert shapes(create(name), image) == [
        ("Conv2d", (6, first_side, first_side)),
        (pool, (6, 14, 14)),
        ("Conv2d", (16, 10, 10)),
        (pool, (16, 5, 5)),
        ("Linear", (120,)),
        ("Linear", (84,)),
        ("Linear", (10,)),
    ]


def test_lenet5_weights_are_xavier_uniform() -> None:
    """The largest weight of a layer lies just below sqrt(6 / (fan-in + fan-out))."""
    weight = create("lenet5").get_parameter("classifier.1.weight")
    bound = (6 / (400 + 120)) ** 0.5

    assert weight.abs().max().item() == pytest.approx(bound, rel=1e-3)


def test_lenet_relu_weights_are_torchs() -> None:
    """The largest weight of a layer lies just below torch's sqrt(1 / fan-in)."""
    weight = create("lenet-relu").get_parameter("classifier.1.weight")

    assert weight.abs().max().item() == pytest.approx((1 / 400) ** 0.5, rel=1e-3)


def test_lenet_relu_as_it_was_has_sigmoids_and_averages() -> None:
    """The options put back what the newer net replaced."""
    model = create("lenet-relu", activation="sigmoid", pooling="average")
    kinds = [type(m).__name__ for m in model.modules()]

    assert (kinds.count("Sigmoid"), kinds.count("AvgPool2d"), kinds.count("ReLU")) == (4, 2, 0)
