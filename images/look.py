"""The look of an image in a few numbers, and whether it is unlike others: the bounding box of a novelty detector.

A net answers whatever it is shown: a digit net calls a photograph "1, 99.6 %". An image whose numbers lie far outside
those of the images that a net was trained on is none that its accuracy was measured on.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Looks = npt.NDArray[np.float32]
SLACK, LEAST_SLACK = 0.5, 0.05  # beyond the range of the known images: a share of it, and at least so much of 1


class Range(NamedTuple):
    """The least and the greatest of every number of some images' looks, with some slack."""

    low: tuple[float, ...]
    high: tuple[float, ...]

    def holds(self, look: Sequence[float]) -> bool:
        """Return whether every number lies within."""
        return all(low <= value <= high for low, value, high in zip(self.low, look, self.high, strict=True))


def looks(images: npt.NDArray[np.uint8]) -> Looks:
    """Return five numbers from 0 to 1 of every image (n, channels, height, width), as (n, 5).

    Mean, standard deviation, mean of the rim, mean difference of neighbours in a row, mean difference of the channels.
    """
    values = images.astype(np.float32) / 255
    rim = np.ones(values.shape[2:], bool)
    rim[1:-1, 1:-1] = False
    pixels = (1, 2, 3)
    return np.stack(
        [
            values.mean(pixels),
            values.std(pixels),
            values[:, :, rim].mean((1, 2)),
            np.abs(np.diff(values, axis=3)).mean(pixels) if values.shape[3] > 1 else np.zeros(len(values)),
            values.max(1).mean((1, 2)) - values.min(1).mean((1, 2)),
        ],
        axis=1,
    ).astype(np.float32)


def range_of(images: npt.NDArray[np.uint8]) -> Range:
    """Return the range of some images' looks, at least one."""
    of_all = looks(images)
    low, high = of_all.min(0), of_all.max(0)
    slack = np.maximum(SLACK * (high - low), LEAST_SLACK)
    return Range(tuple(map(float, low - slack)), tuple(map(float, high + slack)))
