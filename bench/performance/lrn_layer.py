"""`python -m bench lrn`: milliseconds of LRN, forward and backward: ours and torch's, eager and compiled.

On feature maps (64, 64, 32, 32) of the small AlexNet, in both memory formats. All take turns in one run; a ratio is
the median of the turns' own ratios, eager against eager and compiled against compiled. Compiling is off the clock.
"""

import argparse
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from tabulate import tabulate
from torch import Tensor, nn

from bench.harness.command import main_guard
from bench.harness.errors import UserError
from bench.harness.files import write_json
from bench.harness.machine.clock import clock, use_device
from bench.harness.machine.device import Execution, apply, resolve_device, resolve_threads
from bench.harness.machine.environment import environment
from bench.harness.number_format import significant
from models.parts.lrn import LocalResponseNorm

SHAPE = (64, 64, 32, 32)
WINDOWS = (5, 63)
FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
HEADERS = ("window", "memory format", "", "torch, ms", "ours, ms", "÷ torch's")

Case = tuple[int, str, str]  # window, memory format, eager or compiled


def layers(window: int) -> Mapping[str, nn.Module]:
    """Return torch's layer and ours, with the same constants."""
    return {"torch": nn.LocalResponseNorm(window, k=2.0), "ours": LocalResponseNorm(SHAPE[1], window)}


def measure(execution: Execution, repeats: int) -> dict[Case, dict[str, list[float]]]:
    """Return the seconds of each turn by case and implementation."""
    timed: dict[Case, dict[str, Callable[[], float]]] = {}
    for window in WINDOWS:
        for name, memory_format in FORMATS.items():
            x = torch.rand(SHAPE, device=execution.torch_device).to(memory_format=memory_format).requires_grad_()
            for how in ("eager", "compiled"):
                timed[window, name, how] = {
                    implementation: _timer(layer.to(execution.torch_device), x, compiled=how == "compiled")
                    for implementation, layer in layers(window).items()
                }
    return {
        case: {name: [turn[place] for turn in turns] for place, name in enumerate(timers)}
        for case, timers in timed.items()
        for turns in [[tuple(seconds() for seconds in timers.values()) for _ in range(repeats)]]
    }


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


def table(found: Mapping[Case, Mapping[str, Sequence[float]]]) -> str:
    """Return the medians and ratios, with their ranges, as Markdown."""
    rows = []
    for (window, memory_format, how), seconds in found.items():
        ratios = [theirs / ours for theirs, ours in zip(seconds["torch"], seconds["ours"], strict=True)]
        ratio = f"{statistics.median(ratios):.2f} [{min(ratios):.2f}, {max(ratios):.2f}]"
        rows.append((str(window), memory_format, how, _ms(seconds["torch"]), _ms(seconds["ours"]), ratio))
    return tabulate(rows, HEADERS, tablefmt="pipe", disable_numparse=True)


def _ms(seconds: Sequence[float]) -> str:
    return significant(1e3 * statistics.median(seconds))


@main_guard
def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print the table, write the rows."""
    parser = argparse.ArgumentParser(prog="python -m bench lrn", description=__doc__)
    parser.add_argument("--repeats", default=20, type=int, help="turns; default 20")
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda or mps")
    parser.add_argument("--threads", default=None, type=int, help="CPU threads; default: every core")
    parser.add_argument("--json", default=None, type=Path, metavar="FILE", help="write the seconds to this file")
    arguments = parser.parse_args(argv)
    if arguments.repeats < 1:
        raise UserError(f"--repeats is {arguments.repeats}: at least one turn is needed")
    execution = Execution(resolve_device(arguments.device), resolve_threads(arguments.threads))
    apply(execution)
    use_device(execution.torch_device)
    found = measure(execution, arguments.repeats)
    if arguments.json is not None:
        rows = [
            {"window": window, "memory_format": memory_format, "how": how, "seconds": seconds}
            for (window, memory_format, how), seconds in found.items()
        ]
        content = {
            "shape": SHAPE,
            "device": execution.device,
            "threads": execution.threads,
            "environment": environment(execution.device),
            "rows": rows,
        }
        write_json(arguments.json, content)
    print(table(found))  # noqa: T201 - the answer
