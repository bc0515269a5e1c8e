"""Tests of how numbers are written."""

import pytest

from bench.harness import number_format
from bench.harness.report import sentences
from bench.harness.stats import spread


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(61706, 0, "61\u202f706"), (-0.254, 2, "−0.25"), (-0.001, 2, "0.00"), (1234567.5, 1, "1\u202f234\u202f567.5")],
)
def test_number_groups_thousands_and_has_a_true_minus(value: float, decimals: int, text: str) -> None:
    """Thousands stand apart, minus is a minus sign, and zero has none."""
    assert text == number_format.number(value, decimals)


@pytest.mark.parametrize(("value", "text"), [(0.42, "+0.42"), (-0.1, "−0.10"), (0.001, "0.00"), (-0.001, "0.00")])
def test_signed_always_has_a_sign_but_for_zero(value: float, text: str) -> None:
    """A difference shows its direction, unless it rounds to none."""
    assert text == number_format.signed(value, 2)


@pytest.mark.parametrize(
    ("value", "text"), [(1234.0, "1\u202f234"), (0.01234, "0.0123"), (12.34, "12.3"), (0, "0"), (None, "–")]
)
def test_significant_keeps_three_digits(value: float | None, text: str) -> None:
    """Three digits are kept, and whole digits are never cut."""
    assert text == number_format.significant(value)


def test_symmetric_interval_is_written_with_plus_minus() -> None:
    """Ends at the same distance give one half-width."""
    assert number_format.percent(0.9789, 0.9758, 0.982) == "97.89 ± 0.31"


def test_lopsided_interval_is_written_with_both_ends() -> None:
    """An interval that was cut off at 100 % is not passed off as symmetric."""
    assert number_format.percent(0.995, 0.98, 1.0) == "99.50 [98.00, 100.00]"


def test_mean_without_interval_stands_alone() -> None:
    """One seed has no interval, and none is made up."""
    assert number_format.percent(0.5) == "50.00"


@pytest.mark.parametrize(
    ("mean", "half", "text"),
    [
        (1234.5, 56.7, "1\u202f234 ± 57"),
        (20.04, 0.52, "20.04 ± 0.52"),
        (20.0, 0.0, "20.0 ± 0.0"),
        (3.21, 12.6, "3 ± 13"),
    ],
)
def test_measured_rounds_to_what_the_interval_leaves(mean: float, half: float, text: str) -> None:
    """Two digits of the half-width decide where the mean is cut."""
    assert text == number_format.measured(mean, mean - half, mean + half)


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0496, "0.0496"),
        (0.04996, "0.04996"),
        (0.05004, "0.05004"),
        (0.283, "0.283"),
        (0.00004, "< 0.0001"),
        (None, "–"),
    ],
)
def test_probability_does_not_round_across_the_level(p: float | None, text: str) -> None:
    """0.0496 does not read 0.050."""
    assert text == sentences.probability(p)


@pytest.mark.parametrize(
    ("times", "text"),
    [
        ([6, 7, 9], "7 [6, 9]"),
        ([6, None, 9], "9 [6, never] (1 of 3 never)"),
        ([6, None, None, None, None], "> 12 (4 of 5 never)"),
        ([7], "7"),
        ([None], "> 12 (1 of 1 never)"),
    ],
)
def test_censored_times_are_shown_as_such(times: list[int | None], text: str) -> None:
    """A median that is not known is a bound, and the count of those that never arrived stands beside it."""
    time = spread.time_to_target(times, [12] * len(times))

    assert text == sentences.time_to_target(time, lambda epochs: f"{epochs:g}")


def test_a_unit_stands_behind_the_median() -> None:
    """In a sentence a number needs its unit."""
    time = spread.time_to_target([6, 7, None], [12] * 3)

    assert (
        sentences.time_to_target(time, lambda epochs: f"{epochs:g}", " epochs") == "7 epochs [6, never] (1 of 3 never)"
    )


@pytest.mark.parametrize(
    ("values", "decimals", "text"),
    [
        ([3.0, 1.0, 2.0], 2, "2.00 [1.00, 3.00]"),
        ([1234.4, 0.01234], None, "617 [0.0123, 1\u202f234]"),
        ([2.0], 2, "2.00 [2.00, 2.00]"),
        ([], 2, "–"),
    ],
)
def test_a_median_has_its_range(values: list[float], decimals: int | None, text: str) -> None:
    """With so many decimals, else with three significant digits; no values have none."""
    assert text == number_format.with_range(values, decimals)


def test_ends_are_written_from_least_to_largest() -> None:
    """With so many significant digits."""
    assert number_format.least_to_largest([2.345, 1.234, 3.456], 2) == "1.2 to 3.5"


@pytest.mark.parametrize(("count", "text"), [(0, "0 studies"), (1, "1 study"), (2, "2 studies")])
def test_a_noun_follows_its_number(count: int, text: str) -> None:
    """One is not a plural; a noun without a plural of its own takes an s."""
    assert number_format.counted(count, "study", "studies") == text
    assert number_format.counted(count, "arm") == ("1 arm" if count == 1 else f"{count} arms")
