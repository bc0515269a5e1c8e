"""The chance of a deviation and the width of an interval, where each part of its variance is known from few seeds.

Both are B. L. Welch's series (The generalization of Student's problem when several different population variances are
involved, Biometrika 1947), to the second order in one over the degrees of freedom: how many standard errors a normal
deviation is worth where the variance is a sum of several estimates. The usual approximation, Student's distribution
with Satterthwaite's degrees of freedom, takes these for known. They are not: where one arm's seeds agree by chance,
they come out too many just where the standard error came out too small, and of arms of unequal spread it calls too many
different (1.2 to 2.3 times as many as it says with 5 seeds; the series 1.0 to 1.8 times, and from 8 seeds on hardly
more).
"""

import math
import sys
from collections.abc import Callable

from scipy import optimize, special

from bench.harness.stats.variance import Sources


def tail(deviation: float, sources: Sources) -> float:
    """Return the chance that an estimate lies at least so far above its truth, 0 to 1 (exclusive).

    Args:
        deviation: the estimate less the truth that is doubted; negative where it lies below.
        sources: the estimate's variance, from one arm's seeds or from two arms', and from the test images.
    """
    worth, errors = _worth(sources), abs(deviation) / math.sqrt(sources.total)
    normal = optimize.brentq(lambda normal: worth(normal) - errors, 0, 1.5 * errors + 1, xtol=1e-14) if errors else 0.0
    return max(float(special.ndtr(math.copysign(normal, -deviation))), sys.float_info.min)


def half_width(sources: Sources, confidence: float) -> float:
    """Return half the width of the interval that has a confidence, above 0 and below 1."""
    return _worth(sources)(float(special.ndtri((1 + confidence) / 2))) * math.sqrt(sources.total)


def _worth(sources: Sources) -> Callable[[float], float]:
    """Return the function that says how many standard errors a normal deviation, 0 or more, is worth.

    The images' share of the variance is known from so many of them that it counts as known.
    """
    total = sources.total
    shares = [(part / total, n - 1) for part, n in zip(sources.seeds, sources.n, strict=True)]
    first = sum(share**2 / df for share, df in shares)
    second = sum(share**2 / df**2 for share, df in shares)
    third = sum(share**3 / df**2 for share, df in shares)

    def worth(normal: float) -> float:
        square = normal**2
        of_first_order = (1 + square) / 4 * first
        of_second_order = (
            (3 + 5 * square + square**2) / 3 * third
            - (1 + square) / 2 * second
            - (15 + 32 * square + 9 * square**2) / 32 * first**2
        )
        return normal * (1 + of_first_order + of_second_order)

    return worth
