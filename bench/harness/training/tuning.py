"""Trains an arm at a learning rate and validates it; several at a time, each in a process of its own."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import NamedTuple

from bench.harness.data.dataset import Dataset, Split
from bench.harness.errors import UserError
from bench.harness.machine import clock
from bench.harness.machine.device import Execution, apply
from bench.harness.records.answers import pack_bits
from bench.harness.study.rate_choice import Tried
from bench.harness.study.recipe import Recipe
from bench.harness.study.study import Arm
from bench.harness.study.trial import fit_options
from bench.harness.training.evaluation import evaluate
from bench.harness.training.training import Training
from bench.harness.training.trial_run import epochs_to, preprocesses, split_of


@dataclass(frozen=True)
class Subject:
    """The net, data and recipe that a learning rate is chosen for.

    Attributes:
        target: the training error, 0 to 1, that the rate shall reach soonest; None: it shall validate best.
    """

    arm: Arm
    recipe: Recipe
    dataset: Dataset
    execution: Execution
    target: float | None = None

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
        return Tried(
            learning_rate=rate,
            seed=seed,
            validation_accuracy=validated.accuracy,
            validation_loss=validated.loss,
            validation_images=len(validated.correct),
            validation_correct=pack_bits(validated.correct),
            diverged=training.diverged,
            epochs=recipe.epochs,
            epochs_to_target=epochs_to(self.target, training.train_error),
            train_images_per_second=recipe.epochs * len(split.train) / seconds,
        )


class Try(NamedTuple):
    """A training to be done: a rate and a seed of a subject."""

    subject: Subject
    rate: float
    seed: int

    def result(self) -> Tried:
        """Train once and validate."""
        return self.subject.try_rate(self.rate, self.seed)


def try_all(tries: Sequence[Try], execution: Execution, workers: int) -> Iterator[Tried]:
    """Yield what each gives, in their order; `workers` are trained at a time, 0 of them in this process."""
    if not workers:
        yield from map(Try.result, tries)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=apply, initargs=(execution,)) as pool:
        yield from pool.map(Try.result, tries)
