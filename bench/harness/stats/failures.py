"""Failures of training: their definition, and an exact interval for their share."""

from typing import NamedTuple

from scipy import special

from bench.harness.stats.differences import CONFIDENCE

BY_LUCK = 0.001  # chance of so many right answers by guessing, above which a net has learned nothing


class Failures(NamedTuple):
    """The seeds of an arm that failed, and the ends of the 95 % interval of their share, 0 to 1."""

    failed: int
    n: int
    low: float
    high: float


def failures(count: int, n: int) -> Failures:
    """Return how many of n seeds failed, with the exact interval (C. J. Clopper and E. S. Pearson, 1934).

    Raises:
        ValueError: no seeds, or more failures than seeds.
    """
    if not 0 <= count <= n or n < 1:
        raise ValueError(
            f"{count} failures of {n} seeds: give a count from 0 to the number of seeds, which is 1 or more"
        )
    tail = (1 - CONFIDENCE) / 2
    low = 0.0 if count == 0 else float(special.betaincinv(count, n - count + 1, tail))
    high = 1.0 if count == n else float(special.betaincinv(count + 1, n - count, 1 - tail))
    return Failures(count, n, low, high)


def is_at_chance(right: int, images: int, commonest: float) -> bool:
    """Return whether so many right answers are no more than guessing gives.

    Args:
        right: right answers.
        images: number of test images.
        commonest: share of the commonest class among them, which a constant answer gets right, 0 to 1.
    """
    return right <= 0 or float(special.bdtrc(right - 1, images, commonest)) > BY_LUCK
