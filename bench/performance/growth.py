"""`python -m bench growth`: how time and memory grow with training images, image side, batch, width and trials.

Each sweep multiplies one size and leaves the rest alone; the exponent is the slope of the logarithms (1: linear).
Sizes take turns, so that a slow moment of the machine hits all of them. Writes the points and a figure a sweep.
"""

import argparse
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from tabulate import tabulate

from bench.harness.command import main_guard
from bench.harness.errors import UserError
from bench.harness.files import write_json, write_text
from bench.harness.machine.clock import use_device
from bench.harness.machine.device import Execution, apply, resolve_device, resolve_threads
from bench.harness.machine.environment import environment
from bench.harness.number_format import MISSING, number, significant
from bench.harness.report.figures import COLOURS, STYLE
from bench.performance.sweeps import Sweep, sweeps

PANEL_INCHES = (4.8, 2.6)
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
    parser = argparse.ArgumentParser(prog="python -m bench growth", description=__doc__)
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


Value = Callable[[Any], float | None]


def growth_svg(sweeps: Sequence[Any]) -> str:
    """Return the sweeps of `bench.performance.growth` as SVG: time on the left, memory on the right."""
    import matplotlib as mpl  # noqa: PLC0415 - seconds that nothing else here needs
    from matplotlib.figure import Figure  # noqa: PLC0415

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(2 * PANEL_INCHES[0], len(sweeps) * PANEL_INCHES[1]), layout="constrained")
        panels = figure.subplots(len(sweeps), 2, squeeze=False)
        for (left, right), sweep in zip(panels, sweeps, strict=True):
            _draw(left, sweep, lambda point: point.seconds, f"seconds, {sweep.subject}", COLOURS[0])
            _draw(right, sweep, lambda point: point.memory_mb, "memory added (MB)", COLOURS[1])
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def _draw(axes: "Axes", sweep: Any, of: Value, label: str, colour: str) -> None:  # noqa: ANN401 - a Sweep
    pairs = [(point.size, value) for point in sweep.points if (value := of(point))]
    axes.set(xscale="log", yscale="log", xlabel=f"{sweep.name} ({sweep.size})", ylabel=label)
    if not pairs:
        axes.set_title("not known here")
        return
    sizes, values = zip(*pairs, strict=True)
    axes.plot(sizes, values, color=colour, marker="o", linestyle="")
    found = sweep.exponent(of)
    if found is not None:
        slope, error = found
        centre = math.exp(sum(math.log(value) - slope * math.log(size) for size, value in pairs[-3:]) / len(pairs[-3:]))
        axes.plot(sizes, [centre * size**slope for size in sizes], color=colour, linewidth=1)
        axes.set_title(f"∝ size^{slope:.2f} ± {error:.2f}")
