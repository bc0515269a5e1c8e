"""Verdicts on the comparisons of a study, each at the look at which its seeds first allowed it.

Two claims may be made about an arm and its baseline: that they differ, and that they differ by less than the study's
margin (tied: two one-sided tests, D. J. Schuirmann 1987). At every look (`bench.harness.stats.looks`) both are tested,
on the first so many seeds of each arm, and each claim's sequential p value is multiplied by the number of the study's
comparisons (C. E. Bonferroni 1936). So at most one study in twenty calls equal arms different, or arms tied that are
the margin apart or more: at whatever look one stops, and whatever seeds are added later. Of one comparison only one of
the two claims can be false, so both may use its whole share. Holm's step, which lets the other comparisons be tested
more leniently once a claim is made, keeps this promise for each kind of claim alone and not for both together.

A verdict once given stands, because the looks before it are made again, on the same seeds, whenever a study is judged;
where a later look claims the opposite, the earlier claim stands.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from bench.harness.stats.differences import Bits, Difference, difference
from bench.harness.stats.looks import FIRST, level_of, looks_until, sequential_p
from bench.harness.stats.welch import half_width, tail

LEAST_SEEDS = FIRST
LEAST_TIED = 8  # seeds; a failure that strikes one seed in three is then seen in 96 % of studies
SIGNIFICANCE = 0.05
HELD_BACK = 0.3  # of the error, for what normal theory leaves out: seeds' accuracies near 100 % are skewed

Verdict = Literal["better", "worse", "tied", "open"]


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The claim that a study may make about an arm against its baseline.

    Attributes:
        arm: the arm's name.
        baseline: its baseline's name.
        difference: arm minus baseline over all seeds, with the uncorrected interval.
        looks: outcome of every look; None before the first.
        look: seeds an arm at the look that gave the verdict; where it is open, at the last one. None before the first.
        verdict: None before the first look.
        within_margin: the arms were shown to differ by less than the margin; true wherever they are tied.
        p_corrected: p value of the arms being equal, corrected for looks and comparisons; None before the first look.
        p_tied: p value of their being the margin apart or more, corrected alike.
        not_excluded: the largest difference either way that the last look left possible, at the level of verdicts,
            0 to 1; None before the first look.
    """

    arm: str
    baseline: str
    difference: Difference
    looks: "Looks | None" = None
    look: int | None = None
    verdict: Verdict | None = None
    within_margin: bool = False
    p_corrected: float | None = None
    p_tied: float | None = None
    not_excluded: float | None = None


@dataclass(frozen=True)
class Looks:
    """The outcomes of the looks at one comparison: at each, the smallest sequential p values so far.

    Attributes:
        seeds: number in either arm at each look.
        differences: at each look.
        better: p values of the arm being no better than its baseline.
        worse: p values of its being no worse.
        tied: p values of their being the margin apart or more.
    """

    seeds: tuple[int, ...]
    differences: tuple[Difference, ...]
    better: tuple[float, ...]
    worse: tuple[float, ...]
    tied: tuple[float, ...]

    @property
    def last(self) -> Difference:
        """The difference at the last look."""
        return self.differences[-1]

    @property
    def differ(self) -> float:
        """The two-sided p value of the arms being equal."""
        return min(2 * min(self.better[-1], self.worse[-1]), 1.0)

    def until(self, seeds: int) -> "Looks":
        """Return what was known when the arms had so many seeds, LEAST_SEEDS or more."""
        count = sum(n <= seeds for n in self.seeds)
        known = (self.better[:count], self.worse[:count], self.tied[:count])
        return Looks(self.seeds[:count], self.differences[:count], *known)


def judge(
    arms: Mapping[str, Bits], pairs: Sequence[tuple[str, str]], margin: float, *, family: int | None = None
) -> list[Judgement]:
    """Return a judgement on each pair, in order.

    Args:
        arms: correctness of shape (seeds, images) by arm, seeds ascending, the same images in all.
        pairs: (arm, baseline), every comparison of the study.
        margin: the difference below which arms count as tied, above 0 and at most 1.
        family: number of comparisons the study has, where `pairs` are not all of them: all are corrected for.

    Raises:
        ValueError: a margin out of range, a family smaller than the pairs, or arms that `difference` refuses.
    """
    if not 0 < margin <= 1:
        raise ValueError(f"margin {margin}: give a difference of accuracies above 0 and at most 1")
    comparisons = len(pairs) if family is None else family
    looked = [look_at(arms[arm], arms[baseline], margin) for arm, baseline in pairs]
    return [
        _judgement(pair, difference(*(arms[name] for name in pair)), looks, corrected, comparisons)
        for pair, looks, corrected in zip(pairs, looked, _corrected(looked, comparisons), strict=True)
    ]


def verdicts(looked: Sequence[Looks | None], comparisons: int) -> list[Verdict | None]:
    """Return the verdicts alone, of a study with so many comparisons; None where there was no look."""
    return [
        _verdict(looks, *corrected) if looks else None
        for looks, corrected in zip(looked, _corrected(looked, comparisons), strict=True)
    ]


def _corrected(looked: Sequence[Looks | None], comparisons: int) -> list[tuple[float, float]]:
    """Return both claims' p values of each comparison, corrected for all of them; where there was no look, 1."""
    if comparisons < len(looked):
        raise ValueError(f"a family of {comparisons} with {len(looked)} pairs: give all comparisons of the study")
    factor = comparisons / (1 - HELD_BACK)
    return [
        (min(factor * looks.differ, 1.0), min(factor * looks.tied[-1], 1.0)) if looks else (1.0, 1.0)
        for looks in looked
    ]


def look_at(arm: Bits, baseline: Bits, margin: float) -> Looks | None:
    """Return what every look at two arms tells that their seeds allow; None below the first."""
    seeds = looks_until(min(len(arm), len(baseline)))
    if not seeds:
        return None
    at_looks = [difference(arm[:n], baseline[:n]) for n in seeds]

    def p_values(deviation: Callable[[Difference], float]) -> list[float]:
        return sequential_p([tail(deviation(one), one.sources) for one in at_looks if one.sources])

    # Tied: two tests, and the greater of their p values.
    sides = (p_values(lambda one: margin - one.effect), p_values(lambda one: margin + one.effect))
    tied = [max(pair) if n >= LEAST_TIED else 1.0 for n, *pair in zip(seeds, *sides, strict=True)]
    better, worse = p_values(lambda one: one.effect), p_values(lambda one: -one.effect)
    return Looks(seeds, tuple(at_looks), *(tuple(accumulate(values, min)) for values in (better, worse, tied)))


def _judgement(
    pair: tuple[str, str], difference: Difference, looks: Looks | None, corrected: tuple[float, float], comparisons: int
) -> Judgement:
    if looks is None:
        return Judgement(arm=pair[0], baseline=pair[1], difference=difference)
    p_corrected, p_tied = corrected
    verdict = _verdict(looks, p_corrected, p_tied)
    return Judgement(
        arm=pair[0],
        baseline=pair[1],
        difference=difference,
        looks=looks,
        look=_look(looks, verdict, p_corrected, p_tied),
        verdict=verdict,
        within_margin=p_tied < SIGNIFICANCE,
        p_corrected=p_corrected,
        p_tied=p_tied,
        not_excluded=not_excluded(looks, comparisons),
    )


def _verdict(looks: Looks, p_corrected: float, p_tied: float) -> Verdict:
    if p_corrected < SIGNIFICANCE:
        factor = p_corrected / min(looks.better[-1], looks.worse[-1])
        # Of two opposite claims the earlier stands. At one look both cannot be made: their p values add up to 1.
        better, worse = (_first(looks.seeds, p_values, factor) for p_values in (looks.better, looks.worse))
        return "better" if better < worse else "worse"
    return "tied" if p_tied < SIGNIFICANCE else "open"


def _look(looks: Looks, verdict: Verdict, p_corrected: float, p_tied: float) -> int:
    """Return the look that gave the verdict; the last one where it is open."""
    if verdict == "open":
        return looks.seeds[-1]
    if verdict == "tied":
        return int(_first(looks.seeds, looks.tied, p_tied / looks.tied[-1]))
    claim = looks.better if verdict == "better" else looks.worse
    return int(_first(looks.seeds, claim, p_corrected / min(looks.better[-1], looks.worse[-1])))


def _first(seeds: Sequence[int], p_values: Sequence[float], factor: float) -> float:
    """Return the first look at which a p value, corrected by this factor, suffices for a claim; infinity for none."""
    return next((n for n, p in zip(seeds, p_values, strict=True) if factor * p < SIGNIFICANCE), math.inf)


def error_of_one(comparisons: int) -> float:
    """Return the error that each of a study's comparisons may make with either claim."""
    return SIGNIFICANCE * (1 - HELD_BACK) / comparisons


def not_excluded(looks: Looks, comparisons: int) -> float:
    """Return the largest difference either way, 0 to 1, that the last look leaves possible, at the level of verdicts.

    It is the far end of the look's own interval (C. Jennison and B. W. Turnbull, Repeated confidence intervals for
    group sequential trials, 1984), for all comparisons at once.
    """
    if looks.last.sources is None:
        raise ValueError(f"{looks.last.n} and {looks.last.baseline_n} seeds: a look needs two of each")
    level = level_of(error_of_one(comparisons) / 2, len(looks.seeds))
    return min(abs(looks.last.effect) + half_width(looks.last.sources, 1 - 2 * level), 1.0)
