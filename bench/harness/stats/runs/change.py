"""The change of an arm from one run to another, in accuracy or in the logarithm of its speed.

Accuracies are compared as those of two arms are (`bench.harness.stats.differences`): paired over the test images, which
both runs answered, and spread over the seeds of each. The same seeds do not pair: where anything has changed, rounding
alone sends a training elsewhere. Where nothing has, every answer is the same, which needs no statistics.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.harness.stats.differences import CONFIDENCE, Bits, difference
from bench.harness.stats.variance import Sources
from bench.harness.stats.welch import half_width, tail


@dataclass(frozen=True, kw_only=True)
class Change:
    """The new run's figure minus the base's.

    Attributes:
        effect: difference of accuracies, -1 to 1, or of logarithms of speeds.
        n: values of the new run: seeds, or turns that were kept.
        base_n: those of the base.
        sources: the variance of the effect; None where either run has a single value, and for equal answers.
        same: every trial of the new run gives the very answers that it gave in the base.
    """

    effect: float
    n: int
    base_n: int
    sources: Sources | None = None
    same: bool = False

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the effect, uncorrected; None where there is none."""
        if self.sources is None:
            return None
        width = half_width(self.sources, CONFIDENCE)
        return self.effect - width, self.effect + width

    @property
    def is_judged(self) -> bool:
        """Whether anything can be said beyond the effect."""
        return self.same or self.sources is not None

    def p_below(self, bound: float) -> float:
        """Return the p value of the change being at least so much: small where it is shown to be less."""
        return self._p(bound - self.effect)

    def p_above(self, bound: float) -> float:
        """Return the p value of the change being at most so much: small where it is shown to be more."""
        return self._p(self.effect - bound)

    def _p(self, deviation: float) -> float:
        if self.same:
            return 0.0 if deviation > 0 else 1.0
        return 1.0 if self.sources is None else tail(deviation, self.sources)


def change_of_answers(new: Bits, base: Bits, *, same_seeds: bool) -> Change:
    """Return the change in accuracy between two runs of one arm on the same test images.

    Args:
        new: correctness of shape (seeds, images), seeds ascending.
        base: the base's, with as many images.
        same_seeds: whether both have the same seeds.

    Raises:
        ValueError: not such matrices, or other numbers of images.
    """
    if same_seeds and np.array_equal(new, base):
        return Change(effect=0.0, n=len(new), base_n=len(base), same=True)
    measured = difference(new, base)
    return Change(effect=measured.effect, n=len(new), base_n=len(base), sources=measured.sources)


def change_of_accuracies(new: Sequence[float], base: Sequence[float], images: int) -> Change:
    """Return the change where only accuracies are known: what it would be on other test images is then left out.

    Args:
        new: accuracy of each seed, 0 to 1, at least one.
        base: the base's.
        images: number of the test images, the same ones in both runs.
    """
    effect = float(np.mean(new) - np.mean(base))
    if min(len(new), len(base)) < 2:  # noqa: PLR2004 - a spread needs two
        return Change(effect=effect, n=len(new), base_n=len(base))
    rounding = 1 / (12 * images**2)  # Sheppard
    seeds = tuple(max(float(np.var(values, ddof=1)), rounding) / len(values) for values in (new, base))
    sources = Sources(seeds=seeds, n=(len(new), len(base)), crossed=(0.0, 0.0), image=0.0, images=images)
    return Change(effect=effect, n=len(new), base_n=len(base), sources=sources)


def in_log(percent: float) -> float:
    """Return a loss of speed in percent, 0 to 100 (exclusive), as a change of its logarithm."""
    return math.log(1 - percent / 100)
