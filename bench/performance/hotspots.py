"""`python -m bench hotspots ENTRY...`: where the time of a training step goes, operation by operation.

Shares are of the wall time of the profiled steps; what is no operation of torch's is the interpreter's and the
profiler's own. The profiler slows small operations: shares are to be read, speeds are `bench.performance.speed`'s.
"""

import argparse
import time
from collections.abc import Sequence

import torch
from tabulate import tabulate
from torch.profiler import ProfilerActivity, profile

from bench.harness.command import main_guard
from bench.harness.machine.device import Execution, apply, resolve_threads
from bench.harness.machine.environment import environment, short_commit
from bench.harness.machine.memory_format import execution_for
from bench.harness.training.training import Training
from bench.performance.entries import Entry, entries
from bench.performance.loops import RECIPE, pixels, preprocess

STEPS = 20
SHOWN = 8


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
    with profile(activities=[ProfilerActivity.CPU]) as found:
        start = time.perf_counter()
        for _ in range(STEPS):
            next(steps)
        wall = 1e6 * (time.perf_counter() - start)
    events = sorted(found.key_averages(), key=lambda event: -event.self_cpu_time_total)
    named = [event for event in events if event.key.startswith("aten::")]
    rows = [(event.key, event.count / STEPS, 100 * event.self_cpu_time_total / wall) for event in named[:SHOWN]]
    rest = sum(event.self_cpu_time_total for event in named[SHOWN:])
    everything = sum(event.self_cpu_time_total for event in named)
    rows += [
        ("other operations", 0, 100 * rest / wall),
        ("interpreter, autograd, profiler", 0, 100 * (1 - everything / wall)),
    ]
    cells = [(name, f"{calls:g}" if calls else "", f"{share:.0f} %") for name, calls, share in rows]
    table = tabulate(cells, ("operation", "calls a step", "share of the time"), tablefmt="pipe", disable_numparse=True)
    return f"**{entry.name}** ({entry.dataset}): {wall / STEPS / 1e3:.2f} ms a step of {RECIPE.batch_size}\n\n{table}"


@main_guard
def main(argv: Sequence[str] | None = None) -> None:
    """Print the hotspots of the entries."""
    parser = argparse.ArgumentParser(prog="python -m bench hotspots", description=__doc__)
    parser.add_argument("entries", metavar="A,B", help="of the leaderboards")
    parser.add_argument("--threads", default=None, type=int, help="CPU threads; default: every core")
    arguments = parser.parse_args(argv)
    execution = Execution("cpu", resolve_threads(arguments.threads))
    apply(execution)
    for entry in entries(arguments.entries):
        print(hotspots(entry, execution), end="\n\n")  # noqa: T201 - the answer
    where = environment()
    machine = f"{where['hardware']}, {execution.threads} threads, torch {torch.__version__}"
    print(f"<sub>{machine}; {short_commit(where['commit'])}</sub>")  # noqa: T201 - as above
