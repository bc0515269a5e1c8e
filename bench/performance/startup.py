"""`python -m bench startup`: what it costs to start: seconds of the commands that should answer at once.

Each command runs in a process of its own, in turns; Python alone and an import of torch are measured beside them.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tabulate import tabulate

from bench.harness.command import main_guard
from bench.harness.errors import UserError
from bench.harness.files import write_json
from bench.harness.machine.environment import environment
from bench.harness.number_format import significant
from bench.harness.paths import PROJECT

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "python -c pass": ("-c", "pass"),
    'python -c "import torch"': ("-c", "import torch"),
    "pytest bench/ --collect-only -q": ("-m", "pytest", "bench/", "--collect-only", "-q"),
    "python -m bench list": ("-m", "bench", "list"),
    "python -m bench list studies": ("-m", "bench", "list", "studies"),
    "python -m bench report --results EMPTY": ("-m", "bench", "report", "--results", "EMPTY"),
    "python -m bench train --help": ("-m", "bench", "train", "--help"),
}


def seconds_of(words: Sequence[str]) -> float:
    """Return the wall time of a Python command; its answer and its exit status do not matter."""
    with tempfile.TemporaryDirectory() as empty:
        command = [sys.executable, *(empty if word == "EMPTY" else word for word in words)]
        start = time.perf_counter()
        subprocess.run(command, cwd=PROJECT, capture_output=True, check=False)  # noqa: S603 - constant commands
        return time.perf_counter() - start


def table(found: Mapping[str, Sequence[float]]) -> str:
    """Return the commands with their median time, its range and n, as Markdown."""
    rows = [
        (
            f"`{name}`",
            significant(statistics.median(values), 2),
            f"{significant(min(values), 2)} to {significant(max(values), 2)}",
            str(len(values)),
        )
        for name, values in found.items()
    ]
    return tabulate(rows, ("command", "seconds", "range", "n"), tablefmt="pipe", disable_numparse=True)


@main_guard
def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print the table, write the rows."""
    parser = argparse.ArgumentParser(prog="python -m bench startup", description=__doc__)
    parser.add_argument("--repeats", default=5, type=int, help="runs of each command; default 5")
    parser.add_argument("--json", default=None, type=Path, metavar="FILE", help="write the figures to this file")
    arguments = parser.parse_args(argv)
    if arguments.repeats < 1:
        raise UserError(f"--repeats is {arguments.repeats}: at least one run is needed")
    found: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(arguments.repeats):
        for name, words in COMMANDS.items():
            found[name].append(seconds_of(words))
    conditions = environment()
    if arguments.json is not None:
        write_json(arguments.json, {"environment": conditions, "seconds": found})
    print(table(found))  # noqa: T201 - the answer
    print(f"\n{conditions['hardware']}, {conditions['cores']} cores, python {conditions['python']}")  # noqa: T201 - as above
