"""Summaries of a measurement in turns: medians, and ratios between two that took turns.

Source: J. L. Hodges and E. L. Lehmann, Estimates of location based on rank tests, 1963: the median of all means of two
turns, with the interval that Wilcoxon's signed-rank test gives. A moment in which the machine stalls moves neither far.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from bench.harness.stats.differences import CONFIDENCE

Floats = npt.NDArray[np.float64]


class Median(NamedTuple):
    """A figure over n turns with its 95 % interval; the ends are None where there are too few turns for one."""

    n: int
    median: float
    low: float | None = None
    high: float | None = None


def turn_median(values: Sequence[float]) -> Median:
    """Return the Hodges-Lehmann estimate of values that are positive, on their logarithms.

    Raises:
        ValueError: no values, or one that is not positive and finite.
    """
    return _estimate(_logs(values))


def turn_ratio(over: Sequence[float], under: Sequence[float]) -> Median:
    """Return the ratio of two that took turns, from the turns' own ratios.

    Args:
        over: positive values, one a turn.
        under: those of the same turns.

    Raises:
        ValueError: no values, not equally many, or one that is not positive and finite.
    """
    if len(over) != len(under):
        raise ValueError(f"{len(over)} and {len(under)} turns: give values of the same turns")
    return _estimate(_logs(over) - _logs(under))


def _logs(values: Sequence[float]) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if not array.size or not np.isfinite(array).all() or (array <= 0).any():
        raise ValueError(f"values {list(values)}: give at least one, all positive and finite")
    return np.log(array)


def _estimate(logs: Floats) -> Median:
    first, second = np.triu_indices(len(logs))
    means = np.sort((logs[first] + logs[second]) / 2)
    outside = _rank(len(logs))
    low, high = (None, None) if outside is None else (means[outside - 1], means[-outside])
    ends = (None if end is None else math.exp(end) for end in (low, high))
    return Median(len(logs), math.exp(float(np.median(means))), *ends)


def _rank(n: int) -> int | None:
    """Return which of the means from either end bounds the interval, None where n is too small for its level.

    Up to 50 turns exactly, from the distribution of the signed-rank statistic; beyond by its normal limit.
    """
    tail = (1 - CONFIDENCE) / 2
    if n > 50:  # noqa: PLR2004 - the normal limit is within a rank by then
        mean, variance = n * (n + 1) / 4, n * (n + 1) * (2 * n + 1) / 24
        return int(mean + 0.5 - special.ndtri(1 - tail) * math.sqrt(variance))
    counts = np.zeros(n * (n + 1) // 2 + 1)
    counts[0] = 1
    for rank in range(1, n + 1):
        counts[rank:] += counts[:-rank].copy()
    below = np.cumsum(counts) / 2.0**n  # chance that the statistic is at most so much
    outside = int(np.searchsorted(below, tail, side="right"))
    return outside or None
