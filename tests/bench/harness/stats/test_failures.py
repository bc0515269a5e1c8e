"""Tests of bench.harness.stats.failures."""

import pytest

from bench.harness.stats.failures import failures, is_at_chance


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [(0, 5, 0.0, 0.5218), (0, 30, 0.0, 0.1157), (1, 5, 0.0051, 0.7164), (5, 5, 0.4782, 1.0), (2, 20, 0.0123, 0.3170)],
)
def test_exact_interval(count: int, n: int, low: float, high: float) -> None:
    """R: binom.test(count, n)$conf.int."""
    assert failures(count, n)[2:] == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize(("count", "n"), [(-1, 5), (6, 5), (0, 0)])
def test_impossible_counts_are_refused(count: int, n: int) -> None:
    """More failures than seeds is a mistake of the caller's."""
    with pytest.raises(ValueError, match=f"{count} failures of {n} seeds"):
        failures(count, n)


@pytest.mark.parametrize(("right", "at_chance"), [(0, True), (100, True), (125, True), (135, False), (900, False)])
def test_at_chance(right: int, at_chance: bool) -> None:
    """Among 1000 images in ten equal classes 100 are right by guessing, and 135 hardly ever."""
    assert is_at_chance(right, 1000, 0.1) is at_chance


def test_a_commonest_class_is_no_achievement() -> None:
    """Always naming the class of 70 % of the images is at chance."""
    assert is_at_chance(700, 1000, 0.7)
