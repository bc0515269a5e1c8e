"""Tests of bench.harness.stats.calibration.population: the truth worked out is that of the studies drawn."""

from dataclasses import replace

import numpy as np
import pytest

from bench.harness.stats.calibration.population import CHANCE, Population

POPULATION = Population(name="90 %", accuracy=0.9, difficulty_sd=3, luck_sds=(0.4, 1.0), images=300)
DIFFERENCES = np.array([0.0, -0.05])
SEEDS = 4


def accuracies(population: Population, studies: int = 400) -> np.ndarray:
    """Return the arms' mean accuracies over many drawn studies."""
    drawn = population.draw(np.random.default_rng(0), population.levels(DIFFERENCES), studies, SEEDS)
    return np.asarray(drawn.mean(axis=(0, 2, 3)))


@pytest.mark.parametrize(
    "changes", [{}, {"skewed": True}, {"failing": 0.1}, {"alike": 7}], ids=["plain", "skewed", "failing", "alike"]
)
def test_draws_have_the_accuracies(changes: dict[str, float]) -> None:
    """Drawn answers are right as often as the levels say, whatever is unusual about seeds and images."""
    population = replace(POPULATION, **changes)  # type: ignore[arg-type]  # any field

    assert accuracies(population) == pytest.approx(population.true_accuracies(DIFFERENCES), abs=0.006)


def test_differences_are_those_asked_for() -> None:
    """Arms of unequal luck differ by as much as was asked for, not by their levels."""
    assert POPULATION.true_accuracies(DIFFERENCES) == pytest.approx([0.9, 0.85])


def test_failing_seeds_count_in_the_truth() -> None:
    """A tenth of the second arm's seeds answers at chance."""
    assert replace(POPULATION, failing=0.1).true_accuracies(DIFFERENCES) == pytest.approx(
        [0.9, 0.9 * 0.85 + 0.1 * CHANCE]
    )


def test_draws_have_the_shape() -> None:
    """Studies, arms, seeds, images."""
    drawn = POPULATION.draw(np.random.default_rng(0), POPULATION.levels(DIFFERENCES), 2, SEEDS)

    assert drawn.shape == (2, 2, SEEDS, 300)


def test_luck_sets_the_spread_over_seeds() -> None:
    """The arm with more luck has the larger standard deviation between its seeds."""
    drawn = POPULATION.draw(np.random.default_rng(0), POPULATION.levels(np.zeros(2)), 200, SEEDS)

    steady, wild = drawn.mean(axis=3).std(axis=2, ddof=1).mean(axis=0)

    assert wild > 1.5 * steady


def test_images_that_are_alike_say_less() -> None:
    """With images in groups of thirty, accuracies of studies differ more."""
    few = [
        one.draw(np.random.default_rng(0), one.levels(DIFFERENCES), 200, SEEDS)[:, 0].mean(axis=(1, 2)).std()
        for one in (POPULATION, replace(POPULATION, alike=30))
    ]

    assert few[1] > 2 * few[0]
