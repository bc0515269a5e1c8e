"""`python -m bench workers`: how much sooner a study's answer is there with `--workers N`.

Runs `pytest bench/` on the same trials in turns, once one after the other on all cores and once side by side, each
time into an empty folder: wall time, start-up of Python and of the workers included.
"""

import argparse
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tabulate import tabulate

from bench.harness.errors import UserError
from bench.harness.machine.device import available_cores
from bench.harness.machine.measuring import add_json, add_repeats, require_at_least, with_conditions, write_result
from bench.harness.machine.turns import ratios, take_turns
from bench.harness.number_format import least_to_largest, significant, with_range
from bench.harness.paths import PROJECT
from bench.harness.records.record import load

CHOSEN = (
    "--studies activation -k '(lenet5 or sk-relu) and not speed'"  # five arms of about LeNet-5's size, five seeds each
)
HEADERS = ("", "trials", "seconds", "range", "n", "sooner")


def seconds_of(options: Sequence[str], how: Sequence[str]) -> tuple[float, int]:
    """Return the wall time of a run and how many trials it recorded.

    Raises:
        UserError: the run failed; the message is its output's end.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pytest", "bench/", "-q", *options]
        command += [*how, "--results", folder]
        start = time.perf_counter()
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603 - our own
        seconds = time.perf_counter() - start
        if done.returncode:
            raise UserError(f"`{shlex.join(command)}` failed: {(done.stdout + done.stderr)[-500:]}")
        return seconds, sum(len(load(path)) for path in Path(folder).rglob("records.jsonl"))


def table(content: Mapping[str, Any]) -> str:
    """Return both ways with their median times, and the median of the turns' own ratios, as Markdown."""
    seconds: Mapping[str, Sequence[float]] = content["seconds"]
    alone, together = seconds.values()
    sooner = ("1", with_range(ratios(alone, together), 2))
    rows = [
        (name, content["trials"], significant(statistics.median(values)), least_to_largest(values), len(values), ratio)
        for (name, values), ratio in zip(seconds.items(), sooner, strict=True)
    ]
    return tabulate(rows, HEADERS, tablefmt="pipe", disable_numparse=True)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare which trials run, and how many side by side."""
    parser.add_argument("--workers", default=2, type=int, help="default 2")
    add_repeats(parser, 3, "turns of both")
    parser.add_argument("--options", default=CHOSEN, help=f"options of pytest bench/; default: {CHOSEN}")
    add_json(parser, "seconds")


def run(arguments: argparse.Namespace) -> None:
    """Measure, write the seconds, print the table."""
    require_at_least(1, arguments, "repeats")
    if arguments.workers < 2:  # noqa: PLR2004 - with one nothing is side by side
        raise UserError(f"--workers is {arguments.workers}: at least 2 are side by side")
    alone = ["--workers", "0", "--threads", str(available_cores())]
    ways = {
        "one after the other, all cores": alone,
        f"--workers {arguments.workers}": ["--workers", str(arguments.workers)],
    }
    options = shlex.split(arguments.options)
    runs = {name: partial(seconds_of, options, how) for name, how in ways.items()}
    measured = take_turns(runs, arguments.repeats)
    seconds = {name: [wall for wall, _ in turns] for name, turns in measured.items()}
    trials = next(iter(measured.values()))[-1][1]
    content = with_conditions({"options": arguments.options, "trials": trials, "seconds": seconds}, arguments)
    write_result(arguments, content)
    print(table(content))  # noqa: T201 - the answer
