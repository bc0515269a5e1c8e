"""Tests of the residual block and its shortcuts."""

import pytest
import torch

from models.parts.blocks import BasicBlock, Shortcut, ZeroPaddedShortcut


def block(maps_in: int, maps_out: int, stride: int, shortcut: Shortcut = "B") -> BasicBlock:
    """A block without normalisation, whose output without weights is the shortcut's."""
    return BasicBlock(
        maps_in,
        maps_out,
        stride,
        shortcut=shortcut,
        normalisation="none",
        activation="identity",
        bias=False,
        normalise_shortcut=False,
    )


def test_shortcut_a_takes_every_second_pixel_and_adds_zeros() -> None:
    """The maps come first, thinned out, and zero maps behind them."""
    x = torch.arange(16.0).view(1, 1, 4, 4)

    assert ZeroPaddedShortcut(1, 2, 2)(x).tolist() == [[[[0, 2], [8, 10]], [[0, 0], [0, 0]]]]


def test_shortcut_a_has_no_weights() -> None:
    """Option A of the paper is free of parameters."""
    assert sum(p.numel() for p in block(2, 4, 2, "A").shortcut.parameters()) == 0


def test_shortcut_b_is_a_1x1_projection() -> None:
    """Option B of the paper has one weight a pair of channels."""
    assert sum(p.numel() for p in block(2, 4, 2, "B").shortcut.parameters()) == 2 * 4


@pytest.mark.parametrize("shortcut", ["A", "B"])
def test_same_shape_has_the_identity_as_its_shortcut(shortcut: Shortcut) -> None:
    """With its convolutions at 0, the block passes its input on."""
    same = block(3, 3, 1, shortcut)
    for parameter in same.parameters():
        torch.nn.init.zeros_(parameter)
    x = torch.randn(2, 3, 5, 5)

    assert torch.equal(same(x), x)


@pytest.mark.parametrize("shortcut", ["A", "B"])
@pytest.mark.parametrize("side", [7, 8])
def test_stride_halves_odd_and_even_sides(shortcut: Shortcut, side: int) -> None:
    """Both branches round an odd side up."""
    assert block(2, 4, 2, shortcut)(torch.zeros(1, 2, side, side)).shape == (1, 4, 4, 4)


def test_without_a_shortcut_nothing_is_added() -> None:
    """With its last normalisation at 0, a plain block passes nothing on, where a residual one passes its input."""
    plain, residual = block(3, 3, 1, "none"), block(3, 3, 1, "B")
    x = torch.rand(2, 3, 5, 5)
    for same in (plain, residual):
        for parameter in same.parameters():
            torch.nn.init.zeros_(parameter)

    assert not plain(x).any()
    assert torch.equal(residual(x), x)


def test_a_plain_block_has_no_projection() -> None:
    """Also where the shape changes it has the two convolutions' weights alone."""
    assert not list(block(2, 4, 2, "none").shortcut.parameters())
    assert block(2, 4, 2, "none")(torch.zeros(1, 2, 8, 8)).shape == (1, 4, 4, 4)
