"""Verdicts on the comparisons of a study, and what it would take to tell where the study cannot."""

import bisect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from scipy import optimize, special

from bench.harness.stats.differences import Bits, Difference, difference
from bench.harness.stats.holm import holm
from bench.harness.stats.variance import Sources

LEAST_SEEDS = 5  # below, the spread over seeds is hardly known: no verdict
MOST_SEEDS = 10_000
MOST_IMAGES = 10_000_000
SIGNIFICANCE = 0.05
POWER = 0.8

Verdict = Literal["better", "worse", "tied", "underpowered"]


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The claim that a study may make about an arm against its baseline.

    Attributes:
        arm: the arm's name.
        baseline: its baseline's name.
        difference: arm minus baseline, with the uncorrected interval.
        p_corrected: after Holm over the study's comparisons; None without a verdict.
        verdict: None where either arm has fewer than LEAST_SEEDS seeds.
        smallest_detectable: the true difference that this study finds with 80 % power; None with one seed.
        seeds_needed: seeds an arm, on the same images, for `smallest_detectable` to come down to the margin.
            None if no number of seeds alone is enough. At least LEAST_SEEDS.
        images_needed: the same for test images, with the same seeds.
    """

    arm: str
    baseline: str
    difference: Difference
    p_corrected: float | None
    verdict: Verdict | None
    smallest_detectable: float | None
    seeds_needed: int | None
    images_needed: int | None


def judge(
    arms: Mapping[str, Bits], pairs: Sequence[tuple[str, str]], margin: float, *, family: int | None = None
) -> list[Judgement]:
    """Return a judgement on each pair, in order.

    A difference is better or worse where its p value, corrected over all comparisons of the study, is below
    0.05; else tied where its 95 % interval lies inside the margin; else the study is underpowered. Pairs with
    too few seeds for a verdict still count as comparisons.

    Args:
        arms: correctness of shape (seeds, images) by arm, the same images in all.
        pairs: (arm, baseline), every comparison of the study.
        margin: the difference below which arms count as tied, above 0 and at most 1.
        family: number of comparisons the study has, where `pairs` are not all of them.

    Raises:
        ValueError: a margin out of range, a family smaller than the pairs, or arms that `difference` refuses.
    """
    if not 0 < margin <= 1:
        raise ValueError(f"margin {margin}: give a difference of accuracies above 0 and at most 1")
    differences = [difference(arms[arm], arms[baseline]) for arm, baseline in pairs]
    comparisons = len(pairs) if family is None else family
    corrected = _corrected(differences, comparisons)
    return [
        _judgement(pair, difference, p, margin, comparisons)
        for pair, difference, p in zip(pairs, differences, corrected, strict=True)
    ]


def _judgement(
    pair: tuple[str, str], difference: Difference, p_corrected: float | None, margin: float, comparisons: int
) -> Judgement:
    sources = difference.sources
    return Judgement(
        arm=pair[0],
        baseline=pair[1],
        difference=difference,
        p_corrected=p_corrected,
        verdict=_verdict(difference, p_corrected, margin),
        smallest_detectable=smallest_detectable(sources, comparisons) if sources else None,
        seeds_needed=seeds_needed(sources, margin, comparisons) if sources else None,
        images_needed=images_needed(sources, margin, comparisons) if sources else None,
    )


def _corrected(differences: Sequence[Difference], comparisons: int) -> list[float | None]:
    if comparisons < len(differences):
        raise ValueError(f"a family of {comparisons} with {len(differences)} pairs: give all comparisons of the study")
    p_values = [difference.p for difference in differences if difference.p is not None and _has_verdict(difference)]
    corrected = iter(holm(p_values, comparisons))
    return [next(corrected) if _has_verdict(difference) else None for difference in differences]


def _has_verdict(difference: Difference) -> bool:
    return min(difference.n, difference.baseline_n) >= LEAST_SEEDS


def _verdict(difference: Difference, p_corrected: float | None, margin: float) -> Verdict | None:
    if p_corrected is None or difference.low is None or difference.high is None:
        return None
    if p_corrected < SIGNIFICANCE:
        return "better" if difference.effect > 0 else "worse"
    return "tied" if -margin < difference.low and difference.high < margin else "underpowered"


def smallest_detectable(
    sources: Sources, comparisons: int, *, power: float = POWER, significance: float = SIGNIFICANCE
) -> float:
    """Return the true difference that a study finds with the given power, 0 to 1 (accuracy) or more.

    It is the difference at which the noncentral t distribution leaves `power` beyond the critical value at the
    corrected level, significance / comparisons: Holm's first and hardest step. The variance and the degrees of
    freedom are those of `sources`, estimated or supposed.
    """
    critical = _critical(sources, comparisons, significance)
    noncentrality = optimize.brentq(lambda value: _power(sources, value, critical) - power, 0, 4 * critical + 5)
    return float(noncentrality) * math.sqrt(sources.total)


def seeds_needed(
    sources: Sources, target: float, comparisons: int, *, power: float = POWER, significance: float = SIGNIFICANCE
) -> int | None:
    """Return how many seeds in every arm, LEAST_SEEDS or more, bring the smallest detectable difference to target.

    The images stay the same. None where even MOST_SEEDS would not do: more images are needed then.
    """
    return _least(
        range(LEAST_SEEDS, MOST_SEEDS + 1),
        lambda n: _finds(sources.with_seeds(n), target, comparisons, power, significance),
    )


def images_needed(
    sources: Sources, target: float, comparisons: int, *, power: float = POWER, significance: float = SIGNIFICANCE
) -> int | None:
    """Return how many test images bring the smallest detectable difference down to target.

    The number of seeds stays the same. None where even MOST_IMAGES would not do: more seeds are needed then.
    """
    return _least(
        range(2, MOST_IMAGES + 1),
        lambda images: _finds(sources.with_images(images), target, comparisons, power, significance),
    )


def _least(numbers: range, is_enough: Callable[[int], bool]) -> int | None:
    place = bisect.bisect_left(numbers, True, key=is_enough)
    return numbers[place] if place < len(numbers) else None


def _finds(sources: Sources, target: float, comparisons: int, power: float, significance: float) -> bool:
    critical = _critical(sources, comparisons, significance)
    return _power(sources, target / math.sqrt(sources.total), critical) >= power


def _critical(sources: Sources, comparisons: int, significance: float) -> float:
    return float(special.stdtrit(sources.df, 1 - significance / comparisons / 2))


def _power(sources: Sources, noncentrality: float, critical: float) -> float:
    """Return the chance to find a difference on its own side; finding it on the wrong side does not count."""
    missed = float(special.nctdtr(sources.df, noncentrality, critical))
    # SciPy answers NaN far out in places (noncentralities of 36 to 41), where nothing is missed any more.
    return 1 - missed if math.isfinite(missed) else float(noncentrality > critical)
