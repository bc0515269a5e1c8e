"""Draws how time and memory grow: a row a sweep, both axes logarithmic, the fitted line with its exponent."""

import io
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from bench.figures import COLOURS, STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANEL_INCHES = (4.8, 2.6)


Value = Callable[[Any], float | None]


def growth_svg(sweeps: Sequence[Any]) -> str:
    """Return the sweeps of `bench.growth` as SVG: time on the left, memory on the right."""
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
