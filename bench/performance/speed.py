"""`python -m bench speed`: how fast convbench trains and evaluates, beside the loops that anyone would write.

For every entry of the leaderboards: training images/s of the articles' loop (DataLoader with 0 and with 2 workers), of
PyTorch Lightning and of convbench; images/s of the evaluation; inference in torch eager and under torch.compile. The
loops take turns within one run, so that a ratio compares neighbours in time; the machine's peak (a large float32
matrix product) is measured in every turn too. The table goes to standard output as Markdown.
"""

import argparse
import multiprocessing
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any, TypedDict

import torch

from bench.harness.errors import UserError, unknown
from bench.harness.machine.clock import clock
from bench.harness.machine.device import Execution, apply
from bench.harness.machine.environment import environment
from bench.harness.machine.execution import add_execution, chosen_execution
from bench.harness.machine.measuring import add_json, add_repeats, require_at_least, write_result
from bench.harness.machine.turns import rotated
from bench.harness.number_format import duration
from bench.harness.training.costs import costs
from bench.performance import loops
from bench.performance.entries import Entry, entries
from bench.performance.lightning_loop import available, lightning_training
from bench.performance.speed_table import report

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
    """One run: rows that grow by a rate with every turn.

    The others' loops run in one process, ours and the inference in another: convbench's settings (allocator, denormals)
    belong to a process, and must not help those who did not make them.
    """

    def __init__(self, chosen: Sequence[Entry], tasks: Sequence[str], execution: Execution, seconds: float) -> None:
        self.chosen, self.tasks, self.execution, self.seconds = chosen, tasks, execution, seconds
        self.rows: dict[tuple[str, str, str], Row] = {}
        self.peaks: list[float] = []
        spawn = multiprocessing.get_context("spawn")
        self._theirs = ProcessPoolExecutor(1, spawn, initializer=torch.set_num_threads, initargs=(execution.threads,))
        self._ours = ProcessPoolExecutor(1, spawn, initializer=apply, initargs=(execution,))

    def turn(self, number: int) -> Iterator[str]:
        """Measure every loop of every entry once, in an order that rotates with the turn; yield each loop's name."""
        self.peaks.append(self._ours.submit(peak_gflops).result())
        for entry in self.chosen:
            for task in self.tasks:
                for loop, rate in rotated(_loops(task, self.execution.device), number):
                    yield f"{entry.name}: {loop}"
                    process = self._ours if loop.startswith(OURS) else self._theirs
                    images_per_second = process.submit(rate, entry, self.execution, self.seconds).result()
                    if images_per_second is not None:
                        self._add(task, entry, loop, loops.BATCH, images_per_second)
            if "inference" in self.tasks and number == 0:
                yield f"{entry.name}: inference, with torch.compile for {len(loops.BATCHES)} batch sizes"
                self._infer(entry)

    def _infer(self, entry: Entry) -> None:
        """Measure an entry's inference, whose loops take turns of their own."""
        rows = self._ours.submit(loops.inference_rates, entry, self.execution, self.seconds).result()
        for loop, batch, rates in rows:
            for rate in rates:
                self._add("inference", entry, loop, batch, rate)

    def close(self) -> None:
        """End both processes."""
        self._theirs.shutdown()
        self._ours.shutdown()

    def _add(self, task: str, entry: Entry, loop: str, batch: int, rate: float) -> None:
        key = (entry.dataset, entry.name, loop)
        if key not in self.rows:
            self.rows[key] = Row(
                task=task,
                architecture=entry.name,
                dataset=entry.dataset,
                loop=loop,
                batch=batch,
                images_per_second=[],
                mflops_per_image=costs(entry.architecture, entry.options()).mflops_per_image,
                n=0,
                peak_gflops=self.peaks,
                device=self.execution.device,
                threads=self.execution.threads,
                environment=environment(self.execution.device),
            )
        self.rows[key]["images_per_second"].append(rate)
        self.rows[key]["n"] += 1


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
    if arguments.seconds <= 0:
        raise UserError(f"--seconds is {arguments.seconds:g}: it must be above 0")
    return tasks


def run(arguments: argparse.Namespace) -> None:
    """Measure, write the rows after every turn, print the tables."""
    tasks = _checked(arguments)
    measurement = Speed(entries(arguments.entries), tasks, chosen_execution(arguments), arguments.seconds)
    try:
        _measure(measurement, arguments)
    finally:
        measurement.close()
    print(report(list(measurement.rows.values())))  # noqa: T201 - the answer


def _measure(measurement: Speed, arguments: argparse.Namespace) -> None:
    if not available() and "training" in measurement.tasks:
        _say("Lightning is not installed (pip install '.[speed]'): its rows are left out")
    start = time.monotonic()
    for number in range(arguments.repeats):
        for loop in measurement.turn(number):
            _say(f"{duration(time.monotonic() - start):>12}  turn {number + 1}/{arguments.repeats}  {loop}")
        write_result(arguments, list(measurement.rows.values()))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - progress of a command
