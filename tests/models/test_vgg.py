"""Tests of VGG against the paper and torchvision."""

from collections.abc import Callable

import pytest
import torch
import torchvision
from torch import Tensor, nn

from models.registry import create

Shapes = Callable[[nn.Module, Tensor], list[tuple[str, tuple[int, ...]]]]
IMAGENET = {"head": "imagenet", "image_size": 224, "classes": 1000}


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("vgg11", 132_863_336), ("vgg16", 138_357_544)],
)
def test_parameters_with_imagenet_head(count_parameters: Callable[..., int], name: str, parameters: int) -> None:
    """The paper's nets A and D have 133 and 138 million parameters."""
    assert count_parameters(name, **IMAGENET) == parameters


def test_parameters_with_cifar_head(count_parameters: Callable[..., int]) -> None:
    """The thirteen convolutions have 14 714 688 parameters, the head 5130."""
    assert count_parameters("vgg16") == 14_714_688 + 5130


def test_logits_are_torchvisions(copy_state: Callable[[nn.Module, nn.Module], None]) -> None:
    """With torchvision's weights, VGG16 gives torchvision's logits."""
    with torch.device("meta"):  # its head alone would be half a gigabyte
        theirs = torchvision.models.vgg16(weights=None)
    for position, widths in ((0, (25088, 16)), (3, (16, 16)), (6, (16, 1000))):
        theirs.classifier[position] = nn.Linear(*widths, device="meta")
    theirs.to_empty(device="cpu").eval()
    for leaf in theirs.parameters():
        nn.init.normal_(leaf, std=(2 / leaf[0].numel()) ** 0.5)  # the logits neither vanish nor grow
    ours = create("vgg16", **IMAGENET, hidden=16).eval()
    copy_state(theirs, ours)
    images = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        torch.testing.assert_close(ours(images), theirs(images))


def test_digits_are_padded_inside(shapes: Shapes) -> None:
    """With the CIFAR head a 28x28 digit is padded to 32x32, which five pools bring to 1x1."""
    outputs = shapes(create("vgg11", channels=1, image_size=28, width=0.1), torch.zeros(1, 1, 28, 28))

    assert [shape[-1] for kind, shape in outputs if kind == "MaxPool2d"] == [16, 8, 4, 2, 1]


def test_lrn_stands_after_the_first_convolution_only() -> None:
    """Net A-LRN of the paper has one LRN, after the first convolution's ReLU."""
    features = create("vgg11", normalisation="lrn").get_submodule("features")
    kinds = [type(m).__name__ for m in features.children()]

    assert (kinds.index("LocalResponseNorm"), kinds.count("LocalResponseNorm")) == (3, 1)


def test_batch_norm_follows_every_convolution() -> None:
    """Thirteen convolutions have thirteen BatchNorms."""
    model = create("vgg16", normalisation="batch", width=0.1)

    assert sum(isinstance(m, nn.BatchNorm2d) for m in model.modules()) == 13
