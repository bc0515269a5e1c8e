"""Fixtures of the architecture tests: every registered architecture at a size that builds fast."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from models.parts.options import Count
from models.registry import create, describe, names

Small = tuple[str, dict[str, object]]


@pytest.fixture(autouse=True)
def seed() -> None:
    """Every test draws the same random numbers, whatever ran before it."""
    torch.manual_seed(0)


@pytest.fixture(params=names())
def small(request: pytest.FixtureRequest) -> Small:
    """Name of an architecture with options that make it narrow; a new architecture joins unasked."""
    name = str(request.param)
    narrow: dict[str, object] = {}
    annotations = describe(name).annotations
    if "width" in annotations:
        narrow["width"] = 4 if annotations["width"] is Count else 0.2
    if annotations.get("hidden") is Count:
        narrow["hidden"] = 16
    return name, narrow


@pytest.fixture
def images() -> Callable[[str], Tensor]:
    """Return a maker of two random images of an architecture's default shape."""
    return lambda name: torch.randn(2, *describe(name).input_shape)


@pytest.fixture
def count_parameters() -> Callable[..., int]:
    """Return a counter of a net's trainable numbers; nothing is allocated for it."""

    def count(name: str, **options: object) -> int:
        with torch.device("meta"):
            return sum(parameter.numel() for parameter in create(name, **options).parameters())

    return count


@pytest.fixture
def shapes() -> Callable[[nn.Module, Tensor], list[tuple[str, tuple[int, ...]]]]:
    """Return a tracer of (layer type, output shape without the batch) of the layers with weights and pools."""
    traced = (nn.Conv2d, nn.Linear, nn.MaxPool2d, nn.AvgPool2d)

    def trace(model: nn.Module, images: Tensor) -> list[tuple[str, tuple[int, ...]]]:
        outputs: list[tuple[str, tuple[int, ...]]] = []

        def note(layer: nn.Module, _: object, output: Tensor) -> None:
            outputs.append((type(layer).__name__, tuple(output.shape[1:])))

        handles = [m.register_forward_hook(note) for m in model.modules() if isinstance(m, traced)]
        model(images)
        for handle in handles:
            handle.remove()
        return outputs

    return trace


@pytest.fixture
def copy_state() -> Callable[[nn.Module, nn.Module], None]:
    """Return a copier of every weight and running statistic, in order, between two forms of one net."""

    def copy(source: nn.Module, target: nn.Module) -> None:
        for layer in source.modules():
            if isinstance(layer, nn.BatchNorm2d):  # else the test could not see a misplaced one
                for leaf in (layer.weight.data, layer.bias.data, layer.running_mean, layer.running_var):
                    nn.init.uniform_(leaf, 0.5, 1.5)  # type: ignore[arg-type]  # BatchNorm tracks its statistics
        leaves = zip(target.state_dict(), source.state_dict().values(), strict=True)
        target.load_state_dict(dict(leaves), assign=True)

    return copy
