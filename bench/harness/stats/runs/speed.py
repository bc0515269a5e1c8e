"""The change of an arm's speed from one run to another, from turns that both took together.

The turns' own ratios, their trimmed mean and its winsorised variance (J. W. Tukey and D. H. McLaughlin, Less vulnerable
confidence and significance procedures for location based on a single sample, Sankhya 1963): a fifth of the turns at
either end may be off by any amount.
"""

import math
from collections.abc import Sequence

import numpy as np

from bench.harness.stats.runs.change import Change
from bench.harness.stats.variance import Sources

TRIMMED = 0.2  # of the turns, at either end: theirs and most texts' choice
LEAST_TURNS = 6  # four are left of them
LEAST_VARIANCE = 1e-10  # squared standard error of a log speed: clocks do not tell more


def change_beside(new: Sequence[float], base: Sequence[float]) -> Change | None:
    """Return the change of the logarithm of an arm's speed, above 0 where the new run is faster.

    Args:
        new: speed in each turn that nothing disturbed, above 0.
        base: speed of the base in the same turns.

    Returns:
        None where there are too few turns.
    """
    turns = len(new)
    if turns < LEAST_TURNS:
        return None
    ordered, cut = np.sort(np.log(new) - np.log(base)), math.floor(TRIMMED * turns)
    kept = turns - 2 * cut
    winsorised = np.clip(ordered, ordered[cut], ordered[-cut - 1])
    variance = (turns - 1) * float(winsorised.var(ddof=1)) / (kept * (kept - 1))
    sources = Sources(seeds=(max(variance, LEAST_VARIANCE),), n=(kept,), crossed=(0.0,), image=0.0, images=2)
    return Change(effect=float(ordered[cut : turns - cut].mean()), n=turns, base_n=turns, sources=sources)
