"""The report's figures as pixels, for trackers that show pictures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bench.harness.analysis.analyse import analyse
from bench.harness.records.record import load
from bench.harness.records.speed import load_speeds
from bench.harness.records.store import RECORDS


class Picture(NamedTuple):
    """A figure of a study.

    Attributes:
        study: the study's name, with its variant.
        kind: curves or throughput.
        pixels: shape (height, width, 3), 0 to 255.
    """

    study: str
    kind: str
    pixels: npt.NDArray[np.uint8]


def pictures(folder: Path) -> Iterator[Picture]:
    """Yield the learning curves, and accuracy against throughput, of every study in a results folder."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - half a second, at the end only

    from bench.harness.report.figures.curves import curves_figure, throughput_figure  # noqa: PLC0415 - as above
    from bench.harness.report.page import identifier  # noqa: PLC0415 - as above

    for result in analyse(load(folder / RECORDS), load_speeds(folder), pool=True):
        for kind, figure in (("curves", curves_figure(result)), ("throughput", throughput_figure(result))):
            canvas: Any = FigureCanvasAgg(figure)  # Matplotlib's types leave its methods out
            canvas.draw()
            yield Picture(identifier(result), kind, np.asarray(canvas.buffer_rgba())[..., :3].copy())
