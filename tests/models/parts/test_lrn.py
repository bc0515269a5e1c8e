"""Tests of local response normalisation against its formula and against torch's own."""

import pytest
import torch
from torch import Tensor, nn

from models.parts.lrn import LocalResponseNorm, band_matrix

# Odd, even, one channel, the number of channels ("all" of S1), and windows that hold every channel.
SIZES = [1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 30]
CHANNELS = 6
TOLERANCE = 1e-10  # in float64: only the order of the additions differs
ALPHA, K = 0.3, 2.0  # a large alpha, so that the window matters


def formula(x: Tensor, size: int, beta: float, *, mirrored: bool = False) -> Tensor:
    """The definition, channel by channel; mirrored has an even window's odd channel above."""
    below, above = size // 2, (size - 1) // 2
    if mirrored:
        below, above = above, below
    y = torch.empty_like(x)
    for c in range(x.shape[1]):
        total = torch.zeros_like(x[:, c])
        for other in range(max(0, c - below), min(x.shape[1], c + above + 1)):
            total += x[:, other] ** 2
        y[:, c] = x[:, c] / (K + ALPHA * total / size) ** beta
    return y


def layer(size: int, beta: float = 0.75) -> LocalResponseNorm:
    """The layer in float64 with the constants of this file."""
    return LocalResponseNorm(CHANNELS, size, alpha=ALPHA, beta=beta, k=K).double()


def maps() -> Tensor:
    """Random feature maps in float64, large enough for the denominator to matter."""
    return 10 * torch.randn(2, CHANNELS, 3, 4, dtype=torch.float64)


@pytest.mark.parametrize("beta", [0.75, 0.6])
@pytest.mark.parametrize("size", SIZES)
def test_output_follows_the_formula(size: int, beta: float) -> None:
    """The output is the definition's, for every window and exponent."""
    x = maps()

    torch.testing.assert_close(layer(size, beta)(x), formula(x, size, beta), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("beta", [0.75, 0.6])
@pytest.mark.parametrize("size", SIZES)
def test_output_equals_torchs(size: int, beta: float) -> None:
    """The output is that of torch.nn.LocalResponseNorm."""
    x = maps()
    expected = nn.LocalResponseNorm(size, ALPHA, beta, K)(x)

    torch.testing.assert_close(layer(size, beta)(x), expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("size", SIZES)
def test_gradient_equals_torchs(size: int) -> None:
    """The written-out gradient is the one that autograd derives from torch's layer."""
    ours, theirs = maps(), maps()
    theirs.copy_(ours)
    weights = torch.randn_like(ours)
    for x, norm in ((ours, layer(size)), (theirs, nn.LocalResponseNorm(size, ALPHA, 0.75, K))):
        x.requires_grad_()
        (norm(x) * weights).sum().backward()

    torch.testing.assert_close(ours.grad, theirs.grad, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("size", [2, 4])
def test_even_window_is_not_the_mirrored_one(size: int) -> None:
    """An even window reaches one channel further down than up: ONNX's would differ."""
    x = maps()

    assert not torch.allclose(layer(size)(x), formula(x, size, 0.75, mirrored=True), rtol=0, atol=1e-3)


@pytest.mark.parametrize("beta", [0.75, 1.3])
@pytest.mark.parametrize("size", [3, 4, 11])
def test_gradient_passes_gradcheck(size: int, beta: float) -> None:
    """The gradient is that of the numerical derivative, for odd, even and full windows."""
    x = maps()[:1, :, :2, :1].requires_grad_()

    assert torch.autograd.gradcheck(layer(size, beta), x)


@pytest.mark.parametrize("size", [4, 11])
def test_second_derivative_passes_gradgradcheck(size: int) -> None:
    """The gradient can be differentiated once more."""
    x = maps()[:1, :, :2, :1].requires_grad_()

    assert torch.autograd.gradgradcheck(layer(size), x)


def test_all_is_a_window_of_as_many_channels() -> None:
    """Size "all" is S1's LRN(96) on 96 channels, whose windows are still cut off at the ends."""
    x = maps()
    norm = LocalResponseNorm(CHANNELS, "all", alpha=ALPHA, k=K).double()

    torch.testing.assert_close(norm(x), formula(x, CHANNELS, 0.75), rtol=0, atol=TOLERANCE)


def test_band_has_one_row_a_window() -> None:
    """Row c of the band is 1 from c - size // 2 to c + (size - 1) // 2."""
    expected = [[1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1], [0, 1, 1, 1]]

    assert band_matrix(4, 4)[:, :, 0, 0].tolist() == expected


@pytest.mark.parametrize("size", [5, 11])
def test_nothing_is_saved(size: int) -> None:
    """The band follows from the options and is no part of a checkpoint."""
    assert layer(size).state_dict() == {}


@pytest.mark.parametrize("size", [5, 11])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_memory_format_is_kept(size: int, memory_format: torch.memory_format) -> None:
    """Output and gradient lie in memory as the input does."""
    x = maps().contiguous(memory_format=memory_format).requires_grad_()
    y = layer(size)(x)
    (gradient,) = torch.autograd.grad(y, x, torch.ones_like(y))

    assert all(t.is_contiguous(memory_format=memory_format) for t in (y, gradient))


def test_channels_last_gives_the_same_output() -> None:
    """Both ways of summing the window agree."""
    x = maps()
    y = layer(4)(x.contiguous(memory_format=torch.channels_last))

    torch.testing.assert_close(y, layer(4)(x), rtol=0, atol=TOLERANCE)


def test_output_is_the_same_without_gradients() -> None:
    """The path of evaluation and export computes what training computes."""
    x = maps()
    with torch.no_grad():
        evaluated = layer(5)(x)

    torch.testing.assert_close(layer(5)(x), evaluated, rtol=0, atol=0)


def test_half_precision_is_computed_in_float32() -> None:
    """A square that float16 cannot hold does no harm, and the output is float16 again."""
    x = torch.full((1, CHANNELS, 1, 1), 300, dtype=torch.float16)
    y = LocalResponseNorm(CHANNELS, 3)(x)
    expected = LocalResponseNorm(CHANNELS, 3)(x.float()).half()

    assert torch.equal(y, expected)


def test_compiler_sees_one_graph() -> None:
    """torch.compile derives the same gradient without a graph break."""
    x = maps().requires_grad_()
    norm = layer(4)
    compiled = torch.compile(norm, backend="aot_eager", fullgraph=True)
    (expected,) = torch.autograd.grad(norm(x).square().sum(), x)
    (gradient,) = torch.autograd.grad(compiled(x).square().sum(), x)

    torch.testing.assert_close(gradient, expected, rtol=0, atol=TOLERANCE)


def test_exporter_sees_the_formula() -> None:
    """torch.export records plain operators that compute the same."""
    x = maps()
    exported = torch.export.export(layer(5), (x,)).module()

    torch.testing.assert_close(exported(x), layer(5)(x), rtol=0, atol=TOLERANCE)


def test_vmap_gives_every_images_gradient() -> None:
    """torch.func computes the gradients image by image."""
    x, norm = maps(), layer(4)
    gradients = torch.func.vmap(torch.func.grad(lambda image: norm(image[None]).square().sum()))(x)
    leaf = x.clone().requires_grad_()
    norm(leaf).square().sum().backward()

    torch.testing.assert_close(gradients, leaf.grad, rtol=0, atol=TOLERANCE)


def test_repr_has_the_constants() -> None:
    """A printed net shows the formula's constants."""
    assert repr(LocalResponseNorm(6, 4)) == "LocalResponseNorm(6, 4, alpha=0.0001, beta=0.75, k=2.0)"
