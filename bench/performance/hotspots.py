"""`python -m bench hotspots ENTRY...`: where the time of a training step goes, operation by operation.

Shares are of the wall time of the profiled steps; the part outside torch's operations is the interpreter's and the
profiler's own. The profiler slows small operations: shares are to be read, speeds are `bench.performance.speed`'s.
"""

import argparse
import time

from tabulate import tabulate
from torch.profiler import ProfilerActivity, profile

from bench.harness.machine.device import Execution
from bench.harness.machine.environment import environment, short_commit
from bench.harness.machine.execution import add_threads, applied_execution
from bench.harness.machine.memory_format import execution_for
from bench.harness.training.training import Training
from bench.performance.entries import Entry, entries
from bench.performance.loops import RECIPE, pixels, preprocess

STEPS = 20
SHOWN = 8
HEADERS = ("operation", "calls a step", "share of the time")


def hotspots(entry: Entry, execution: Execution) -> str:
    """Return the operations that take most of an entry's training step on the CPU, as Markdown."""
    options = entry.options()
    execution = execution_for(execution, entry.architecture, options)
    training = Training(entry.architecture, options, RECIPE, train=pixels(entry.dataset), execution=execution, seed=0)
    prepare = preprocess(entry, execution)
    training.warm_up(prepare)
    steps = training.steps(prepare)
    for _ in range(STEPS // 2):
        next(steps)
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        start = time.perf_counter()
        for _ in range(STEPS):
            next(steps)
        wall_us = 1e6 * (time.perf_counter() - start)
    table = tabulate(_rows(profiler, wall_us), HEADERS, tablefmt="pipe", disable_numparse=True)
    head = f"**{entry.name}** ({entry.dataset}): {wall_us / STEPS / 1e3:.2f} ms a step of {RECIPE.batch_size}"
    return f"{head}\n\n{table}"


def _rows(profiler: profile, wall_us: float) -> list[tuple[str, str, str]]:
    """Return the operations that take longest, then the others together and the time outside operations."""
    events = sorted(profiler.key_averages(), key=lambda event: -event.self_cpu_time_total)
    operations = [event for event in events if event.key.startswith("aten::")]
    largest = [
        (event.key, f"{event.count / STEPS:g}", _share(event.self_cpu_time_total, wall_us))
        for event in operations[:SHOWN]
    ]
    rest = sum(event.self_cpu_time_total for event in operations[SHOWN:])
    outside = wall_us - sum(event.self_cpu_time_total for event in operations)
    return [
        *largest,
        ("other operations", "", _share(rest, wall_us)),
        ("interpreter, autograd, profiler", "", _share(outside, wall_us)),
    ]


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare which nets are profiled."""
    parser.add_argument("entries", metavar="A,B", help="entries of the leaderboards")
    add_threads(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print the hotspots of the entries."""
    execution = applied_execution(arguments)
    for entry in entries(arguments.entries):
        print(hotspots(entry, execution), end="\n\n")  # noqa: T201 - the answer
    where = environment()
    machine = f"{where['hardware']}, {execution.threads} threads, torch {where['torch']}"
    print(f"<sub>{machine}; {short_commit(where['commit'])}</sub>")  # noqa: T201 - as above
