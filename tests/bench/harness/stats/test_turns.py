"""Tests of bench.harness.stats.turns: against hand computations, SciPy's signed-rank test and seeded simulations."""

import math

import numpy as np
import pytest
from scipy import stats

from bench.harness.stats.turns import Median, turn_median, turn_ratio

STUDIES = 1000
TURNS = 12


def test_median_of_three_is_that_of_their_six_means() -> None:
    """Logarithms 0, 1 and 5 have the means 0, 0.5, 1, 2.5, 3, 5: the middle is between 1 and 2.5."""
    summary = turn_median([math.exp(log) for log in (0, 1, 5)])

    assert summary[:2] == pytest.approx((3, math.exp(1.75)))


def test_six_turns_have_the_interval_from_least_to_most() -> None:
    """All six on one side have chance 2/64 = 3.1 %, all but the nearest of them 6.3 %: no means are outside."""
    summary = turn_median([5.0, 1.0, 3.0, 2.0, 6.0, 4.0])

    assert summary[2:] == pytest.approx((1, 6))


@pytest.mark.parametrize("turns", range(1, 6))
def test_too_few_turns_have_no_interval(turns: int) -> None:
    """With five, all on one side still have chance 2/32 = 6.3 %: no ends hold 95 %."""
    summary = turn_median([2.0] * turns)

    assert summary[:2] == pytest.approx((turns, 2))
    assert summary[2:] == (None, None)


@pytest.mark.parametrize("turns", [6, 7, 12, 30, 50])
def test_interval_is_what_the_signed_rank_test_does_not_refuse(turns: int) -> None:
    """A ratio just inside an end has p above 5 %, one just outside has p of 5 % or less, as SciPy computes it."""
    values = np.exp(np.random.default_rng(turns).normal(size=turns))
    summary = turn_median(values.tolist())
    assert summary.low is not None
    assert summary.high is not None

    def p(median: float) -> float:
        return float(stats.wilcoxon(np.log(values) - math.log(median), method="exact").pvalue)

    nearly = 1e-9
    assert min(p(summary.low * (1 + nearly)), p(summary.high * (1 - nearly))) > 0.05
    assert max(p(summary.low * (1 - nearly)), p(summary.high * (1 + nearly))) <= 0.05


def test_many_turns_have_nearly_the_exact_interval() -> None:
    """Above 50 turns the normal limit stands for the exact distribution: p at the ends is 5 %, within 0.3 points."""
    values = np.exp(np.random.default_rng(0).normal(size=51))
    summary = turn_median(values.tolist())

    for end in (summary.low, summary.high):
        assert end is not None
        for nearly in (1 - 1e-9, 1 + 1e-9):
            p = float(stats.wilcoxon(np.log(values) - math.log(end * nearly), method="exact").pvalue)
            assert p == pytest.approx(0.05, abs=0.003)


def test_ratio_is_that_of_each_turn() -> None:
    """A machine that is three times as slow in half of the turns is so for both: the ratio is exact all the same."""
    paces = [1.0, 3.0] * 4

    ratio = turn_ratio([200 / pace for pace in paces], [100 / pace for pace in paces])

    assert ratio == pytest.approx((8, 2, 2, 2))


def test_ratio_the_other_way_round_is_its_inverse() -> None:
    """So are the ends, in the other order."""
    over, under = np.exp(np.random.default_rng(0).normal(size=(2, TURNS))).tolist()
    there, back = turn_ratio(over, under), turn_ratio(under, over)

    assert back.low is not None
    assert back.high is not None
    assert there[1:] == pytest.approx((1 / back.median, 1 / back.high, 1 / back.low))


def test_a_stall_moves_the_ratio_little() -> None:
    """One of twelve turns took a hundred times as long: a mean would be far off, this stays where the others are."""
    noise = np.exp(0.01 * np.random.default_rng(0).normal(size=TURNS))
    stalled = noise.copy()
    stalled[3] /= 100

    clean, ratio = (turn_ratio(rates.tolist(), [1.0] * TURNS) for rates in (noise, stalled))

    assert ratio.median == pytest.approx(clean.median, rel=0.01)
    assert stalled.mean() == pytest.approx(0.92, abs=0.02)


def held(ratio: Median, truth: float) -> bool:
    """Return whether an interval holds the truth."""
    return ratio.low is not None and ratio.high is not None and ratio.low <= truth <= ratio.high


@pytest.mark.parametrize("turns", [6, 12, 51])
@pytest.mark.parametrize("drift", [0.0, 0.5])
def test_interval_of_a_ratio_holds_the_truth(turns: int, drift: float) -> None:
    """About 95 % of 1000 do, also where a drift that both share is far larger than their own noise.

    Where the promise is kept, fewer than 92.9 % of 1000 are one chance in a thousand. Six turns have 96.9 %: no
    interval of theirs is between that and 93.8 %.
    """
    random = np.random.default_rng(1)
    truth = 0.8
    shared = drift * np.cumsum(random.normal(size=(STUDIES, turns)), axis=1) + np.linspace(0, drift, turns)
    own = random.normal(scale=[[[0.02]], [[0.05]]], size=(2, STUDIES, turns))
    over, under = truth * np.exp(shared + own[0]), np.exp(shared + own[1])

    share = np.mean([held(turn_ratio(*rates), truth) for rates in zip(over.tolist(), under.tolist(), strict=True)])

    assert 0.929 < share < 0.985


def test_turns_hold_what_two_sessions_do_not() -> None:
    """The same arms, measured one after the other on a drifting machine: intervals of their medians are apart."""
    random = np.random.default_rng(2)
    first, second = (np.exp(level + 0.02 * random.normal(size=TURNS)) for level in (0.0, 0.3))
    again = np.exp(0.3 + 0.02 * random.normal(size=TURNS))

    assert not held(turn_ratio(second.tolist(), first.tolist()), 1.0)
    assert held(turn_ratio(second.tolist(), again.tolist()), 1.0)


@pytest.mark.parametrize("values", [[], [0.0], [1.0, -1.0], [1.0, math.nan], [math.inf]])
def test_what_is_no_speed_is_refused(values: list[float]) -> None:
    """A value without a logarithm would make every number NaN."""
    message = "give at least one, all positive and finite"

    with pytest.raises(ValueError, match=message):
        turn_median(values)
    for over, under in ((values, [1.0] * len(values)), ([1.0] * len(values), values)):
        with pytest.raises(ValueError, match=message):
            turn_ratio(over, under)


def test_values_of_other_turns_are_refused() -> None:
    """A ratio of two sessions is none of turns."""
    with pytest.raises(ValueError, match="3 and 2 turns: give values of the same turns"):
        turn_ratio([1.0] * 3, [1.0] * 2)
