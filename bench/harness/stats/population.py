"""Populations of seeds and test images whose truth is known, from which `bench.harness.stats.simulation` draws studies.

The chance that arm a, trained with seed s, answers image i is 1 / (1 + exp(-x)) with

    x = level[a] + difficulty[i] + taste[a, i] + luck[a, s]

where the last three are normal with mean 0: how hard the image is for every arm, how well it suits this one, and how
well this seed trained. Each answer is drawn with its chance. All but `level` is drawn anew in every study.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from bench.harness.stats.differences import Bits
from bench.harness.stats.variance import Sources

Floats = npt.NDArray[np.float64]

# An expectation over a standard normal is a sum over this grid; for functions this smooth it is exact to 1e-6.
GRID = np.linspace(-6, 6, 61)
WEIGHTS = np.exp(-(GRID**2) / 2) / np.exp(-(GRID**2) / 2).sum()


@dataclass(frozen=True, kw_only=True)
class Moments:
    """The truth about one arm.

    Attributes:
        accuracy: over all seeds and images, 0 to 1.
        seed_variance: between seeds, of the accuracy over all images.
        image_variance: between images, of the chance over all seeds to answer one.
        by_difficulty: the accuracy at each difficulty of GRID.
    """

    accuracy: float
    seed_variance: float
    image_variance: float
    by_difficulty: Floats

    @property
    def interaction(self) -> float:
        """The variance that neither seed nor image explains: mostly the draw of the single answer."""
        return self.accuracy * (1 - self.accuracy) - self.seed_variance - self.image_variance


@dataclass(frozen=True, kw_only=True)
class Population:
    """Standard deviations on the logit scale, and the true accuracy (0 to 1) of a baseline arm."""

    name: str
    accuracy: float
    difficulty_sd: float
    taste_sd: float
    luck_sd: float

    @cached_property
    def level(self) -> float:
        """The level that has the accuracy."""
        return float(optimize.brentq(lambda level: self.moments(level).accuracy - self.accuracy, -10, 40))

    def moments(self, level: float) -> Moments:
        """Return what is true of an arm at a level."""
        difficulty, taste, luck = self.difficulty_sd * GRID, self.taste_sd * GRID, self.luck_sd * GRID
        chance = special.expit(level + difficulty[:, None, None] + taste[:, None] + luck)
        by_image = chance @ WEIGHTS
        by_difficulty = by_image @ WEIGHTS
        accuracy = float(by_difficulty @ WEIGHTS)
        by_seed = np.tensordot(WEIGHTS, np.tensordot(WEIGHTS, chance, 1), 1)
        return Moments(
            accuracy=accuracy,
            seed_variance=float((by_seed - accuracy) ** 2 @ WEIGHTS),
            image_variance=float(WEIGHTS @ (by_image - accuracy) ** 2 @ WEIGHTS),
            by_difficulty=by_difficulty,
        )

    def draw(self, random: np.random.Generator, levels: Floats, studies: int, seeds: int, images: int) -> Bits:
        """Return whether each answer is correct, shape (studies, arms, seeds, images)."""

        def normal(*shape: int) -> npt.NDArray[np.float32]:
            return random.standard_normal((studies, *shape), dtype=np.float32)

        arms = len(levels)
        of_image = self.difficulty_sd * normal(1, 1, images) + self.taste_sd * normal(arms, 1, images)
        of_seed = levels[:, None, None].astype(np.float32) + self.luck_sd * normal(arms, seeds, 1)
        correct: Bits = random.random((studies, arms, seeds, images), np.float32) < special.expit(of_image + of_seed)
        return correct


def true_sources(arm: Moments, baseline: Moments, seeds: int, images: int) -> Sources:
    """Return the true variance, by source, of the difference that a study measures between two arms."""
    arms = (arm, baseline)
    shared = float((arm.by_difficulty - arm.accuracy) * (baseline.by_difficulty - baseline.accuracy) @ WEIGHTS)
    crossed = tuple(one.interaction / seeds / images for one in arms)
    return Sources(
        seeds=tuple(one.seed_variance / seeds + part for one, part in zip(arms, crossed, strict=True)),
        n=(seeds, seeds),
        crossed=crossed,
        image=(arm.image_variance + baseline.image_variance - 2 * shared) / images,
        images=images,
    )
