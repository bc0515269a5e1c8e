"""Tests of the summaries of memory, and of times that may never have been reached."""

import numpy as np
import pytest
from scipy import stats

from bench.harness.stats.spread import Spread, contrast, prediction, spread, time_to_target


def test_interval_is_students_t_on_the_mean() -> None:
    """Three values 1, 2, 3: sd 1, t(2) = 4.3027, half-width 4.3027 / sqrt(3)."""
    summary = spread([1.0, 2.0, 3.0])

    assert (summary.mean, summary.sd) == (2.0, 1.0)
    assert summary.high == pytest.approx(2 + 2.4841, abs=1e-4)


def test_one_value_has_no_interval() -> None:
    """One seed says nothing about another."""
    assert spread([7.0]) == Spread(1, 7.0)


def test_equal_values_have_an_interval_of_no_width() -> None:
    """No spread gives neither NaN nor an error."""
    assert spread([7.0, 7.0]) == Spread(2, 7.0, 0.0, 7.0, 7.0)


def test_no_values_are_refused() -> None:
    """An empty summary would be a made-up number."""
    with pytest.raises(ValueError, match="no values"):
        spread([])


def test_median_of_all_reached() -> None:
    """Where all seeds reach the target, median, fastest and slowest are known."""
    time = time_to_target([3, 5, 4], [9, 9, 9])

    assert (time.median, time.fastest, time.slowest, time.never) == (4, 3, 5, 0)


def test_median_is_known_while_fewer_than_half_are_censored() -> None:
    """One of three never: the median is the slower of the other two, the slowest is unknown."""
    time = time_to_target([3, None, 5], [9, 9, 9])

    assert (time.median, time.slowest, time.never) == (5, None, 1)


def test_median_is_a_bound_where_half_are_censored() -> None:
    """Four of five never in 12 epochs: the median is above 12."""
    time = time_to_target([3, None, None, None, None], [12] * 5)

    assert (time.median, time.at_least) == (None, 12)


def test_a_further_value_may_lie_further_out_than_the_mean() -> None:
    """Three values 1, 2, 3: half-width 4.3027 sqrt(4 / 3)."""
    assert prediction([1.0, 2.0, 3.0]) == pytest.approx((2 - 4.9683, 2 + 4.9683), abs=1e-4)


def test_one_value_predicts_no_other() -> None:
    """Its spread is not known."""
    assert prediction([1.0]) is None


def test_a_further_value_lies_inside_as_often_as_promised() -> None:
    """In 95 % of 4000 draws of five values and one more."""
    random = np.random.default_rng(0)
    inside = 0
    for values in random.normal(size=(4000, 6)):
        low, high = prediction(values[:5].tolist()) or (0.0, 0.0)
        inside += low <= values[5] <= high

    assert 0.94 < inside / 4000 < 0.96


def test_a_contrast_of_two_groups_is_welchs_test() -> None:
    """The interval of a difference of means, as scipy gives it for unequal spreads."""
    first, second = [1.0, 2.0, 4.0, 5.0], [3.0, 3.5, 7.0]
    theirs = stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.95)

    ours = contrast([first, second], [1.0, -1.0])

    assert ours is not None
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_a_contrast_without_spread_has_no_interval() -> None:
    """One value a group, or the same value always, says nothing of others."""
    assert contrast([[1.0], [2.0, 3.0]], [1.0, -1.0]) is None
    assert contrast([[1.0, 1.0], [2.0, 2.0]], [1.0, -1.0]) is None
