"""The spread of one training over its seeds, and the number of seeds that would pin its mean down."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.stats import chi2, t

from bench.harness.analysis.results import ArmResult

HALF_WIDTH = 0.001  # 0.1 point
MOST = 1000  # seeds beyond which nobody would count
CONFIDENCE = 0.95


@dataclass(frozen=True, kw_only=True)
class SeedSpread:
    """The standard deviation of test accuracy over an arm's seeds, on one and the same test images.

    Attributes:
        n: number of seeds.
        sd: 0 to 1.
        low, high: ends of its 95 % interval (chi-square: exact where accuracies are normal).
        needed: seeds until the 95 % interval of the mean over seeds is as narrow as HALF_WIDTH either way, for `low`,
            `sd` and `high`; MOST where it is more.
    """

    n: int
    sd: float
    low: float
    high: float
    needed: tuple[int, int, int]


def seed_spread(arm: ArmResult) -> SeedSpread | None:
    """Return how far an arm's seeds lie apart, None of a single one."""
    accuracies = [record.test_accuracy for record in arm.records]
    n = len(accuracies)
    if n < 2:  # noqa: PLR2004 - one value has no spread
        return None
    sd, freedom = float(np.std(accuracies, ddof=1)), n - 1
    low, high = (sd * sqrt(freedom / chi2.ppf(tail, freedom)) for tail in ((1 + CONFIDENCE) / 2, (1 - CONFIDENCE) / 2))
    needed = (seeds_for(low), seeds_for(sd), seeds_for(high))
    return SeedSpread(n=n, sd=sd, low=low, high=high, needed=needed)


def seeds_for(sd: float, half_width: float = HALF_WIDTH) -> int:
    """Return the least number of seeds, 2 to MOST, whose mean's 95 % interval reaches so far to either side at most."""
    counts = np.arange(2, MOST + 1)
    enough = t.ppf((1 + CONFIDENCE) / 2, counts - 1) * sd / np.sqrt(counts) <= half_width
    return int(counts[enough.argmax()]) if enough.any() else MOST
