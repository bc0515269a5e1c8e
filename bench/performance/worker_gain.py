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
from pathlib import Path
from typing import Any

from tabulate import tabulate

from bench.harness.command import main_guard
from bench.harness.errors import UserError
from bench.harness.files import write_json
from bench.harness.machine.environment import environment
from bench.harness.number_format import significant
from bench.harness.paths import PROJECT
from bench.harness.records.record import load

CHOSEN = "--studies activation -k 'lenet5 or sk-relu'"  # five arms of about LeNet-5's size, five seeds each
HEADERS = ("", "trials", "seconds", "range", "n", "sooner")


def seconds_of(options: Sequence[str], workers: int) -> tuple[float, int]:
    """Return the wall time of a run and how many trials it recorded.

    Raises:
        UserError: the run failed; the message is its output's end.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pytest", "bench/", "-q", *options]
        command += ["--workers", str(workers), "--results", folder]
        start = time.perf_counter()
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603 - our own
        seconds = time.perf_counter() - start
        if done.returncode:
            raise UserError(f"`{shlex.join(command)}` failed: {(done.stdout + done.stderr)[-500:]}")
        return seconds, sum(len(load(path)) for path in Path(folder).rglob("records.jsonl"))


def table(content: Mapping[str, Any]) -> str:
    """Return both ways with their median times, and the median of the turns' own ratios, as Markdown."""
    found: Mapping[str, Sequence[float]] = content["seconds"]
    alone, together = found.values()
    ratios = [one / other for one, other in zip(alone, together, strict=True)]
    sooner = ("1", f"{statistics.median(ratios):.2f} [{min(ratios):.2f}, {max(ratios):.2f}]")
    rows = [
        (name, content["trials"], significant(statistics.median(values)), _range(values), len(values), ratio)
        for (name, values), ratio in zip(found.items(), sooner, strict=True)
    ]
    return tabulate(rows, HEADERS, tablefmt="pipe", disable_numparse=True)


def _range(values: Sequence[float]) -> str:
    return f"{significant(min(values))} to {significant(max(values))}"


@main_guard
def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print the table, write the seconds."""
    parser = argparse.ArgumentParser(prog="python -m bench workers", description=__doc__)
    parser.add_argument("--workers", default=2, type=int, help="default 2")
    parser.add_argument("--repeats", default=3, type=int, help="turns of both; default 3")
    parser.add_argument("--options", default=CHOSEN, help=f"of pytest bench/; default: {CHOSEN}")
    parser.add_argument("--json", default=None, type=Path, metavar="FILE", help="write the seconds to this file")
    arguments = parser.parse_args(argv)
    if arguments.repeats < 1:
        raise UserError(f"--repeats is {arguments.repeats}: at least one turn is needed")
    if arguments.workers < 2:  # noqa: PLR2004 - one is what it is compared with
        raise UserError(f"--workers is {arguments.workers}: at least 2 are side by side")
    counts = {"one after the other, all cores": 1, f"--workers {arguments.workers}": arguments.workers}
    found: dict[str, list[float]] = {name: [] for name in counts}
    trials = 0
    for turn in range(arguments.repeats):
        for name in sorted(counts, reverse=turn % 2 == 1):
            seconds, trials = seconds_of(shlex.split(arguments.options), counts[name])
            found[name].append(seconds)
    content = {"environment": environment(), "options": arguments.options, "trials": trials, "seconds": found}
    if arguments.json is not None:
        write_json(arguments.json, content)
    print(table(content))  # noqa: T201 - the answer
