"""A layer, forward and backward again and again for a slice of time: what the tables of single layers are made of."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from bench.harness.machine.clock import clock

FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


def timer(layer: nn.Module, x: Tensor, threads: int, seconds: float) -> Callable[[], float]:
    """Return a function that runs a layer for a slice and returns the seconds of one run, forward and backward.

    Args:
        layer: in the mode that is timed.
        x: its input; its gradient is asked for too.
        threads: CPU threads of the slice.
        seconds: least time of a slice.
    """
    leaves, gradient = (x, *layer.parameters()), torch.rand_like(layer(x).detach())

    def seconds_of_run() -> float:
        torch.set_num_threads(threads)
        torch.autograd.grad(layer(x), leaves, gradient)  # the others' slices have emptied the caches
        runs, start = 0, clock()
        while runs == 0 or clock() - start < seconds:
            torch.autograd.grad(layer(x), leaves, gradient)
            runs += 1
        return (clock() - start) / runs

    return seconds_of_run


def shape_text(shape: tuple[int, ...] | list[int]) -> str:
    """Return `64 x 20 x 26 x 26`."""
    return " x ".join(map(str, shape))
