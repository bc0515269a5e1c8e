"""Tests of both GoogLeNets against torchvision, the paper and the community's CIFAR-10 form."""

from collections.abc import Callable

import pytest
import torch
import torchvision
from torch import Tensor, nn

from models.parts.lrn import LocalResponseNorm
from models.registry import create

Shapes = Callable[[nn.Module, Tensor], list[tuple[str, tuple[int, ...]]]]
Copy = Callable[[nn.Module, nn.Module], None]


def test_parameters(count_parameters: Callable[..., int]) -> None:
    """Without auxiliary heads, for 1000 classes."""
    assert count_parameters("googlenet", classes=1000) == 6_624_904


def test_logits_are_torchvisions(copy_state: Copy) -> None:
    """With torchvision's weights, it gives torchvision's logits."""
    theirs = torchvision.models.googlenet(weights=None, aux_logits=False, init_weights=False).eval()
    ours = create("googlenet", classes=1000).eval()
    copy_state(theirs, ours)
    images = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        torch.testing.assert_close(ours(images), theirs(images), rtol=1e-4, atol=1e-4)


def test_parameters_of_the_cifar_form() -> None:
    """With a bias a channel, as the community's form has them, there are 6 166 250 parameters."""
    with torch.device("meta"):
        model = create("googlenet32")
    biases = sum(m.out_channels for m in model.modules() if isinstance(m, nn.Conv2d))

    assert sum(p.numel() for p in model.parameters()) + biases == 6_166_250


@pytest.mark.parametrize(
    ("name", "size", "sides"), [("googlenet", 224, {112, 56, 28, 14, 7}), ("googlenet32", 32, {32, 16, 8})]
)
def test_sides_of_the_maps(shapes: Shapes, name: str, size: int, sides: set[int]) -> None:
    """Pools halve the side down to the last stage's."""
    outputs = shapes(create(name, width=0.1).eval(), torch.zeros(1, 3, size, size))

    assert {shape[-1] for kind, shape in outputs if kind != "Linear"} == sides


@pytest.mark.parametrize(("kernel", "sides"), [("5x5", [5]), ("3x3", [3]), ("3x3x2", [3, 3])])
def test_kernel_of_the_third_branch(kernel: str, sides: list[int]) -> None:
    """After the 1x1 stands a 5x5, a 3x3 or two stacked 3x3."""
    model = create("googlenet32", kernel=kernel, width=0.1)
    branch = model.get_submodule("features.2.branches.2")

    assert [m.kernel_size[0] for m in branch.modules() if isinstance(m, nn.Conv2d)] == [1, *sides]


def test_lrn_stands_in_the_stem_only() -> None:
    """The paper's form has two LRN layers, 64 and 192 channels, and no BatchNorm."""
    model = create("googlenet", normalisation="lrn", kernel="5x5")
    norms = [m for m in model.modules() if isinstance(m, LocalResponseNorm | nn.BatchNorm2d)]

    assert [getattr(m, "channels", "BatchNorm") for m in norms] == [64, 192]
