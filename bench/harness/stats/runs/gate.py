"""Verdicts on the changes between runs, and whether a drop beyond a margin is shown, excluded, or neither.

All changes of a page are judged together. That some arm has changed, or dropped too far, is claimed by p values with
S. Holm's correction (1979): at most one page in twenty of unchanged arms makes such a claim. That no arm dropped too
far needs each arm's own test and no correction, because all have to pass (non-inferiority by intersection and union;
R. L. Berger, Multiparameter hypothesis testing and acceptance sampling, 1982).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from bench.harness.stats.holm import holm
from bench.harness.stats.runs.change import Change
from bench.harness.stats.verdict import SIGNIFICANCE

Verdict = Literal["better", "worse", "tied", "same answers", "cannot tell", "no verdict"]
Outcome = Literal["dropped", "held", "cannot tell"]
MOST_SEEDS = 1000


def verdicts(changes: Sequence[Change], margins: Sequence[float]) -> list[Verdict]:
    """Return the verdict on each change, all corrected together.

    Args:
        changes: those shown side by side.
        margins: for each, the size below which a change counts as none, above 0.
    """
    differ = holm([min(2 * min(change.p_below(0), change.p_above(0)), 1.0) for change in changes])
    tied = holm(
        [max(change.p_above(-margin), change.p_below(margin)) for change, margin in zip(changes, margins, strict=True)]
    )
    return [_verdict(*of_one) for of_one in zip(changes, differ, tied, strict=True)]


def _verdict(change: Change, differ: float, tied: float) -> Verdict:
    if change.same:
        return "same answers"
    if not change.is_judged:
        return "no verdict"
    if differ < SIGNIFICANCE:
        return "better" if change.effect > 0 else "worse"
    return "tied" if tied < SIGNIFICANCE else "cannot tell"


def outcomes(changes: Sequence[Change], least: float) -> list[Outcome]:
    """Return of each change whether it is a drop beyond what is allowed.

    Args:
        changes: those that are gated together.
        least: the largest drop allowed, as a negative change.
    """
    dropped = holm([change.p_below(least) for change in changes])
    return [
        "dropped" if below < SIGNIFICANCE else "held" if change.p_above(least) < SIGNIFICANCE else "cannot tell"
        for change, below in zip(changes, dropped, strict=True)
    ]


def seeds_to_tell(change: Change, least: float) -> int | None:
    """Return how many seeds in either run would tell, if the effect stays as it is; None where no number would.

    It is what the effect's own test needs, whichever way it points: test images that are too few stay so.
    """
    if change.sources is None:
        return None
    sources, deviation = change.sources, abs(change.effect - least)

    def tells(seeds: int) -> bool:
        hoped = replace(change, effect=deviation, sources=sources.with_seeds(seeds))
        return hoped.p_above(0) < SIGNIFICANCE

    low, high = min(change.n, change.base_n), MOST_SEEDS
    if not tells(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if tells(middle) else (middle, high)
    return high
