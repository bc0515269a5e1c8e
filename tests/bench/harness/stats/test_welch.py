"""Tests of bench.harness.stats.welch, against Student's distribution, R, tables, and draws."""

import numpy as np
import pytest
from scipy import stats

from bench.harness.stats.variance import Sources
from bench.harness.stats.welch import half_width, tail


def sources(*seeds: float, n: int = 5, image: float = 0.0) -> Sources:
    """Return the variance of arms with so many seeds each."""
    return Sources(seeds=seeds, n=(n,) * len(seeds), crossed=(0.0,) * len(seeds), image=image, images=1000)


@pytest.mark.parametrize(("n", "tolerance"), [(5, 0.06), (8, 0.02), (30, 0.001)])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99])
def test_one_arm_is_nearly_students(n: int, tolerance: float, confidence: float) -> None:
    """With one variance the series comes near Student's t with n - 1 degrees of freedom."""
    expected = stats.t.ppf((1 + confidence) / 2, n - 1)

    assert half_width(sources(1.0, n=n), confidence) == pytest.approx(expected, rel=tolerance)


def test_images_alone_are_normal() -> None:
    """Without seeds' variance the chance is the normal one."""
    assert tail(2.0, sources(0.0, 0.0, image=1.0)) == pytest.approx(stats.norm.sf(2.0))


def test_sleep_data_get_rs_p_value() -> None:
    """R: t.test(extra ~ group, data = sleep) says 0.07939 with 17.776 degrees of freedom, which are many."""
    sleep = Sources(seeds=(0.3200556, 0.4009000), n=(10, 10), crossed=(0, 0), image=0, images=1000)

    assert 2 * tail(1.58, sleep) == pytest.approx(0.07939, rel=0.025)


def test_tables_of_aspin() -> None:
    """A. A. Aspin, Tables for use in comparisons, Biometrika 1949: 1.73 at 8 and 8 degrees of freedom, equal variances.

    One-sided 5 %: between the normal 1.645 and Student's 1.86 of one variance alone.
    """
    assert half_width(sources(0.5, 0.5, n=9), 0.90) == pytest.approx(1.73, abs=0.012)


@pytest.mark.parametrize("image", [0.0, 1.0])
@pytest.mark.parametrize("ratio", [1.0, 0.1])
@pytest.mark.parametrize("n", [5, 12])
def test_intervals_hold_the_truth(n: int, ratio: float, image: float) -> None:
    """Among 4000 normal samples, equal or ten times apart in variance, 93.5 to 96.5 % of the intervals hold it."""
    random, seeds = np.random.default_rng(n), np.array([1.0, ratio])
    estimated = seeds * random.chisquare(n - 1, (4000, 2)) / (n - 1)
    deviations = random.standard_normal(4000) * np.sqrt(seeds.sum() + image)

    held = [
        abs(one) <= half_width(sources(*some, n=n, image=image), 0.95)
        for one, some in zip(deviations, estimated, strict=True)
    ]

    assert np.mean(held) == pytest.approx(0.95, abs=0.015)


def test_chances_of_the_two_sides_add_up_to_one() -> None:
    """Whatever is not above is below."""
    assert tail(-1.3, sources(1.0, 2.0)) + tail(1.3, sources(1.0, 2.0)) == pytest.approx(1)
    assert tail(0.0, sources(1.0, 2.0)) == 0.5


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.9999])
def test_interval_is_the_chance_turned_round(confidence: float) -> None:
    """Outside the interval lies what its confidence leaves."""
    some = sources(1.0, 0.1, image=0.5)

    assert 2 * tail(half_width(some, confidence), some) == pytest.approx(1 - confidence)


@pytest.mark.parametrize("n", [2, 5, 30])
def test_a_larger_deviation_is_less_probable(n: int) -> None:
    """However few the seeds, and however far out, the chance falls and stays above 0."""
    chances = [tail(deviation, sources(1.0, 0.01, n=n)) for deviation in np.geomspace(0.01, 1e4, 60)]

    assert chances == sorted(chances, reverse=True)
    assert chances[-1] > 0
