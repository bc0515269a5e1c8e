"""`python -m bench lrn`: milliseconds of LRN, forward and backward: ours and torch's, eager and compiled.

On feature maps (64, 64, 32, 32) of the small AlexNet, in both memory formats. All take turns in one run; a ratio
comes from the turns' own ratios, eager against eager and compiled against compiled. Compiling is off the clock.
"""

import argparse
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from tabulate import tabulate
from torch import Tensor, nn

from bench.harness.machine.clock import clock
from bench.harness.machine.device import Execution
from bench.harness.machine.execution import add_execution, applied_execution
from bench.harness.machine.measuring import add_json, add_repeats, require_at_least, with_conditions, write_result
from bench.harness.machine.turns import by_name, disturbed, guarded_turns, turns_text
from bench.harness.number_format import significant, with_interval
from bench.harness.stats.turns import turn_ratio
from bench.performance.layers.slices import FORMATS
from models.parts.lrn import LocalResponseNorm

SHAPE = (64, 64, 32, 32)
WINDOWS = (5, 63)
HEADERS = ("window", "memory format", "", "torch, ms", "ours, ms", "÷ torch's")


def layers(window: int) -> Mapping[str, nn.Module]:
    """Return torch's layer and ours, with the same constants."""
    return {"torch": nn.LocalResponseNorm(window, k=2.0), "ours": LocalResponseNorm(SHAPE[1], window)}


def measure(execution: Execution, repeats: int) -> list[dict[str, Any]]:
    """Return a row for each window, memory format and eager or compiled: seconds of each turn by implementation."""
    rows: list[dict[str, Any]] = []
    for window in WINDOWS:
        for name, memory_format in FORMATS.items():
            x = torch.rand(SHAPE, device=execution.torch_device).to(memory_format=memory_format).requires_grad_()
            for how in ("eager", "compiled"):
                timers = {
                    implementation: _timer(layer.to(execution.torch_device), x, compiled=how == "compiled")
                    for implementation, layer in layers(window).items()
                }
                turns = guarded_turns(timers, repeats)
                row = {"window": window, "memory_format": name, "how": how, "seconds": by_name(turns)}
                rows.append({**row, "turns_disturbed": disturbed(turns)})
    return rows


def _timer(layer: nn.Module, x: Tensor, *, compiled: bool) -> Callable[[], float]:
    """Return a function that runs the layer forward and backward once and returns the seconds; it ran twice already."""
    forward = torch.compile(layer, dynamic=False) if compiled else layer
    gradient = torch.rand_like(x)

    def seconds() -> float:
        start = clock()
        torch.autograd.grad(forward(x), x, gradient)
        return clock() - start

    for _ in range(2):
        seconds()
    return seconds


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the medians, and the ratios with their 95 % intervals, as Markdown."""
    lines = []
    for row in rows:
        theirs, ours = row["seconds"]["torch"], row["seconds"]["ours"]
        ratio = with_interval(*turn_ratio(theirs, ours)[1:], 2)
        lines.append((str(row["window"]), row["memory_format"], row["how"], _ms(theirs), _ms(ours), ratio))
    return tabulate(lines, HEADERS, tablefmt="pipe", disable_numparse=True)


def turns_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return how many turns each figure is the median of, and how many of them others disturbed."""
    return turns_text((len(row["seconds"]["ours"]) for row in rows), (row["turns_disturbed"] for row in rows))


def _ms(seconds: Sequence[float]) -> str:
    return significant(1e3 * statistics.median(seconds))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare how often and where the layers run."""
    add_repeats(parser, 20)
    add_execution(parser)
    add_json(parser, "seconds")


def run(arguments: argparse.Namespace) -> None:
    """Measure, write the rows, print the table."""
    require_at_least(1, arguments, "repeats")
    execution = applied_execution(arguments)
    rows = measure(execution, arguments.repeats)
    content = {"shape": SHAPE, "rows": rows}
    result = with_conditions(content, arguments, device=execution.device, threads=execution.threads)
    write_result(arguments, result)
    print(f"{table(rows)}\n\n{turns_of(rows)}")  # noqa: T201 - the answer
