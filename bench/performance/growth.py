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

from bench.harness.files import write_json, write_text
from bench.harness.machine.execution import add_execution, applied_execution
from bench.harness.machine.measuring import add_repeats, require_at_least, with_conditions
from bench.harness.machine.turns import turns_text
from bench.harness.number_format import MISSING, number, significant
from bench.harness.report.figures.canvas import COLOURS, STYLE
from bench.performance.sweeps import Sweep, sweeps

HEADERS = ("what grows", "timed", "from, to", "time at the end", "time ∝ size^", "memory", "memory ∝ size^")
PANEL_INCHES = (4.8, 2.6)

Value = Callable[[Any], float | None]


def table(measured: Sequence[Sweep]) -> str:
    """Return the sweeps with their exponents as Markdown."""
    return tabulate([_row(sweep) for sweep in measured], HEADERS, tablefmt="pipe", disable_numparse=True)


def turns_of(measured: Sequence[Sweep]) -> str:
    """Return how many turns each figure is the median of, and how many of them others disturbed."""
    kept = (point.n for sweep in measured for point in sweep.points)
    return turns_text(kept, (sweep.turns_disturbed for sweep in measured))


def _row(sweep: Sweep) -> tuple[str, ...]:
    first, last = sweep.points[0], sweep.points[-1]
    return (
        sweep.name,
        sweep.subject,
        f"{significant(first.size)} to {significant(last.size)} {sweep.size}",
        f"{significant(last.seconds)} s",
        _exponent(sweep.exponent(lambda point: point.seconds)),
        MISSING if last.memory_mb is None else f"{number(last.memory_mb, 0)} MB",
        _exponent(sweep.exponent(lambda point: point.memory_mb)),
    )


def _exponent(fit: tuple[float, float] | None) -> str:
    return MISSING if fit is None else f"{fit[0]:.2f} ± {fit[1]:.2f}"


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
    fit = sweep.exponent(of)
    if fit is not None:
        slope, error = fit
        centre = math.exp(sum(math.log(value) - slope * math.log(size) for size, value in pairs[-3:]) / len(pairs[-3:]))
        axes.plot(sizes, [centre * size**slope for size in sizes], color=colour, linewidth=1)
        axes.set_title(f"∝ size^{slope:.2f} ± {error:.2f}")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare how often and where the sizes are measured."""
    add_repeats(parser, 3, "turns of every size")
    parser.add_argument("--out", default=Path("results/growth"), type=Path, metavar="DIR", help="results/growth")
    add_execution(parser)


def run(arguments: argparse.Namespace) -> None:
    """Measure, write points and figure, print the table."""
    require_at_least(1, arguments, "repeats")
    execution = applied_execution(arguments)
    measured = sweeps(execution, arguments.repeats)
    content = with_conditions(
        {"sweeps": [asdict(sweep) for sweep in measured]},
        arguments,
        device=execution.device,
        threads=execution.threads,
    )
    write_json(arguments.out / "growth.json", content)
    write_text(arguments.out / "growth.svg", growth_svg(measured))
    print(f"{table(measured)}\n\n{turns_of(measured)}")  # noqa: T201 - the answer
