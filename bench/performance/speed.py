"""`python -m bench speed`: how fast convbench trains and evaluates, beside the loops that anyone would write.

For every entry of the leaderboards: training images/s of the articles' loop (DataLoader with 0 and with 2 workers), of
PyTorch Lightning and of convbench; images/s of the evaluation; inference in torch eager and under torch.compile. The
loops of an entry take turns, so that a ratio compares neighbours in time; the machine's peak (a large float32 matrix
product) is measured in every turn, and a turn that others disturb is taken again. The table goes to standard output.
"""

import argparse
import multiprocessing
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any, TypedDict, cast

import torch

from bench.harness.errors import UserError, unknown
from bench.harness.machine.clock import clock
from bench.harness.machine.device import Execution, apply
from bench.harness.machine.environment import environment
from bench.harness.machine.execution import add_execution, chosen_execution
from bench.harness.machine.measuring import add_json, add_repeats, require_at_least, write_result
from bench.harness.machine.turns import by_name, disturbed, guarded_turns
from bench.harness.number_format import duration
from bench.harness.training.costs import costs
from bench.performance import loops
from bench.performance.entries import Entry, entries
from bench.performance.lightning_loop import available, lightning_training
from bench.performance.speed_table import report

PEAK = "peak"  # among the loops' names
PEAK_SIDE = 2048  # of the square matrices whose product is the machine's peak

OURS = "convbench"  # the beginning of our own loops' names
LOOPS: Mapping[str, Mapping[str, loops.Rate]] = {
    "training": {
        "article-0": loops.article_training,
        "article-2": partial(loops.article_training, workers=2),
        "lightning": lightning_training,
        "convbench": loops.convbench_training,
    },
    "evaluation": {
        "article-0-evaluation": loops.article_evaluation,
        "convbench-evaluation": loops.convbench_evaluation,
    },
}
CUDA_LOOPS: Mapping[str, loops.Rate] = {  # more training loops, where a small net cannot fill the device
    "convbench-compiled": loops.convbench_compiled,
    f"convbench-{loops.SEEDS}-seeds": loops.convbench_seeds,
}
TASKS = (*LOOPS, "inference")


class Row(TypedDict):
    """The rates of one loop with one entry, one per turn, and the conditions.

    Attributes:
        loop: unique among an entry's rows.
        batch: images a step.
        peak_gflops: the machine's speed in float32, one per turn.
        turns_disturbed: turns in which others used the machine.
    """

    task: str
    architecture: str
    dataset: str
    loop: str
    batch: int
    images_per_second: list[float]
    mflops_per_image: float
    n: int
    peak_gflops: list[float]
    turns_disturbed: int
    device: str
    threads: int
    environment: dict[str, Any]


def peak_gflops() -> float:
    """Return the machine's speed in a large float32 matrix product, in 1e9 operations a second: the best of three."""
    left, right = torch.rand(PEAK_SIDE, PEAK_SIDE), torch.rand(PEAK_SIDE, PEAK_SIDE)
    torch.mm(left, right)
    best = 0.0
    for _ in range(3):
        start = clock()
        torch.mm(left, right)
        best = max(best, 2 * PEAK_SIDE**3 / (clock() - start) / 1e9)
    return best


class Speed:
    """One run: rows, more with every entry.

    The others' loops run in one process, ours and the inference in another: convbench's settings (allocator, denormals)
    belong to a process, and must not help those who did not make them.
    """

    def __init__(self, tasks: Sequence[str], execution: Execution, seconds: float, repeats: int) -> None:
        self.tasks, self.execution, self.seconds, self.repeats = tasks, execution, seconds, repeats
        self.rows: list[Row] = []
        spawn = multiprocessing.get_context("spawn")
        self._theirs = ProcessPoolExecutor(1, spawn, initializer=torch.set_num_threads, initargs=(execution.threads,))
        self._ours = ProcessPoolExecutor(1, spawn, initializer=apply, initargs=(execution,))

    def measure(self, entry: Entry, turn_ended: Callable[[int], None]) -> None:
        """Measure every loop of an entry, and the machine's peak, in turns."""
        chosen = {name: (task, rate) for task in self.tasks for name, rate in _loops(task, self.execution.device)}
        measurements: dict[str, Callable[[], float | None]] = {
            name: partial(self._rate, name, rate, entry) for name, (_, rate) in chosen.items()
        }
        measurements[PEAK] = lambda: self._ours.submit(peak_gflops).result()
        turns = guarded_turns(measurements, self.repeats, turn_ended=turn_ended, children=True)
        rates = by_name(turns)
        shared = {"peak_gflops": rates[PEAK], "turns_disturbed": disturbed(turns), **self._conditions(entry)}
        for name, (task, _) in chosen.items():
            values = [rate for rate in rates[name] if rate is not None]
            if values:
                self._add(task, name, loops.BATCH, values, shared)
        if "inference" in self.tasks:
            inferred = self._ours.submit(loops.inference_rates, entry, self.execution, self.seconds).result()
            for name, batch, values, with_others in inferred:
                self._add("inference", name, batch, values, {**shared, "turns_disturbed": with_others})

    def _conditions(self, entry: Entry) -> dict[str, Any]:
        return {
            "architecture": entry.name,
            "dataset": entry.dataset,
            "mflops_per_image": costs(entry.architecture, entry.options()).mflops_per_image,
            "device": self.execution.device,
            "threads": self.execution.threads,
            "environment": environment(self.execution.device),
        }

    def _rate(self, loop: str, rate: loops.Rate, entry: Entry) -> float | None:
        process = self._ours if loop.startswith(OURS) else self._theirs
        return process.submit(rate, entry, self.execution, self.seconds).result()

    def close(self) -> None:
        """End both processes."""
        self._theirs.shutdown()
        self._ours.shutdown()

    def _add(self, task: str, loop: str, batch: int, rates: list[float], shared: Mapping[str, Any]) -> None:
        row = {"task": task, "loop": loop, "batch": batch, "images_per_second": rates, "n": len(rates), **shared}
        self.rows.append(cast("Row", row))


def _loops(task: str, device: str) -> list[tuple[str, loops.Rate]]:
    rates = {**LOOPS.get(task, {}), **(CUDA_LOOPS if (task, device) == ("training", "cuda") else {})}
    return [(name, rate) for name, rate in rates.items() if name != "lightning" or available()]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare which loops are measured, how long and where."""
    parser.add_argument("--entries", default=None, metavar="A,B", help="entries of the leaderboards; default: all")
    parser.add_argument("--tasks", default=",".join(TASKS), metavar="A,B", help=f"default: {','.join(TASKS)}")
    add_repeats(parser, 5, "turns of every loop")
    parser.add_argument("--seconds", default=1.0, type=float, help="seconds of each loop in each turn; default 1")
    add_execution(parser)
    add_json(parser, "rows")


def _checked(arguments: argparse.Namespace) -> list[str]:
    """Return the tasks.

    Raises:
        UserError: an unknown task, or nothing to measure.
    """
    tasks: list[str] = arguments.tasks.split(",")
    for task in tasks:
        if task not in TASKS:
            raise UserError(unknown("task", task, TASKS))
    require_at_least(1, arguments, "repeats")
    if not arguments.seconds > 0:  # nan is not above 0 either
        raise UserError(f"--seconds is {arguments.seconds:g}: it must be above 0")
    return tasks


def run(arguments: argparse.Namespace) -> None:
    """Measure, write the rows after every entry, print the tables."""
    tasks, chosen = _checked(arguments), entries(arguments.entries)
    measurement = Speed(tasks, chosen_execution(arguments), arguments.seconds, arguments.repeats)
    try:
        _measure(measurement, chosen, arguments)
    finally:
        measurement.close()
    print(report(measurement.rows))  # noqa: T201 - the answer


def _measure(measurement: Speed, chosen: Sequence[Entry], arguments: argparse.Namespace) -> None:
    if not available() and "training" in measurement.tasks:
        _say("Lightning is not installed (pip install '.[speed]'): its rows are left out")
    start = time.monotonic()

    def say_turn(entry: Entry, taken: int) -> None:
        _say(f"{duration(time.monotonic() - start):>12}  {entry.name}: turn {taken}/{arguments.repeats}")

    for entry in chosen:
        measurement.measure(entry, partial(say_turn, entry))
        write_result(arguments, measurement.rows)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - progress of a command
