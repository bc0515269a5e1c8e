"""The change of an arm's speed from one run to another, from turns that the two did not take together.

Within a phase, trimmed means of the turns' logarithms with winsorised variances (K. K. Yuen, The two-sample trimmed t
for unequal population variances, Biometrika 1974): a fifth of the turns at either end may be off by any amount. Beyond
that a speed is another in every phase, however many turns it has: the process lies elsewhere in memory, the processor
is at another clock. `BETWEEN_PHASES` allows for that.
"""

import math
from collections.abc import Sequence

import numpy as np

from bench.harness.stats.runs.change import Change
from bench.harness.stats.variance import Sources

TRIMMED = 0.2  # of the turns, at either end: Yuen's and most texts' choice
LEAST_TURNS = 6  # of a phase: four are left of them
LEAST_VARIANCE = 1e-10  # squared standard error of a log speed: clocks do not tell more
BETWEEN_PHASES = 0.02  # standard deviation of an arm's log speed from phase to phase: docs/comparing.md has it measured


def change_of_speed(new: Sequence[Sequence[float]], base: Sequence[Sequence[float]]) -> Change | None:
    """Return the change of the logarithm of an arm's speed, above 0 where the new run is faster.

    Args:
        new: of each phase of the new run, the seconds of a step in each turn that nothing disturbed.
        base: those of the base.

    Returns:
        None where either run has no phase with enough turns.
    """
    sides = [[_trimmed(np.log(turns)) for turns in phases if len(turns) >= LEAST_TURNS] for phases in (new, base)]
    if not all(sides):
        return None
    means = [sum(mean for mean, _, _ in side) / len(side) for side in sides]
    kept = [sum(kept for _, _, kept in side) for side in sides]
    sources = Sources(
        seeds=tuple(sum(variance for _, variance, _ in side) / len(side) ** 2 for side in sides),
        n=tuple(count - len(side) + 1 for count, side in zip(kept, sides, strict=True)),
        crossed=(0.0, 0.0),
        image=sum(BETWEEN_PHASES**2 / len(side) for side in sides),  # known, as the images' part of an accuracy is
        images=2,
    )
    return Change(effect=means[1] - means[0], n=kept[0], base_n=kept[1], sources=sources)


def change_beside(new: Sequence[float], base: Sequence[float]) -> Change | None:
    """Return the change of the logarithm of an arm's speed from turns that both sides took together.

    Args:
        new: speed in each turn that nothing disturbed.
        base: speed of the base in the same turns.

    Returns:
        None where there are too few turns.
    """
    if len(new) < LEAST_TURNS:
        return None
    mean, variance, kept = _trimmed(np.log(new) - np.log(base))
    sources = Sources(seeds=(max(variance, LEAST_VARIANCE),), n=(kept,), crossed=(0.0,), image=0.0, images=2)
    return Change(effect=mean, n=len(new), base_n=len(base), sources=sources)


def _trimmed(values: np.ndarray) -> tuple[float, float, int]:
    """Return the trimmed mean, its squared standard error, and how many values it is of."""
    ordered, cut = np.sort(values), math.floor(TRIMMED * len(values))
    kept = len(ordered) - 2 * cut
    winsorised = np.clip(ordered, ordered[cut], ordered[-cut - 1])
    variance = (len(ordered) - 1) * float(winsorised.var(ddof=1)) / (kept * (kept - 1))
    return float(ordered[cut : len(ordered) - cut].mean()), variance, kept
