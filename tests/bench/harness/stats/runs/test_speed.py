"""Tests of bench.harness.stats.runs.speed: changes of speed from turns that both sides took."""

import math

import numpy as np
import pytest
from scipy import stats

from bench.harness.stats.runs.speed import LEAST_TURNS, change_beside


def turns(key: int, count: int = 40, spread: float = 0.05) -> list[float]:
    """Return speeds around 1000 that swing by a twentieth."""
    return list(1000 * np.exp(spread * np.random.default_rng(key).standard_normal(count)))


def test_what_both_share_in_a_turn_cancels() -> None:
    """A machine that is twice as fast in some turns moves nothing: only the turns' own ratios count."""
    base = turns(1)
    paces = [2.0 if place % 3 else 1.0 for place in range(len(base))]

    shared = [pace * one for pace, one in zip(paces, base, strict=True)]
    change = change_beside([0.85 * one for one in shared], shared)

    assert change is not None
    assert math.exp(change.effect) == pytest.approx(0.85)


def test_the_effect_is_the_trimmed_mean_of_the_ratios() -> None:
    """It is SciPy's trimmed mean of the logarithms, a fifth cut off at either end."""
    new, base = turns(1), turns(2)
    change = change_beside(new, base)

    assert change is not None
    assert change.effect == pytest.approx(stats.trim_mean(np.log(new) - np.log(base), 0.2))


def test_the_interval_is_that_of_the_trimmed_mean() -> None:
    """Its standard error is that which SciPy's winsorised values give, on as many degrees of freedom as are left."""
    new, base = turns(3), turns(4)
    ratios = np.log(new) - np.log(base)
    change = change_beside(new, base)

    winsorised = np.asarray(stats.mstats.winsorize(ratios, limits=(0.2, 0.2)))
    expected = winsorised.std(ddof=1) / 0.6 / math.sqrt(len(ratios))  # the textbook's form
    assert change is not None
    assert change.sources is not None
    assert math.sqrt(change.sources.total) == pytest.approx(expected, rel=0.03)  # 39 x 24/23 for 40
    assert change.sources.n == (24,)


def test_a_few_wild_turns_change_little() -> None:
    """Up to a fifth of the turns may be off by any amount."""
    base = turns(5)
    wild = [0.01 * one if place < 7 else one for place, one in enumerate(base)]

    change = change_beside(wild, base)

    assert change is not None
    assert abs(change.effect) < 0.01


@pytest.mark.parametrize(("count", "judged"), [(LEAST_TURNS - 1, False), (LEAST_TURNS, True)])
def test_too_few_turns_give_no_change(count: int, judged: bool) -> None:
    """Below six turns nothing is said."""
    assert (change_beside(turns(1, count), turns(2, count)) is not None) == judged


def test_turns_that_agree_to_the_digit_are_judged() -> None:
    """Ratios that are all one have the least variance that clocks can tell."""
    change = change_beside([900.0] * 8, [1000.0] * 8)

    assert change is not None
    assert change.p_below(0.0) < 1e-6


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Among a thousand intervals of turns with heavy tails, 93 to 97 % hold the true ratio."""
    random = np.random.default_rng(0)
    held = 0
    for _ in range(1000):
        ratios = 0.02 * random.standard_t(3, 40)
        change = change_beside(list(np.exp(ratios)), [1.0] * 40)
        assert change is not None
        assert change.interval is not None
        held += change.interval[0] <= 0 <= change.interval[1]

    assert 930 <= held <= 970
