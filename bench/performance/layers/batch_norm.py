"""`python -m bench batch-norm`: milliseconds of BatchNorm in channels_last, forward and backward: torch's and ours.

On feature maps (64, channels, side, side) of the articles' nets, by number of CPU threads. All take turns; a
ratio comes from the turns' own ratios.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from tabulate import tabulate
from torch import nn

from bench.harness.machine.device import available_cores
from bench.harness.machine.execution import add_threads, applied_execution
from bench.harness.machine.measuring import add_json, add_repeats, require_at_least, with_conditions, write_result
from bench.harness.machine.turns import disturbed, guarded_turns, turns_text
from bench.harness.number_format import counted, significant, with_interval
from bench.harness.stats.turns import turn_median, turn_ratio
from bench.performance.layers import slices
from models.parts.batch_norm import BatchNorm2d

SHAPES = ((64, 20, 26, 26), (64, 20, 24, 24), (64, 4, 26, 26), (64, 50, 10, 10), (64, 50, 8, 8), (64, 16, 28, 28))
KINDS: Mapping[str, type[nn.BatchNorm2d]] = {"torch": nn.BatchNorm2d, "ours": BatchNorm2d}
SECONDS = 0.01  # of a slice


def timer(kind: type[nn.BatchNorm2d], shape: tuple[int, int, int, int], threads: int) -> Callable[[], float]:
    """Return a function that runs the layer forward and backward for a slice and returns the seconds of one run."""
    x = torch.rand(shape).to(memory_format=torch.channels_last).requires_grad_()
    return slices.timer(kind(shape[1]), x, threads, SECONDS)


def measure(threads: Sequence[int], repeats: int) -> list[dict[str, Any]]:
    """Return the seconds of each turn, by shape, kind and threads."""
    rows: list[dict[str, Any]] = []
    for shape in SHAPES:
        timers = {(name, count): timer(kind, shape, count) for name, kind in KINDS.items() for count in threads}
        turns = guarded_turns(timers, repeats)
        rows += [
            {
                "shape": list(shape),
                "implementation": name,
                "threads": count,
                "seconds": [turn.values[name, count] for turn in turns],
                "turns_disturbed": disturbed(turns),
            }
            for name, count in timers
        ]
    return rows


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the milliseconds, what all threads gain, and how many times as fast ours is, as Markdown."""
    seconds = {(tuple(row["shape"]), row["implementation"], row["threads"]): row["seconds"] for row in rows}
    shapes = list(dict.fromkeys(tuple(row["shape"]) for row in rows))
    threads = list(dict.fromkeys(row["threads"] for row in rows))
    headers = ["feature maps"]
    headers += [f"{name}, {counted(count, 'thread')}, ms" for name in KINDS for count in threads]
    headers += [f"ours ÷ torch's speed, {counted(count, 'thread')}" for count in threads]
    lines = [
        [
            slices.shape_text(shape),
            *(_ms(seconds[shape, name, count]) for name in KINDS for count in threads),
            *(_ratio(seconds[shape, "torch", count], seconds[shape, "ours", count]) for count in threads),
        ]
        for shape in shapes
    ]
    return tabulate(lines, headers, tablefmt="pipe", disable_numparse=True)


def turns_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return how many turns each figure is the median of, and how many of them others disturbed."""
    return turns_text((len(row["seconds"]) for row in rows), (row["turns_disturbed"] for row in rows))


def _ms(seconds: Sequence[float]) -> str:
    return significant(1e3 * turn_median(seconds).median)


def _ratio(over: Sequence[float], under: Sequence[float]) -> str:
    return with_interval(*turn_ratio(over, under)[1:], 2)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare how often the layers run."""
    add_repeats(parser, 20)
    add_threads(parser)
    add_json(parser, "seconds")


def run(arguments: argparse.Namespace) -> None:
    """Measure, write the rows, print the table."""
    require_at_least(1, arguments, "repeats")
    execution = applied_execution(arguments)
    rows = measure(sorted({1, min(execution.threads, available_cores())}), arguments.repeats)
    result = with_conditions({"rows": rows}, arguments, device=execution.device, threads=execution.threads)
    write_result(arguments, result)
    print(f"{table(rows)}\n\n{turns_of(rows)}")  # noqa: T201 - the answer
