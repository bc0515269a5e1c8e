"""Tests of both AlexNets against S1 and the paper."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from models.parts.lrn import LocalResponseNorm
from models.registry import create

Shapes = Callable[[nn.Module, Tensor], list[tuple[str, tuple[int, ...]]]]


def test_parameters_at_224(count_parameters: Callable[..., int]) -> None:
    """AlexNet on one device, without the paper's two groups, for 1000 classes."""
    assert count_parameters("alexnet", classes=1000) == 62_378_344


@pytest.mark.parametrize("normalisation", ["none", "lrn"])
def test_parameters_at_32(count_parameters: Callable[..., int], normalisation: str) -> None:
    """alexnet32 of width 16 for one channel; LRN has no parameters."""
    assert count_parameters("alexnet32", channels=1, normalisation=normalisation) == 204_106


def test_shapes_at_224(shapes: Shapes) -> None:
    """Layer by layer, the shapes are those of S1."""
    with torch.device("meta"):
        outputs = shapes(create("alexnet", normalisation="none"), torch.empty(1, 3, 224, 224))

    assert outputs == [
        ("Conv2d", (96, 55, 55)),
        ("MaxPool2d", (96, 27, 27)),
        ("Conv2d", (256, 27, 27)),
        ("MaxPool2d", (256, 13, 13)),
        ("Conv2d", (384, 13, 13)),
        ("Conv2d", (384, 13, 13)),
        ("Conv2d", (256, 13, 13)),
        ("MaxPool2d", (256, 6, 6)),
        ("Linear", (4096,)),
        ("Linear", (4096,)),
        ("Linear", (10,)),
    ]


def test_shapes_at_32(shapes: Shapes) -> None:
    """Layer by layer, the shapes of the 32x32 form of width 16."""
    assert shapes(create("alexnet32"), torch.zeros(1, 3, 32, 32)) == [
        ("Conv2d", (16, 32, 32)),
        ("MaxPool2d", (16, 15, 15)),
        ("Conv2d", (32, 15, 15)),
        ("MaxPool2d", (32, 7, 7)),
        ("Conv2d", (48, 7, 7)),
        ("Conv2d", (48, 7, 7)),
        ("Conv2d", (32, 7, 7)),
        ("MaxPool2d", (32, 3, 3)),
        ("Linear", (256,)),
        ("Linear", (256,)),
        ("Linear", (10,)),
    ]


def test_normalisation_follows_the_activation() -> None:
    """The order is convolution, ReLU, LRN, pool, as in the paper and in S1."""
    features = create("alexnet32").get_submodule("features")

    assert [type(m).__name__ for m in features.children()][1:5] == [
        *["Conv2d", "ReLU", "LocalResponseNorm", "MaxPool2d"]
    ]


def test_window_of_all_channels_is_each_layers_own() -> None:
    """S1's LRN takes as many channels as its layer has."""
    with torch.device("meta"):
        model = create("alexnet", lrn_size="all")

    assert [m.size for m in model.modules() if isinstance(m, LocalResponseNorm)] == [96, 256]


def test_constants_of_lrn_are_options() -> None:
    """The paper's alpha over the sum of five is 5e-4 over their mean."""
    model = create("alexnet32", alpha=5e-4, beta=0.5, k=1.0)
    norm = next(m for m in model.modules() if isinstance(m, LocalResponseNorm))

    assert (norm.alpha, norm.beta, norm.k) == (5e-4, 0.5, 1.0)


def test_both_lrn_implementations_give_the_same_logits() -> None:
    """Ours and torch's LRN share a checkpoint and its logits."""
    ours = create("alexnet32").eval()
    theirs = create("alexnet32", lrn_implementation="torch").eval()
    theirs.load_state_dict(ours.state_dict())
    images = torch.randn(2, 3, 32, 32)

    torch.testing.assert_close(theirs(images), ours(images))


def test_digits_are_padded_inside() -> None:
    """A 28x28 digit gives the logits of the same digit with a border of two zeros."""
    model = create("alexnet32", channels=1, image_size=28).eval()
    digits = torch.randn(2, 1, 28, 28)

    assert torch.equal(model(digits), model(nn.functional.pad(digits, (2, 2, 2, 2))))


def test_papers_biases() -> None:
    """Biases start at 1 in convolutions 2, 4, 5 and the hidden linear layers, at 0 elsewhere."""
    model = create("alexnet32", init="paper")
    biases = [m.bias for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]

    assert [sorted(set(b.tolist())) for b in biases if b is not None] == [
        *[[0.0], [1.0], [0.0], [1.0], [1.0]],
        *[[1.0], [1.0], [0.0]],
    ]


def test_papers_weights() -> None:
    """Weights start with mean 0 and standard deviation 0.01."""
    weight = create("alexnet32", init="paper").get_parameter("classifier.1.weight")

    assert weight.std().item() == pytest.approx(0.01, rel=0.02)


def test_normalisation_may_follow_the_pool() -> None:
    """S1 and the paper normalise before pooling; behind it there is a quarter of the values."""
    before = [type(layer).__name__ for layer in create("alexnet32").modules()]
    after = [type(layer).__name__ for layer in create("alexnet32", normalise="after-pooling").modules()]

    assert before.index("LocalResponseNorm") + 1 == before.index("MaxPool2d")
    assert after.index("MaxPool2d") + 1 == after.index("LocalResponseNorm")
