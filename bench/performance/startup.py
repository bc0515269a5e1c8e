"""`python -m bench startup`: the cost to start: seconds of the commands that should answer at once.

Each command runs in a process of its own, in turns; Python alone and an import of torch are measured beside them.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from tabulate import tabulate

from bench.harness.machine.measuring import add_json, add_repeats, require_at_least, with_conditions, write_result
from bench.harness.machine.turns import by_name, disturbed, guarded_turns, turns_text
from bench.harness.number_format import least_to_largest, significant
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


def table(seconds: Mapping[str, Sequence[float]]) -> str:
    """Return the commands with their median time, its range and n, as Markdown."""
    rows = [
        (f"`{name}`", significant(statistics.median(values), 2), least_to_largest(values, 2), str(len(values)))
        for name, values in seconds.items()
    ]
    return tabulate(rows, ("command", "seconds", "range", "n"), tablefmt="pipe", disable_numparse=True)


def turns_of(content: Mapping[str, Any]) -> str:
    """Return how many turns each figure is the median of, and how many of them others disturbed."""
    return turns_text(map(len, content["seconds"].values()), [content["turns_disturbed"]])


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare how often the commands run."""
    add_repeats(parser, 5, "runs of each command")
    add_json(parser, "figures")


def run(arguments: argparse.Namespace) -> None:
    """Measure, write the figures, print the table."""
    require_at_least(1, arguments, "repeats")
    commands = {name: partial(seconds_of, words) for name, words in COMMANDS.items()}
    turns = guarded_turns(commands, arguments.repeats, children=True)
    content = with_conditions({"seconds": by_name(turns), "turns_disturbed": disturbed(turns)}, arguments)
    write_result(arguments, content)
    where = content["environment"]
    print(table(content["seconds"]))  # noqa: T201 - the answer
    print(f"\n{turns_of(content)}; {where['hardware']}, {where['cores']} cores, python {where['python']}")  # noqa: T201 - as above
