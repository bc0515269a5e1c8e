"""A learning curve: the error that is left with so many training images, as a power law above a floor.

error(n) = scale * n ** -exponent + floor, as J. Hestness et al. (Deep learning scaling is predictable, empirically,
2017) describe image classifiers between guessing and the error that more images do not mend.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

LEAST_POINTS = 4  # one more than there are parameters
STEEPEST = 5.0  # exponent
DIGITS = 4  # that are the same on every processor: where an iteration ends is not
Floats = npt.NDArray[np.float64]


class PowerLaw(NamedTuple):
    """The parameters of a fitted curve: errors are from 0 to 1."""

    scale: float
    exponent: float
    floor: float

    def error(self, images: npt.ArrayLike) -> Floats:
        """Return the error with so many training images."""
        return self.scale * np.asarray(images, float) ** -self.exponent + self.floor


def fit(images: Sequence[float], errors: Sequence[float]) -> PowerLaw | None:
    """Return the curve whose logarithm is nearest to that of the errors, by least squares, to DIGITS digits.

    Ratios of errors count alike at both ends of the curve. None where there are fewer than LEAST_POINTS, or an error
    is 0.

    Args:
        images: numbers of training images, above 0.
        errors: the error with each, 0 to 1.
    """
    if len(images) < LEAST_POINTS or min(errors) <= 0:
        return None
    n, measured = np.asarray(images, float), np.log(np.asarray(errors, float))

    def residuals(parameters: Floats) -> Floats:
        log_scale, exponent, floor = parameters
        return np.asarray(np.log(np.exp(log_scale) * n**-exponent + floor) - measured)

    slope, intercept = np.polyfit(np.log(n), measured, 1)
    start = (intercept, min(max(-slope, 0.01), 0.99 * STEEPEST), 0.5 * min(errors))
    bounds = ([-np.inf, 0.0, 0.0], [np.inf, STEEPEST, min(errors)])
    solved = least_squares(residuals, start, bounds=bounds)
    log_scale, exponent, floor = (float(value) for value in solved.x)
    return PowerLaw(*(float(f"{value:.{DIGITS}g}") for value in (np.exp(log_scale), exponent, floor)))
