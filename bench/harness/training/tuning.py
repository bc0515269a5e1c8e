"""Chooses an arm's learning rate on validation images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from bench.harness.data.dataset import Dataset, Split
from bench.harness.errors import UserError
from bench.harness.machine import clock
from bench.harness.machine.device import Execution
from bench.harness.study.recipe import Recipe
from bench.harness.study.study import Arm
from bench.harness.study.trial import fit_options
from bench.harness.training.evaluation import evaluate
from bench.harness.training.training import Training
from bench.harness.training.trial_run import preprocesses, split_of

GRIDS: Mapping[str, tuple[float, ...]] = {
    "sgd": (0.01, 0.03, 0.1, 0.3),
    "adam": (0.0003, 0.001, 0.003, 0.01),
    "adamw": (0.0003, 0.001, 0.003, 0.01),
}
STEP = 10**0.5  # by which a grid is extended
MOST_EXTENSIONS = 4


@dataclass(frozen=True)
class Tried:
    """A learning rate with one seed: last-epoch validation accuracy (0 to 1) and loss (None: not finite)."""

    learning_rate: float
    seed: int
    validation_accuracy: float
    validation_loss: float | None
    diverged: bool
    train_images_per_second: float


def choose(tried: Sequence[Tried]) -> float:
    """Return the rate with the highest mean validation accuracy, ties to the lower mean validation loss."""

    def merit(rate: float) -> tuple[float, float]:
        mine = [candidate for candidate in tried if candidate.learning_rate == rate]
        losses = [
            float("inf") if candidate.validation_loss is None else candidate.validation_loss for candidate in mine
        ]
        return mean(candidate.validation_accuracy for candidate in mine), -mean(losses)

    return max({candidate.learning_rate for candidate in tried}, key=merit)


@dataclass(frozen=True)
class Subject:
    """The net, data and recipe that a learning rate is chosen for."""

    arm: Arm
    recipe: Recipe
    dataset: Dataset
    execution: Execution

    def split(self) -> Split:
        """Return the split: where an arm trains on every image, those that are held out by default are left out."""
        split = split_of(self.recipe, self.dataset)
        return (
            split
            if split.validation is not None
            else split_of(self.recipe.but({"first_image": 0, "train_images": None}), self.dataset)
        )

    def try_rate(self, rate: float, seed: int) -> Tried:
        """Train once and validate."""
        source, device, split = self.dataset.source, self.execution.torch_device, self.split()
        recipe = self.recipe.but({"learning_rate": rate}).per_channel(source.channels, source.name)
        clock.use_device(device)
        options = fit_options(self.arm.architecture, self.arm.options, recipe, source)
        training = Training(
            self.arm.architecture, options, recipe, train=split.train.to(device), execution=self.execution, seed=seed
        )
        train_preprocess, test_preprocess = preprocesses(recipe, source, self.execution)
        training.warm_up(train_preprocess)
        start = clock.clock()
        for _ in range(recipe.epochs):
            training.run_epoch(train_preprocess)
        seconds = clock.clock() - start
        if split.validation is None:
            raise UserError(f"{source.name} has too few images to hold any out for validation")
        validated = evaluate(training.model, split.validation.to(device), test_preprocess)
        images_per_second = recipe.epochs * len(split.train) / seconds
        return Tried(rate, seed, validated.accuracy, validated.loss, training.diverged, images_per_second)

    def tune(self, grid: Sequence[float], seeds: Sequence[int]) -> list[Tried]:
        """Try every rate of the grid with every seed; extend the grid while its end is best."""
        tried: list[Tried] = []
        rates = sorted(grid)
        for _ in range(MOST_EXTENSIONS + 1):
            for rate in rates:
                if rate not in {candidate.learning_rate for candidate in tried}:
                    tried += [self._show(self.try_rate(rate, seed)) for seed in seeds]
            best = choose(tried)
            if rates[0] < best < rates[-1]:
                break
            rates = sorted([*rates, round_rate(best * STEP if best == rates[-1] else best / STEP)])
        return tried

    def _show(self, tried: Tried) -> Tried:
        accuracy = "diverged" if tried.diverged else f"{tried.validation_accuracy:.2%}"
        where = f"{self.arm.name:16} rate {tried.learning_rate:<8g} seed {tried.seed}"
        print(f"  {where}  validation {accuracy}", flush=True)  # noqa: T201 - progress of a command
        return tried


def round_rate(rate: float) -> float:
    """Return a rate with one significant digit: grids stay readable (0.03, 0.1, 0.3)."""
    return float(f"{rate:.0e}")
