"""Differences in test accuracy with the uncertainty of both seeds and test images: pure functions over arrays.

An arm is a matrix `correct` of shape (seeds, images): whether the net trained with a seed answered a test image
correctly. Seeds and images are crossed random effects: other seeds, or another sample of test images, would have
given another accuracy. So every interval here rests on SE² = SE_seeds² + SE_images², with

- SE_seeds²: what other seeds would change on these images, the variance of the seeds' accuracies over n (for a
  difference, summed over the two arms);
- SE_images²: what other images would change if there were endless seeds, the variance over images of the
  correctness (for a difference, of its paired difference) averaged over seeds, over N, LESS the share of it that
  is the seeds' own noise, `crossed`, because SE_seeds² holds that share already.

Without the subtraction the interaction of seeds and images counts twice. In trained nets it is 15 to 45 % of the
variance, and the plain sum of the two raw parts is then too wide (`python -m bench simulate` prints its coverage
beside that of the intervals used). The subtraction is the textbook estimate for two crossed random effects (Searle,
Casella and McCulloch, Variance Components, 1992), cut off at zero. How far an estimate may be off, each part being
known from few seeds, is the subject of `bench.harness.stats.welch`.

Two arms may share their seeds' data order. That pairing is deliberately not used: n pairs leave n - 1 degrees of
freedom, and how much of the noise data order carries differs from study to study. Ignoring it is conservative
where seeds move both arms alike.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.harness.stats.variance import Sources
from bench.harness.stats.welch import half_width, tail

CONFIDENCE = 0.95

Bits = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class ArmSummary:
    """One arm's test accuracy, 0 to 1. With one seed there is no interval: all but n, images and mean are None.

    `sd` is that of the seeds' accuracies, low and high the 95 % interval.
    """

    n: int
    images: int
    mean: float
    sd: float | None = None
    low: float | None = None
    high: float | None = None
    se_seeds: float | None = None
    se_images: float | None = None


@dataclass(frozen=True, kw_only=True)
class Difference:
    """An arm's accuracy minus its baseline's, -1 to 1. With one seed in either arm there is an effect and no more.

    low and high are the 95 % interval, p is two-sided; both are uncorrected for other comparisons.
    """

    effect: float
    n: int
    baseline_n: int
    images: int
    low: float | None = None
    high: float | None = None
    se_seeds: float | None = None
    se_images: float | None = None
    p: float | None = None
    sources: Sources | None = None


def summarise(correct: Bits) -> ArmSummary:
    """Return an arm's mean accuracy and its interval.

    Args:
        correct: shape (seeds, images).

    Raises:
        ValueError: not such a matrix of booleans, no seed, or fewer than two images.
    """
    _check(correct)
    n, images = correct.shape
    mean = float(correct.mean())
    if n == 1:
        return ArmSummary(n=n, images=images, mean=mean)
    sources = _sources(correct)
    width = half_width(sources, CONFIDENCE)
    return ArmSummary(
        n=n,
        images=images,
        mean=mean,
        sd=float(correct.mean(axis=1).std(ddof=1)),
        low=max(mean - width, 0.0),
        high=min(mean + width, 1.0),
        se_seeds=math.sqrt(sum(sources.seeds)),
        se_images=math.sqrt(sources.image),
    )


def difference(arm: Bits, baseline: Bits) -> Difference:
    """Return how much better an arm is than its baseline on the same test images.

    Args:
        arm: shape (seeds, images).
        baseline: shape (seeds, images), the same images in the same order; its number of seeds may differ.

    Raises:
        ValueError: not such matrices of booleans, no seed, fewer than two images, or other images.
    """
    _check(arm)
    _check(baseline)
    if arm.shape[1] != baseline.shape[1]:
        raise ValueError(
            f"{arm.shape[1]} test images against {baseline.shape[1]}: compare arms evaluated on the same images"
        )
    effect = float(arm.mean() - baseline.mean())
    counts = {"n": len(arm), "baseline_n": len(baseline), "images": arm.shape[1]}
    if len(arm) == 1 or len(baseline) == 1:
        return Difference(effect=effect, **counts)
    sources = _sources(arm, baseline)
    width = half_width(sources, CONFIDENCE)
    return Difference(
        effect=effect,
        low=max(effect - width, -1.0),
        high=min(effect + width, 1.0),
        se_seeds=math.sqrt(sum(sources.seeds)),
        se_images=math.sqrt(sources.image),
        p=min(2 * tail(abs(effect), sources), 1.0),
        sources=sources,
        **counts,
    )


def _check(correct: Bits) -> None:
    if correct.ndim != 2 or correct.dtype != np.bool_ or len(correct) < 1 or correct.shape[1] < 2:  # noqa: PLR2004 - (seeds, images)
        raise ValueError(
            f"correctness of shape {correct.shape} and type {correct.dtype}: "
            "give booleans of shape (seeds, images) with at least one seed and two images"
        )


def _sources(*arms: Bits) -> Sources:
    """Return the sources of variance of one arm's accuracy, or of the difference of two.

    Each part has a floor, so that no part is ever certain:

    - seeds: a quarter of `crossed`, and the variance of rounding to 1/N, 1/(12 N²) a seed (Sheppard). SE_seeds² is at
      least `crossed` in truth, which many images tell well; seeds whose accuracies agree far better do so by luck.
      (At the whole of `crossed` the floor would bind in half of the studies with steady seeds, and widen them.)
    - images, before the subtraction: for a difference 1/N², which a single image on which two arms always differ
      would give. Where no such image was seen among N, one may still be the next. For one arm it is added to the
      variance rather than a floor: a sample with few errors has a small variance too, and one error more than were
      seen is what intervals near 100 % need (Agresti and Coull 1998 add two).
    """
    images = int(arms[0].shape[1])
    one_image = 1 / images**2
    if len(arms) == 1:
        of_images = float(arms[0].mean(axis=0).var(ddof=1)) / images + one_image
    else:
        of_images = max(float((arms[0].mean(axis=0) - arms[1].mean(axis=0)).var(ddof=1)) / images, one_image)
    crossed = tuple([_interaction(arm) / arm.size for arm in arms])
    return Sources(
        seeds=tuple(map(_seeds_part, arms, crossed)),
        n=tuple(map(len, arms)),
        crossed=crossed,
        image=max(of_images - sum(crossed), 0.0),
        images=images,
    )


def _seeds_part(correct: Bits, crossed: float) -> float:
    seeds, images = len(correct), int(correct.shape[1])
    rounding = 1 / (12 * images**2)
    variance = float(correct.mean(axis=1).var(ddof=1))
    return max(variance / seeds, rounding / seeds, crossed / 4)


def _interaction(correct: Bits) -> float:
    """Return the residual mean square of the two-way table: the variance that neither seed nor image explains."""
    seeds, images = len(correct), int(correct.shape[1])
    mean = float(correct.mean())
    total = correct.size * mean * (1 - mean)  # of zeros and ones
    of_seeds = images * seeds * float(correct.mean(axis=1).var())
    of_images = images * seeds * float(correct.mean(axis=0).var())
    return max(total - of_seeds - of_images, 0.0) / ((seeds - 1) * (images - 1))
