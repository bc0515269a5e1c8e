"""Inference images/s of a leaderboard's entry in torch eager and under torch.compile."""

import statistics
from collections.abc import Callable

import torch
from torch import Tensor

from bench.harness.data.catalogue import source
from bench.harness.machine.clock import clock
from bench.harness.machine.device import Execution
from bench.harness.machine.memory_format import execution_for
from bench.performance.entries import Entry
from models import registry

BATCHES = (1, 32, 256)
REPEATS = 5

Forward = Callable[[Tensor], Tensor]


def inference_rates(entry: Entry, execution: Execution, seconds: float) -> list[tuple[str, int, list[float]]]:
    """Return loop, batch and its rates (images/s, one a repeat) of eager and compiled at each batch size.

    Both take turns. Compilation (7 to 12 seconds, one a batch size) is off the clock.

    Args:
        entry: the net, in eval mode, on random images.
        execution: device and threads.
        seconds: to spend on each figure.
    """
    options, data = entry.options(), source(entry.dataset)
    execution = execution_for(execution, entry.architecture, options)
    model = registry.create(entry.architecture, **options).to(execution.torch_device).eval()
    model.to(memory_format=execution.torch_memory_format)
    rows: list[tuple[str, int, list[float]]] = []
    for batch in BATCHES:
        torch.compiler.reset()  # a shape of its own for each batch size
        loops: dict[str, Forward] = {"eager": model, "compiled": torch.compile(model, dynamic=False)}
        images = torch.rand(batch, data.channels, data.size, data.size, device=execution.torch_device)
        images = images.to(memory_format=execution.torch_memory_format)
        found: dict[str, list[float]] = {name: [] for name in loops}
        with torch.inference_mode():
            for forward in loops.values():
                forward(images)
            for _ in range(REPEATS):
                for name, forward in loops.items():
                    found[name].append(batch / _median_seconds(forward, images, seconds / REPEATS))
        rows += [(f"{name}-{batch}", batch, rates) for name, rates in found.items()]
    return rows


def _median_seconds(forward: Forward, images: Tensor, budget: float) -> float:
    """Return the median time of a forward pass, of as many as fit into the budget and at least two."""
    times: list[float] = []
    while len(times) < 2 or sum(times) < budget:  # noqa: PLR2004 - the first may find cold caches
        start = clock()
        forward(images)
        times.append(clock() - start)
    return statistics.median(times)
