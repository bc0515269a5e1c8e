"""Tests of bench.harness.report.sentences."""

from dataclasses import replace

import pytest

from bench.harness.report.sentences import Ratio, briefly, describe
from bench.harness.stats.differences import Difference
from bench.harness.stats.verdict import Judgement, Verdict

DIFFERENCE = Difference(effect=0.0042, low=0.0018, high=0.0066, p=0.002, n=5, baseline_n=5, images=1000)
BETTER = Judgement(
    arm="3x3x2",
    baseline="5x5",
    difference=DIFFERENCE,
    p_corrected=0.004,
    verdict="better",
    look=5,
    not_excluded=0.009,
)
TIED = replace(
    BETTER,
    verdict="tied",
    p_corrected=0.8,
    difference=replace(DIFFERENCE, effect=0.0005, low=-0.004, high=0.005),
)
OPEN = replace(TIED, verdict="open", not_excluded=0.014)


def test_better() -> None:
    """A better arm's sentence has effect, interval, corrected p and n; its cost is a sentence of its own."""
    expected = (
        "two 3x3 beat one 5x5 by 0.42 points [0.18, 0.66], p = 0.004 (n = 5). "
        "Training took place at 0.81x [0.78, 0.85] the baseline's speed"
    )

    assert describe(BETTER, 0.01, arm="two 3x3", baseline="one 5x5", speed=(0.812, 0.781, 0.849)) == expected


def test_worse_turns_the_interval_round() -> None:
    """A worse arm loses by a positive number of points."""
    worse = replace(BETTER, verdict="worse", difference=replace(DIFFERENCE, effect=-0.0042, low=-0.0066, high=-0.0018))

    assert describe(worse, 0.01) == "3x3x2 lost to 5x5 by 0.42 points [0.18, 0.66], p = 0.004 (n = 5)"


@pytest.mark.parametrize(("verdict", "sign", "verb"), [("better", -1, "beat"), ("worse", 1, "lost to")])
def test_a_difference_that_has_turned_is_said(verdict: Verdict, sign: int, verb: str) -> None:
    """The verdict is that of its look; the size over all seeds keeps its sign, and is not the verdict's."""
    difference = replace(DIFFERENCE, n=12, baseline_n=12, effect=sign * 0.0033, low=-0.01, high=0.0166)
    turned = replace(BETTER, verdict=verdict, difference=difference)

    told = describe(turned, 0.01)

    signed = {1: "+", -1: "−".replace("−", "-")}[sign]
    assert told.startswith(f"3x3x2 {verb} 5x5 at 5 seeds; over all of them it is {signed}0.33 points [-1.00, +1.66], ")
    assert briefly(turned, "3x3x2", "5x5") == f"3x3x2 {verb} 5x5 at 5 seeds"


def test_tied() -> None:
    """A tie names the margin."""
    expected = "3x3x2 tied with 5x5: +0.05 points [-0.40, +0.50], inside the margin of 1 point (n = 5)"

    assert describe(TIED, 0.01) == expected


def test_a_difference_that_hardly_matters() -> None:
    """Where it was shown to be within the margin the sentence says so."""
    assert ", less than the margin of 1 point, p = 0.004 (n = 5)" in describe(replace(BETTER, within_margin=True), 0.01)


def test_open_says_what_is_excluded() -> None:
    """Without an answer there is still a largest difference that the trials leave possible."""
    expected = (
        "cannot tell 3x3x2 from 5x5: +0.05 points [-0.40, +0.50], p = 0.800; no more than 1.4 points either way (n = 5)"
    )

    assert describe(OPEN, 0.005) == expected


@pytest.mark.parametrize(
    ("verdict", "look", "end"),
    [("better", 5, "(n = 5)"), ("better", 8, "(n = 12, answered at 8)"), ("open", 8, "(n = 12, last look at 8)")],
)
def test_the_look_is_named_where_there_are_more_seeds(verdict: Verdict, look: int, end: str) -> None:
    """An answer that came at eight seeds of twelve says so."""
    n = int(end.split("= ")[1].split(",", maxsplit=1)[0].rstrip(")"))
    more = replace(DIFFERENCE, n=n, baseline_n=n)

    assert describe(replace(OPEN, verdict=verdict, look=look, difference=more), 0.01).endswith(end)


@pytest.mark.parametrize(("n", "seeds"), [(1, "1 seed"), (2, "2 seeds")])
def test_no_verdict(n: int, seeds: int) -> None:
    """Below five seeds the sentence says how many there are."""
    young = replace(BETTER, verdict=None, look=None, p_corrected=None, difference=replace(DIFFERENCE, n=n))

    assert describe(young, 0.01) == f"no verdict on 3x3x2 against 5x5: {seeds}; 5 are the least"


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (1e-300, "p < 0.0001"),
        (0.0001, "p = 0.0001"),
        (0.0496, "p = 0.0496"),
        (0.04996, "p = 0.04996"),
        (0.0499999, "p = 0.0499999"),
        (0.01, "p = 0.01"),
        (0.004, "p = 0.004"),
    ],
)
def test_p_value(p: float, text: str) -> None:
    """P values near 0.05 keep the digits that decide, tiny ones are never 0."""
    assert f", {text} (" in describe(replace(BETTER, p_corrected=p), 0.01)


def test_unequal_numbers_of_seeds_are_both_named() -> None:
    """Arms of unequal seeds show both numbers."""
    assert describe(replace(BETTER, difference=replace(DIFFERENCE, baseline_n=7)), 0.01).endswith("(n = 5 and 7)")


@pytest.mark.parametrize(
    ("speed", "text"),
    [
        ((1.0, None, None), "1.00x"),
        ((12.3, 11.0, 13.75), "12.30x [11.00, 13.75]"),
        ((0.034, 0.03, 0.04), "0.03x [0.03, 0.04]"),
        ((0.0034, 0.003, 0.0041), "0.003x [0.003, 0.004]"),
    ],
)
def test_speed(speed: Ratio, text: str) -> None:
    """The speed keeps two decimals, or one digit where it is tiny, and so does its interval."""
    assert f"at {text} the baseline's speed" in describe(TIED, 0.01, speed=speed)


def test_differences_that_round_to_zero_have_no_sign() -> None:
    """A tiny negative effect does not read -0.00."""
    nothing = replace(TIED, difference=replace(DIFFERENCE, effect=-1e-6, low=-0.001, high=0.001))

    assert ": 0.00 points [-0.10, +0.10]" in describe(nothing, 0.01)
