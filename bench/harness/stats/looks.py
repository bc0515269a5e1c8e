"""The looks at which verdicts are given, and p values that hold however many of them there have been.

Whoever adds seeds until a difference shows finds one in the end, also where there is none. So looks are planned: at 5,
8, 12, 20 and 30 seeds and at no other number, and the error that a study may make is spent over them (K. K. G. Lan and
D. L. DeMets, Discrete sequential boundaries for clinical trials, Biometrika 1983), evenly: of 30 seeds each costs a
thirtieth. Steeper plans took fewer trials of studies that end at 30 seeds, and left less for those that end at 5.

A claim's p value at a look becomes its sequential p value, the smallest error at which the claim would have been made
at this look (Q. Liu and K. M. Anderson, On adaptive extensions of group sequential trials, JASA 2008). The smallest one
over the looks so far is a p value like any other, to be corrected for other comparisons, and no look to come undoes it.

How far the looks agree decides what each of them costs. Two looks at j < k seeds have a correlation of at least the
root of j/k: it is higher where test images, which are the same at both, share in the noise. With the least there can be
the levels are a little too strict, never too lenient.
"""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

Floats = npt.NDArray[np.float64]

LOOKS = (5, 8, 12, 20, 30)  # seeds; below the first the spread over seeds is hardly known
FIRST, LAST = LOOKS[0], LOOKS[-1]
ERRORS = np.geomspace(1e-12, 0.5, 40)  # one-sided; a sequential p value is read between these
REACH = 7.0  # standard deviations that the integrals go back
NODES, WEIGHTS = np.polynomial.legendre.leggauss(64)  # from -1 to 1


def looks_until(seeds: int) -> tuple[int, ...]:
    """Return the looks that so many seeds in both arms allow, none below the first."""
    return tuple(look for look in LOOKS if look <= seeds)


def next_look(seeds: int) -> int | None:
    """Return the number of seeds at which arms of so many seeds are looked at next, None behind the last look."""
    return next((look for look in LOOKS if look > seeds), None)


def spent(seeds: int) -> float:
    """Return the share of a study's error, 0 to 1, that is spent when so many seeds have been looked at."""
    return min(seeds / LAST, 1.0)


def sequential_p(p_values: Sequence[float]) -> list[float]:
    """Return what one-sided p values at the first looks are worth, given the looks before each.

    Args:
        p_values: one for each look, from the first on, 0 to 1; at most as many as there are looks.

    Values above one half are of no use to a claim: they become 1.
    """
    if not p_values:
        return []
    levels = np.log(_levels(len(p_values)))
    known = np.log(ERRORS)
    logs = np.log(np.maximum(p_values, np.finfo(float).tiny))
    values = [
        1.0 if log > of_look[-1] else math.exp(_read(log, of_look, known))
        for log, of_look in zip(logs, levels.T, strict=True)
    ]
    return [min(value, 1.0) for value in values]


def level_of(error: float, count: int) -> float:
    """Return the one-sided level at the last of so many looks if an error is spent as planned, 0 to 0.5 each."""
    return math.exp(_read(math.log(error), np.log(ERRORS), np.log(_levels(count)[:, -1])))


def _read(log: float, column: Floats, other: Floats) -> float:
    """Return the value of one column of the table where another has a value, all as logarithms.

    Below the table the two run in parallel.
    """
    if log < column[0]:
        return float(other[0] + log - column[0])
    return float(np.interp(log, column, other))


@cache
def _levels(count: int) -> Floats:
    """Return the level of each of the first looks, a column each, for each of ERRORS, a row each."""
    return np.array([_nominal_levels(error, LOOKS[:count]) for error in ERRORS])


def _nominal_levels(error: float, seeds: Sequence[int]) -> list[float]:
    """Return the one-sided level of each look at which an error is spent as planned, by normal theory.

    The sum of n seeds' deviations is followed from look to look, as far as no claim was made (P. Armitage, C. K.
    McPherson and B. C. Rowe, Repeated significance tests on accumulating data, 1969).
    """
    levels = []
    sums, weights = np.zeros(1), np.ones(1)  # where the sum may be with no claim made, and how probable that is
    before, spent_before = 0, 0.0
    for n in seeds:
        step, to_spend = math.sqrt(n - before), error * (spent(n) - spent_before)
        bound = _bound(sums, weights, step, to_spend, math.sqrt(n))
        levels.append(float(special.ndtr(-bound / math.sqrt(n))))
        sums, weights = _without_claim(sums, weights, step, bound, math.sqrt(n))
        before, spent_before = n, spent(n)
    return levels


def _bound(sums: Floats, weights: Floats, step: float, to_spend: float, scale: float) -> float:
    """Return the sum above which a claim has the probability that is to be spent at this look."""

    def excess(bound: float) -> float:
        return math.log(max(float(weights @ special.ndtr((sums - bound) / step)), 1e-300)) - math.log(to_spend)

    return float(optimize.brentq(excess, -REACH * scale, 12 * scale, xtol=1e-14 * scale))


def _without_claim(sums: Floats, weights: Floats, step: float, bound: float, scale: float) -> tuple[Floats, Floats]:
    """Return the sums below a bound at this look, with their probabilities."""
    half = (bound + REACH * scale) / 2
    places = bound - half + half * NODES
    density = np.exp(-(((places[:, None] - sums) / step) ** 2) / 2) @ weights / (step * math.sqrt(2 * math.pi))
    return places, density * WEIGHTS * half
