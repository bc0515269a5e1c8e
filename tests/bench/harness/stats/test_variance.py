"""Tests of bench.harness.stats.variance: how the variance of a difference shrinks with more seeds or images."""

import pytest

from bench.harness.stats.variance import Sources

SOURCES = Sources(seeds=(4e-6, 6e-6), n=(5, 6), crossed=(1e-6, 2e-6), image=5e-6, images=1000)


def test_total_is_the_sum_of_the_sources() -> None:
    """The squared standard error is that of seeds plus that of images."""
    assert SOURCES.total == pytest.approx(15e-6)


def test_effective_degrees_of_freedom() -> None:
    """Welch-Satterthwaite: 15² / (4²/4 + 6²/5 + 5²/999)."""
    assert SOURCES.df == pytest.approx(15**2 / (4**2 / 4 + 6**2 / 5 + 5**2 / 999))


def test_degrees_of_freedom_are_those_of_welch() -> None:
    """Without images they are what R gives for Student's sleep data: t.test(extra ~ group, data = sleep)."""
    sleep = Sources(seeds=(0.3200556, 0.4009), n=(10, 10), crossed=(0.0, 0.0), image=0.0, images=1000)

    assert sleep.df == pytest.approx(17.776, abs=5e-4)


def test_more_seeds_shrink_the_seeds_part_alone() -> None:
    """Seed variance falls as 1/n in each arm; what images add stays."""
    more = SOURCES.with_seeds(20)

    assert (*more.seeds, more.image, *more.n) == pytest.approx((1e-6, 1.8e-6, 5e-6, 20, 20))


def test_more_images_shrink_the_image_part_and_the_interaction() -> None:
    """With ten times the images, the image part and 3 of the seeds' 10 parts fall to a tenth, 7 stay."""
    more = SOURCES.with_images(10_000)

    assert (sum(more.seeds), more.image) == pytest.approx((7.3e-6, 0.5e-6))


def test_present_numbers_change_nothing() -> None:
    """Projecting to the images there are gives the same variance."""
    assert SOURCES.with_images(1000).total == pytest.approx(SOURCES.total)
