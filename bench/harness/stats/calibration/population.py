"""Populations of seeds and test images whose truth is known, from which simulated studies are drawn.

The chance that arm a, trained with seed s, answers image i is 1 / (1 + exp(-x)) with

    x = level[a] + difficulty[i] + taste[a, i] + luck[a, s]

where the last three have mean 0: how hard the image is for every arm, how well it suits this one, and how well this
seed trained. They are normal, but that luck may be skewed. Each answer is drawn with its chance; a seed that fails
answers at chance. All but `level` is drawn anew in every study.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from bench.harness.stats.differences import Bits

Floats = npt.NDArray[np.float64]

# An expectation over a standard normal is a sum over this grid; for functions this smooth it is exact to 1e-6.
GRID = np.linspace(-6, 6, 61)
WEIGHTS = np.exp(-(GRID**2) / 2) / np.exp(-(GRID**2) / 2).sum()
CHANCE = 0.1  # accuracy of a seed that failed


@dataclass(frozen=True, kw_only=True)
class Population:
    """Standard deviations on the logit scale, and the true accuracy (0 to 1) of the baseline's seeds that do not fail.

    Attributes:
        name: short, for a table.
        accuracy: true share of right answers of the baseline, the first arm.
        difficulty_sd: spread of the images' difficulty.
        taste_sd: spread of the images' suiting an arm.
        luck_sds: spread of the seeds of each arm, the baseline first.
        images: number of test images.
        skewed: luck is a negative exponential draw: most seeds do well, few badly.
        failing: share of the seeds of all arms but the baseline that answer at chance.
        alike: so many test images in a row share their difficulty and taste.
        more_baseline: seeds that the baseline has beyond the others'.
    """

    name: str
    accuracy: float = 0.97
    difficulty_sd: float = 5.0
    taste_sd: float = 1.0
    luck_sds: tuple[float, ...] = (0.3,) * 5
    images: int = 1000
    skewed: bool = False
    failing: float = 0.0
    alike: int = 1
    more_baseline: int = 0

    def levels(self, differences: Floats) -> Floats:
        """Return the levels at which arms differ so much from the baseline's accuracy, in accuracies."""
        return np.array(
            [self._level(self.accuracy + float(one), arm) for arm, one in enumerate(differences)], dtype=np.float64
        )

    def true_accuracies(self, differences: Floats) -> Floats:
        """Return the arms' accuracies over all seeds, those that fail among them."""
        trained = self.accuracy + differences
        failing = np.array([0.0] + [self.failing] * (len(differences) - 1))
        return (1 - failing) * trained + failing * CHANCE

    def _level(self, accuracy: float, arm: int) -> float:
        return float(optimize.brentq(lambda level: self.mean_accuracy(level, arm) - accuracy, -20, 60))

    def mean_accuracy(self, level: float, arm: int = 0) -> float:
        """Return the accuracy of an arm's seeds that do not fail, over all seeds and images."""
        luck, of_luck = self._luck
        image_sd = float(np.hypot(self.difficulty_sd, self.taste_sd))
        chance = special.expit(level + image_sd * GRID[:, None] + self.luck_sds[arm] * luck)
        return float(WEIGHTS @ chance @ of_luck)

    @cached_property
    def _luck(self) -> tuple[Floats, Floats]:
        """Luck of standard deviation 1 as a grid with weights."""
        if not self.skewed:
            return GRID, WEIGHTS
        places = 1 - np.linspace(0, 30, 3001)
        weights = np.exp(places)
        return places, weights / weights.sum()

    def draw(self, random: np.random.Generator, levels: Floats, studies: int, seeds: int) -> Bits:
        """Return whether each answer is correct, shape (studies, arms, seeds, images)."""

        def normal(*shape: int) -> npt.NDArray[np.float32]:
            return random.standard_normal((studies, *shape), dtype=np.float32)

        arms, groups = len(levels), -(-self.images // self.alike)
        of_group = self.difficulty_sd * normal(1, 1, groups) + self.taste_sd * normal(arms, 1, groups)
        of_image = np.repeat(of_group, self.alike, axis=3)[..., : self.images]
        luck = (
            1 - random.standard_exponential((studies, arms, seeds, 1), np.float32)
            if self.skewed
            else normal(arms, seeds, 1)
        )
        sds = np.array(self.luck_sds, np.float32)[:, None, None]
        of_seed = levels[:, None, None].astype(np.float32) + sds * luck
        chance = special.expit(of_image + of_seed)
        if self.failing:
            fails = random.random((studies, arms, seeds, 1), np.float32) < self.failing
            fails[:, 0] = False
            chance = np.where(fails, np.float32(CHANCE), chance)
        correct: Bits = random.random(chance.shape, np.float32) < chance
        return correct
