"""`python -m bench.growth`: how time and memory grow with training images, image side, batch, width and trials.

Each sweep multiplies one size and leaves the rest alone; the exponent is the slope of the logarithms (1: linear).
Sizes take turns, so that a slow moment of the machine hits all of them. Writes the points and a figure a sweep.
"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tabulate import tabulate

from bench.command import main_guard
from bench.device import Execution, apply, resolve_device, resolve_threads
from bench.environment import environment
from bench.errors import UserError
from bench.files import write_json, write_text
from bench.growth_figure import growth_svg
from bench.rounding import MISSING, number, significant
from bench.sweeps import Sweep, sweeps
from bench.timing import use_device

HEADERS = ("what grows", "timed", "from, to", "time at the end", "time ∝ size^", "memory", "memory ∝ size^")


def table(found: Sequence[Sweep]) -> str:
    """Return the sweeps with their exponents as Markdown."""
    return tabulate([_row(each) for each in found], HEADERS, tablefmt="pipe", disable_numparse=True)


def _row(found: Sweep) -> tuple[str, ...]:
    first, last = found.points[0], found.points[-1]
    return (
        found.name,
        found.subject,
        f"{significant(first.size)} to {significant(last.size)} {found.size}",
        f"{significant(last.seconds)} s",
        _exponent(found.exponent(lambda point: point.seconds)),
        MISSING if last.memory_mb is None else f"{number(last.memory_mb, 0)} MB",
        _exponent(found.exponent(lambda point: point.memory_mb)),
    )


def _exponent(found: tuple[float, float] | None) -> str:
    return MISSING if found is None else f"{found[0]:.2f} ± {found[1]:.2f}"


@main_guard
def main(argv: Sequence[str] | None = None) -> None:
    """Measure, write points and figure, print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("--repeats", default=3, type=int, help="turns of every size; default 3")
    parser.add_argument("--out", default=Path("results/growth"), type=Path, metavar="DIR", help="results/growth")
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda or mps")
    parser.add_argument("--threads", default=None, type=int, help="CPU threads; default: every core")
    arguments = parser.parse_args(argv)
    if arguments.repeats < 1:
        raise UserError(f"--repeats is {arguments.repeats}: at least one turn is needed")
    execution = Execution(resolve_device(arguments.device), resolve_threads(arguments.threads))
    apply(execution)
    use_device(execution.torch_device)
    found = sweeps(execution, arguments.repeats)
    content = {
        "device": execution.device,
        "threads": execution.threads,
        "environment": environment(execution.device),
        "sweeps": [asdict(each) for each in found],
    }
    write_json(arguments.out / "growth.json", content)
    write_text(arguments.out / "growth.svg", growth_svg(found))
    print(table(found))  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
