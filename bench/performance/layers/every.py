"""`python -m bench layers`: every distinct layer of the leaderboards' nets by threads and memory format.

Forward and backward on a batch of 64, in slices that take turns: images/s on one thread and on all cores, in both
memory formats, and what the other threads gain. A layer whose gain is below 1 is slower with a second thread: its
threads wait for each other. The table begins with the least gain in the memory format that the net is trained in.
"""

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from tabulate import tabulate
from torch import Tensor, nn

from bench.harness.data.catalogue import source
from bench.harness.machine.device import Execution
from bench.harness.machine.execution import add_threads, applied_execution
from bench.harness.machine.measuring import add_json, add_repeats, require_at_least, with_conditions, write_result
from bench.harness.machine.memory_format import execution_for
from bench.harness.machine.turns import disturbed, guarded_turns, turns_text
from bench.harness.number_format import counted, number, with_interval
from bench.harness.stats.turns import Median, turn_median, turn_ratio
from bench.harness.streams import say
from bench.performance.entries import Entry, entries
from bench.performance.layers.slices import FORMATS, shape_text, timer
from models import registry

BATCH = 64
SECONDS = 0.005  # of a slice
LONGEST = 0.1  # of one run: a layer that takes longer has work for every thread
SHOWN = 25  # rows of a table


class Layer(NamedTuple):
    """A layer with the feature maps that it gets.

    Attributes:
        description: class and arguments, as `print` shows them.
        shape: the input's, (batch, ...).
        nets: entries that have it.
        trained_in: memory format of their training.
        layer: the layer itself.
    """

    description: str
    shape: tuple[int, ...]
    nets: tuple[str, ...]
    trained_in: str
    layer: nn.Module


def distinct_layers(chosen: Iterable[Entry]) -> list[Layer]:
    """Return the layers of some nets that have work to do, each with each shape of input once."""
    known: dict[tuple[str, tuple[int, ...]], Layer] = {}
    for entry in chosen:
        options, data = entry.options(), source(entry.dataset)
        trained_in = execution_for(Execution("cpu", 1), entry.architecture, options).memory_format
        for layer, shape in _met(registry.create(entry.architecture, **options), (data.channels, data.size, data.size)):
            key = (str(layer), shape)
            nets = known[key].nets if key in known else ()
            known[key] = Layer(key[0], shape, tuple(dict.fromkeys((*nets, entry.name))), trained_in, layer)
    return list(known.values())


def _met(model: nn.Module, image: tuple[int, ...]) -> list[tuple[nn.Module, tuple[int, ...]]]:
    """Return the layers without parts of their own, with the shape of what each gets."""
    met: list[tuple[nn.Module, tuple[int, ...]]] = []
    handles = [
        layer.register_forward_hook(lambda layer, given, _: met.append((layer, tuple(given[0].shape))))
        for layer in model.modules()
        if not list(layer.children()) and not isinstance(layer, (nn.Identity, nn.Flatten, nn.Dropout))
    ]
    with torch.no_grad():
        model(torch.rand(BATCH, *image))
    for handle in handles:
        handle.remove()
    return met


def _rate_of(layer: nn.Module, x: Tensor, threads: int) -> Callable[[], float]:
    """Return a function that runs the layer forward and backward for a slice and returns the images/s."""
    seconds = timer(layer, x, threads, SECONDS)
    return lambda: BATCH / seconds()


def measure(layer: Layer, threads: Sequence[int], repeats: int) -> dict[str, Any] | None:
    """Return a layer's row, images/s of each turn by memory format and threads; None where it takes too long."""
    formats = FORMATS if len(layer.shape) == 4 else {"contiguous": torch.contiguous_format}  # noqa: PLR2004 - maps
    layer.layer.train()
    given = {name: torch.rand(layer.shape).to(memory_format=form).requires_grad_() for name, form in formats.items()}
    timers = {(name, count): _rate_of(layer.layer, x, count) for name, x in given.items() for count in threads}
    if BATCH / next(iter(timers.values()))() > LONGEST:
        return None
    turns = guarded_turns(timers, repeats)
    return {
        "layer": layer.description,
        "shape": list(layer.shape),
        "nets": list(layer.nets),
        "trained_in": layer.trained_in if layer.trained_in in formats else "contiguous",
        "cases": [
            {"memory_format": name, "threads": count, "images_per_second": [turn.values[name, count] for turn in turns]}
            for name, count in timers
        ],
        "turns_disturbed": disturbed(turns),
    }


def table(rows: Sequence[Mapping[str, Any]], shown: int = SHOWN) -> str:
    """Return the rows whose further threads gain least, as Markdown; all where `shown` is as many."""
    threads = sorted({case["threads"] for row in rows for case in row["cases"]})
    first, last = threads[0], threads[-1]
    headers = ["layer", "input", "trained in"]
    headers += [f"{name}, {counted(count, 'thread')}" for name in FORMATS for count in (first, last)]
    headers += [f"gain, {name}" for name in FORMATS]
    ordered = sorted(rows, key=lambda row: _gain(row, row["trained_in"], first, last).median)
    lines = [
        [
            f"`{row['layer']}`",
            shape_text(row["shape"]),
            row["trained_in"],
            *(_rate(row, name, count) for name in FORMATS for count in (first, last)),
            *(_gain_cell(row, name, first, last) for name in FORMATS),
        ]
        for row in ordered[:shown]
    ]
    return tabulate(lines, headers, tablefmt="pipe", disable_numparse=True)


def turns_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return how many turns each figure is the median of, and how many of them others disturbed."""
    kept = (len(case["images_per_second"]) for row in rows for case in row["cases"])
    return turns_text(kept, (row["turns_disturbed"] for row in rows))


def _values(row: Mapping[str, Any], memory_format: str, threads: int) -> Sequence[float] | None:
    cases = {(case["memory_format"], case["threads"]): case["images_per_second"] for case in row["cases"]}
    return cases.get((memory_format, threads))


def _rate(row: Mapping[str, Any], memory_format: str, threads: int) -> str:
    values = _values(row, memory_format, threads)
    return "" if values is None else number(turn_median(values).median, 0)


def _gain(row: Mapping[str, Any], memory_format: str, first: int, last: int) -> Median:
    return turn_ratio(_values(row, memory_format, last) or (), _values(row, memory_format, first) or ())


def _gain_cell(row: Mapping[str, Any], memory_format: str, first: int, last: int) -> str:
    if _values(row, memory_format, last) is None:
        return ""
    return with_interval(*_gain(row, memory_format, first, last)[1:], 2)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare which nets' layers are measured."""
    parser.add_argument("--entries", default=None, metavar="A,B", help="entries of the leaderboards; default: all")
    add_repeats(parser, 9)
    add_threads(parser)
    add_json(parser, "rows")


def run(arguments: argparse.Namespace) -> None:
    """Measure, write the rows, print the table."""
    require_at_least(1, arguments, "repeats")
    execution = applied_execution(arguments)
    layers = distinct_layers(entries(arguments.entries))
    rows, long = list[dict[str, Any]](), 0
    for place, layer in enumerate(layers):
        row = measure(layer, sorted({1, execution.threads}), arguments.repeats)
        say(f"{place + 1}/{len(layers)}  {layer.description}, {shape_text(layer.shape)}")
        rows += [row] if row else []
        long += row is None
    content = {"rows": rows, "left_out_as_long": long, "longest_seconds": LONGEST}
    write_result(arguments, with_conditions(content, arguments, device="cpu", threads=execution.threads))
    print(f"{table(rows)}\n\n{turns_of(rows)}")  # noqa: T201 - the answer
