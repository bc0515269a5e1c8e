"""Tests of bench.harness.stats.population: the truth that is worked out is that of the studies that are drawn."""

import numpy as np
import pytest

from bench.harness.stats.population import Population, true_sources

POPULATION = Population(name="90 %", accuracy=0.9, difficulty_sd=3, taste_sd=1, luck_sd=0.4)
SEEDS, IMAGES = 4, 300


def test_level_gives_the_accuracy() -> None:
    """The level is that of the accuracy asked for."""
    assert POPULATION.moments(POPULATION.level).accuracy == pytest.approx(0.9)


def test_draws_have_the_accuracy() -> None:
    """Drawn answers are right as often as the level says."""
    levels = np.array([POPULATION.level])

    drawn = POPULATION.draw(np.random.default_rng(0), levels, 400, SEEDS, IMAGES)

    assert drawn.mean() == pytest.approx(0.9, abs=0.003)


def test_draws_have_the_shape() -> None:
    """Studies, arms, seeds, images."""
    levels = np.full(3, POPULATION.level)

    assert POPULATION.draw(np.random.default_rng(0), levels, 2, SEEDS, IMAGES).shape == (2, 3, SEEDS, IMAGES)


def test_true_variance_is_that_of_the_drawn_differences() -> None:
    """Differences of drawn arms of unequal accuracy vary as much as the sources add up to."""
    levels = np.array([POPULATION.level, POPULATION.level + 1])
    drawn = POPULATION.draw(np.random.default_rng(0), levels, 2000, SEEDS, IMAGES).mean(axis=(2, 3))

    true = true_sources(POPULATION.moments(levels[1]), POPULATION.moments(levels[0]), SEEDS, IMAGES)

    assert true.total == pytest.approx((drawn[:, 1] - drawn[:, 0]).var(), rel=0.1)


def test_true_seeds_part_is_that_of_seeds_on_the_same_images() -> None:
    """Within a study, accuracies of seeds vary by SE_seeds² times their number."""
    levels = np.array([POPULATION.level])
    drawn = POPULATION.draw(np.random.default_rng(0), levels, 1000, SEEDS, IMAGES).mean(axis=3)
    arm = POPULATION.moments(POPULATION.level)

    true = true_sources(arm, arm, SEEDS, IMAGES)

    assert true.seeds[0] == pytest.approx(drawn.var(axis=2, ddof=1).mean() / SEEDS, rel=0.1)
