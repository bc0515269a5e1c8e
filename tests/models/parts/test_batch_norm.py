"""Tests of our BatchNorm against torch's: outputs, gradients, running values, and where torch's own way is taken."""

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from models.parts.batch_norm import BatchNorm2d, folded_rows

SHAPE = (64, 20, 10, 10)  # 6400 rows of 20: read four at a time
TOLERANCE = 1e-10  # in float64: only the order of the additions differs


def maps(shape: tuple[int, ...] = SHAPE, dtype: torch.dtype = torch.float64) -> Tensor:
    """Random feature maps in channels_last with means that differ much from 0 and from each other."""
    channel = torch.arange(shape[1], dtype=dtype)[:, None, None]
    return (torch.randn(shape, dtype=dtype) * (1 + channel) + 10 * channel).to(memory_format=torch.channels_last)


def noise(shape: tuple[int, ...] = SHAPE) -> Tensor:
    """Random gradients of an output in channels_last, in float64."""
    return torch.randn(shape, dtype=torch.float64).to(memory_format=torch.channels_last)


def layers(channels: int = SHAPE[1], dtype: torch.dtype = torch.float64) -> tuple[BatchNorm2d, nn.BatchNorm2d]:
    """Ours and torch's with the same random parameters and running values."""
    theirs = nn.BatchNorm2d(channels).to(dtype)
    for value in (theirs.weight, theirs.bias, theirs.running_mean, theirs.running_var):
        assert value is not None
        nn.init.uniform_(value, 0.5, 2.0)
    ours = BatchNorm2d(channels).to(dtype)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def gradients(layer: nn.Module, x: Tensor, of_output: Tensor) -> tuple[Tensor, ...]:
    """The gradients of input, weight and bias."""
    x = x.clone(memory_format=torch.preserve_format).requires_grad_()
    return torch.autograd.grad(layer(x), (x, *layer.parameters()), of_output)


@pytest.mark.parametrize("channels", [1, 4, 6, 20, 50])
def test_output_gradients_and_running_values_are_torchs(channels: int) -> None:
    """Three batches one after the other, in float64."""
    ours, theirs = layers(channels)
    for _ in range(3):
        x = maps((64, channels, 10, 12))
        of_output = noise((64, channels, 10, 12))
        assert folded_rows(x) > 1

        torch.testing.assert_close(ours(x), theirs(x), rtol=0, atol=TOLERANCE)
        expected = gradients(theirs, x, of_output)
        for our, their in zip(gradients(ours, x, of_output), expected, strict=True):
            torch.testing.assert_close(our, their, rtol=TOLERANCE, atol=TOLERANCE)

    for name, value in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], value, rtol=TOLERANCE, atol=TOLERANCE)


def test_rounding_is_no_worse_than_torchs() -> None:
    """In float32 both are about as far from the result in float64."""
    x, of_output = maps(), noise()
    ours, theirs = layers()
    exact = gradients(theirs, x, of_output)

    def error(layer: nn.Module) -> float:
        rough = gradients(layer.float(), x.float(), of_output.float())
        return max(float((one - true).abs().max() / true.abs().max()) for one, true in zip(rough, exact, strict=True))

    assert error(ours) < 4 * error(copy.deepcopy(theirs)) + 1e-6


def test_memory_format_is_kept() -> None:
    """Outputs and input gradients are in channels_last."""
    ours, _ = layers()
    x = maps()

    assert ours(x).is_contiguous(memory_format=torch.channels_last)
    assert gradients(ours, x, noise())[0].is_contiguous(memory_format=torch.channels_last)


def test_gradient_in_another_memory_format_is_understood() -> None:
    """The layer behind may hand back a contiguous gradient, or the same one for every image."""
    ours, theirs = layers()
    x = maps()
    for of_output in (noise().contiguous(), noise((1, *SHAPE[1:])).expand(SHAPE)):
        for our, their in zip(gradients(ours, x, of_output), gradients(theirs, x, of_output), strict=True):
            torch.testing.assert_close(our, their, rtol=TOLERANCE, atol=TOLERANCE)


def test_second_derivative_is_torchs() -> None:
    """A gradient that is differentiated again, as a penalty on gradients is."""
    ours, theirs = layers()
    x = maps()

    def second(layer: nn.Module) -> Tensor:
        point = x.clone(memory_format=torch.preserve_format).requires_grad_()
        (first,) = torch.autograd.grad(layer(point).pow(3).sum(), point, create_graph=True)
        return torch.autograd.grad(first.pow(2).sum(), point)[0]

    torch.testing.assert_close(second(ours), second(theirs), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(
    "x",
    [
        pytest.param(maps().contiguous(), id="contiguous"),
        pytest.param(maps((64, 32, 10, 10)), id="whole cache lines"),
        pytest.param(maps((2, 20, 10, 10)), id="few rows"),
        pytest.param(maps((67, 20, 11, 11)), id="rows that do not divide"),
        pytest.param(maps(dtype=torch.float32), id="other type", marks=pytest.mark.xfail(raises=RuntimeError)),
    ],
)
def test_elsewhere_torchs_own_way_is_taken(x: Tensor) -> None:
    """The bits are torch's where folding does not apply, and so is the error for a type that does not fit."""
    ours, theirs = layers(x.shape[1])

    assert torch.equal(ours(x), theirs(x))


def test_evaluation_is_torchs() -> None:
    """By running values, to the bit."""
    ours, theirs = layers()
    x = maps()

    assert torch.equal(ours.eval()(x), theirs.eval()(x))


def test_several_nets_as_one_program() -> None:
    """Under vmap, which has rules for torch's kernel only."""
    pairs = [layers(), layers()]
    x = torch.stack([maps(), maps()])
    stacked = stack_module_state([ours for ours, _ in pairs])

    together = vmap(lambda parameters, buffers, batch: functional_call(pairs[0][0], (parameters, buffers), (batch,)))
    output = together(*stacked, x)

    for number, (_, theirs) in enumerate(pairs):
        torch.testing.assert_close(output[number], theirs(x[number]), rtol=0, atol=TOLERANCE)


def test_result_does_not_depend_on_the_number_of_threads_beyond_rounding() -> None:
    """Two threads sum other rows than one, and nothing else changes."""
    ours, _ = layers()
    x, of_output = maps(), noise()
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = gradients(ours, x, of_output)
        torch.set_num_threads(2)
        two = gradients(ours, x, of_output)
    finally:
        torch.set_num_threads(before)

    for left, right in zip(one, two, strict=True):
        torch.testing.assert_close(left, right, rtol=TOLERANCE, atol=TOLERANCE)
