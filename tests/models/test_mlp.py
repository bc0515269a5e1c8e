"""Tests of the fully connected net."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from models.registry import create


def test_parameters_of_the_predecessor_in_s4(count_parameters: Callable[..., int]) -> None:
    """784 x 500 + 500 + 500 x 10 + 10."""
    assert count_parameters("mlp") == 397_510


@pytest.mark.parametrize(("hidden", "expected"), [((), [(784, 10)]), ((30, 20), [(784, 30), (30, 20), (20, 10)])])
def test_hidden_sets_the_layers(hidden: tuple[int, ...], expected: list[tuple[int, int]]) -> None:
    """One fully connected layer a hidden width, and the last one; none is softmax regression."""
    layers = [m for m in create("mlp", hidden=hidden) if isinstance(m, nn.Linear)]  # type: ignore[attr-defined]  # MLP is a Sequential

    assert [(layer.in_features, layer.out_features) for layer in layers] == expected


def test_order_of_pixels_does_not_matter() -> None:
    """With its first weights permuted alike, the net gives the same logits on permuted pixels."""
    model, order = create("mlp"), torch.randperm(784)
    images = torch.randn(2, 1, 28, 28)
    expected = model(images)
    first = next(model.parameters())
    first.data = first.data[:, order]

    torch.testing.assert_close(model(images.flatten(1)[:, order].view_as(images)), expected)
