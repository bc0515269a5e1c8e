"""Tests of bench.harness.stats.variance: how the variance of a difference shrinks with more seeds."""

import pytest

from bench.harness.stats.variance import Sources

SOURCES = Sources(seeds=(4e-6, 6e-6), n=(5, 6), crossed=(1e-6, 2e-6), image=5e-6, images=1000)


def test_total_is_the_sum_of_the_sources() -> None:
    """The squared standard error is that of seeds plus that of images."""
    assert SOURCES.total == pytest.approx(15e-6)


def test_more_seeds_shrink_the_seeds_part_alone() -> None:
    """Seed variance falls as 1/n in each arm; what images add stays."""
    more = SOURCES.with_seeds(20)

    assert (*more.seeds, more.image, *more.n) == pytest.approx((1e-6, 1.8e-6, 5e-6, 20, 20))


def test_present_numbers_change_nothing() -> None:
    """Projecting equal arms to the seeds there are gives the same variance."""
    equal = Sources(seeds=(4e-6, 6e-6), n=(5, 5), crossed=(1e-6, 2e-6), image=5e-6, images=1000)

    assert equal.with_seeds(5) == equal
