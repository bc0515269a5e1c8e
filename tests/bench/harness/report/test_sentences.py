"""Tests of bench.harness.report.sentences."""

from dataclasses import replace

import pytest

from bench.harness.report.sentences import Ratio, describe, still_needed
from bench.harness.stats.differences import Difference
from bench.harness.stats.verdict import Judgement, Verdict

DIFFERENCE = Difference(effect=0.0042, low=0.0018, high=0.0066, p=0.002, n=5, baseline_n=5, images=1000)
BETTER = Judgement(
    arm="3x3x2",
    baseline="5x5",
    difference=DIFFERENCE,
    p_corrected=0.004,
    verdict="better",
    smallest_detectable=0.009,
    seeds_needed=5,
    images_needed=800,
)
TIED = replace(
    BETTER,
    verdict="tied",
    p_corrected=0.8,
    difference=replace(DIFFERENCE, effect=0.0005, low=-0.004, high=0.005),
)
UNDERPOWERED = replace(TIED, verdict="underpowered", seeds_needed=9, images_needed=2400)


def test_better() -> None:
    """A better arm's sentence has effect, interval, corrected p, speed and n."""
    expected = (
        "two 3x3 beat one 5x5 by 0.42 points [0.18, 0.66], p = 0.004, at 0.81x [0.78, 0.85] the training speed (n = 5)"
    )

    assert describe(BETTER, 0.01, arm="two 3x3", baseline="one 5x5", speed=(0.812, 0.781, 0.849)) == expected


def test_worse_turns_the_interval_round() -> None:
    """A worse arm loses by a positive number of points."""
    worse = replace(BETTER, verdict="worse", difference=replace(DIFFERENCE, effect=-0.0042, low=-0.0066, high=-0.0018))

    assert describe(worse, 0.01) == "3x3x2 lost to 5x5 by 0.42 points [0.18, 0.66], p = 0.004 (n = 5)"


def test_tied() -> None:
    """A tie names the margin."""
    expected = "3x3x2 tied with 5x5: +0.05 points [-0.40, +0.50], inside the margin of 1 point (n = 5)"

    assert describe(TIED, 0.01) == expected


def test_underpowered_says_what_the_study_could_have_shown() -> None:
    """Too little power: what there was could have shown so much, and what would show the margin."""
    expected = (
        "cannot tell 3x3x2 from 5x5: +0.05 points [-0.40, +0.50], p = 0.800; 5 seeds and 1000 images could have shown "
        "0.9 points, about 9 seeds or 2400 images would show 0.5 points 4 times in 5, at 2.00x the training speed "
        "(n = 5)"
    )

    assert describe(UNDERPOWERED, 0.005, speed=(2.0, None, None)) == expected


@pytest.mark.parametrize(
    ("seeds", "images", "end"),
    [
        (9, None, "0.9 points, about 9 seeds would show 0.5 points 4 times in 5 (n = 5)"),
        (None, 2301, "0.9 points, about 2400 images would show 0.5 points 4 times in 5 (n = 5)"),
        (118, 1004, "0.9 points, about 120 seeds or 1100 images would show 0.5 points 4 times in 5 (n = 5)"),
        (None, None, "0.9 points, 0.5 points takes more of both (n = 5)"),
        (5, 800, "could have shown 0.9 points (n = 5)"),
    ],
)
def test_underpowered_says_what_would_help(seeds: int | None, images: int | None, end: str) -> None:
    """More of one alone is offered only where it is enough and not there already; two digits, rounded up."""
    assert describe(replace(UNDERPOWERED, seeds_needed=seeds, images_needed=images), 0.005).endswith(end)


def test_a_reach_beyond_all_accuracies_is_none() -> None:
    """No difference is larger than 100 points."""
    blind = replace(UNDERPOWERED, smallest_detectable=1.5, seeds_needed=None, images_needed=None)

    assert "; 5 seeds and 1000 images could not have shown any difference, 1 point takes more" in describe(blind, 0.01)


@pytest.mark.parametrize("verdict", ["better", "worse", "tied", None])
def test_nothing_is_needed_where_there_is_an_answer(verdict: Verdict | None) -> None:
    """The number of seeds that would find the margin is no news where the difference, or the tie, has been found."""
    assert still_needed(replace(UNDERPOWERED, verdict=verdict)) == (None, None)


@pytest.mark.parametrize(("n", "seeds"), [(1, "1 seed"), (2, "2 seeds")])
def test_no_verdict(n: int, seeds: int) -> None:
    """Below five seeds the sentence says how many there are."""
    young = replace(BETTER, verdict=None, p_corrected=None, difference=replace(DIFFERENCE, n=n))

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
    assert f"at {text} the training speed" in describe(TIED, 0.01, speed=speed)


def test_differences_that_round_to_zero_have_no_sign() -> None:
    """A tiny negative effect does not read -0.00."""
    nothing = replace(TIED, difference=replace(DIFFERENCE, effect=-1e-6, low=-0.001, high=0.001))

    assert ": 0.00 points [-0.10, +0.10]" in describe(nothing, 0.01)
