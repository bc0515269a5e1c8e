"""Running one trial: train epoch by epoch, evaluate off the clock, save the checkpoint, make the record."""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from bench.harness.data.catalogue import Source
from bench.harness.data.dataset import Dataset, Split
from bench.harness.data.preprocess import Preprocess
from bench.harness.machine import clock
from bench.harness.machine.device import Execution
from bench.harness.machine.environment import environment
from bench.harness.machine.memory import PeakMemory
from bench.harness.records.parts import Curves
from bench.harness.records.record import SCHEMA, Record
from bench.harness.study.planned import Planned
from bench.harness.study.recipe import Recipe
from bench.harness.training.evaluation import Evaluation, evaluate
from bench.harness.training.training import Training
from bench.harness.training.trial_record import answer_fields, condition_fields, trial_fields
from models import checkpoint

CURVE_DIGITS = 6
Number = TypeVar("Number", float, float | None)


class Epoch(NamedTuple):
    """An epoch that has been trained and evaluated.

    Attributes:
        number: from 1 to `epochs`.
        epochs: number of the trial's epochs.
        train_loss: mean over the epoch; None where it was not finite.
        validation_accuracy: 0 to 1; None without a validation split.
        images_per_second: its pace, beside whatever else was running.
    """

    number: int
    epochs: int
    train_loss: float | None
    validation_accuracy: float | None
    images_per_second: float


class TrialRun:
    """A trial in progress. Call `run_epoch` and `finish_epoch` `recipe.epochs` times, or iterate over `epochs`.

    `alone` says that no other trial was trained beside it.
    """

    def __init__(self, planned: Planned, dataset: Dataset, folder: Path, *, alone: bool = True) -> None:
        self.dataset, self.folder, self.alone = dataset, folder, alone
        self.trial, self.execution, self.key = planned.trial, planned.execution, planned.key
        self.started = datetime.now(UTC)
        trial, device, recipe = self.trial, self.execution.torch_device, self.trial.recipe
        clock.use_device(device)
        self.memory = PeakMemory(device)
        split = split_of(recipe, dataset)
        self.test = split.test.to(device)
        self.validation = None if split.validation is None else split.validation.to(device)
        self.training = Training(
            trial.architecture,
            trial.options,
            recipe,
            train=split.train.to(device),
            execution=self.execution,
            seed=trial.seed,
        )
        self.train_preprocess, self.test_preprocess = preprocesses(recipe, dataset.source, self.execution)
        self.epoch_seconds: list[float] = []
        self.validations: list[Evaluation] = []
        self.test_curve: list[float] | None = [] if trial.context.get("test_curve") else None
        self.test_evaluation: Evaluation | None = None
        self.evaluation_seconds = 0.0
        self.warmup_seconds = _seconds(lambda: self.training.warm_up(self.train_preprocess))

    @property
    def epochs_done(self) -> int:
        """The number of epochs that are finished."""
        return len(self.epoch_seconds)

    def epochs(self) -> Iterator[Epoch]:
        """Run all epochs with their clock, yielding each when it has been evaluated."""
        for _ in range(self.trial.recipe.epochs):
            clock.clock()
            self.run_epoch()
            clock.clock()
            self.finish_epoch()
            yield self._epoch()

    def _epoch(self) -> Epoch:
        return Epoch(
            number=self.epochs_done,
            epochs=self.trial.recipe.epochs,
            train_loss=self.training.train_loss[-1],
            validation_accuracy=self.validations[-1].accuracy if self.validations else None,
            images_per_second=len(self.training.train) / self.epoch_seconds[-1],
        )

    def run_epoch(self) -> None:
        """Train one epoch."""
        self.training.run_epoch(self.train_preprocess)

    def finish_epoch(self) -> None:
        """Keep the epoch's time and evaluate; test after the last, after each for a study that shows the curve."""
        self.epoch_seconds.append(clock.last_interval())
        self.evaluation_seconds += _seconds(self._evaluate)

    def _evaluate(self) -> None:
        model = self.training.model
        if self.validation is not None:
            self.validations.append(evaluate(model, self.validation, self.test_preprocess))
        if self.epochs_done == self.trial.recipe.epochs or self.test_curve is not None:
            self.test_evaluation = evaluate(model, self.test, self.test_preprocess)
        if self.test_curve is not None and self.test_evaluation is not None:
            self.test_curve.append(self.test_evaluation.accuracy)

    def record(self) -> Record:
        """Save the checkpoint and return the record of the finished trial."""
        evaluation = self.test_evaluation
        if evaluation is None or self.epochs_done < self.trial.recipe.epochs:
            raise ValueError(f"{self.trial.name} has run {self.epochs_done} of {self.trial.recipe.epochs} epochs")
        measured = self._measured_fields()  # before the checkpoint takes memory
        name, digest = self._save_checkpoint(evaluation)
        return Record(
            schema=SCHEMA,
            record_id=uuid.uuid4().hex,
            key=self.key,
            status="diverged" if self.training.diverged else "ok",
            validation_accuracy=self.validations[-1].accuracy if self.validations else None,
            alone=self.alone,
            resumed=False,
            started=self.started.isoformat(timespec="seconds"),
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            checkpoint=name,
            checkpoint_sha256=digest,
            data_sha256=self.dataset.sha256,
            **trial_fields(self.trial),
            **answer_fields(evaluation, self.test.labels.cpu().numpy(), self.dataset.source.classes),
            **condition_fields(self.execution, compiled=self.training.compiled),
            **measured,
        )

    def _measured_fields(self) -> dict[str, Any]:
        """Return the fields with curves, times and memory."""
        return {
            "curves": self._curves(),
            "train_images_per_second": self._images_per_second(),
            "peak_memory_mb": self.memory.megabytes(),
            "epochs_to_target": epochs_to(self.trial.context["target_training_error"], self.training.train_error),
            "warmup_seconds": self.warmup_seconds,
            "evaluation_seconds": self.evaluation_seconds,
        }

    def _images_per_second(self) -> float:
        return len(self.training.train) * self.trial.recipe.epochs / sum(self.epoch_seconds)

    def _curves(self) -> Curves:
        curves = Curves(
            train_loss=_short(self.training.train_loss),
            train_error=_short(self.training.train_error),
            validation_accuracy=_short(evaluation.accuracy for evaluation in self.validations),
            validation_loss=_short(evaluation.loss for evaluation in self.validations),
            epoch_seconds=_short(self.epoch_seconds),
        )
        return curves if self.test_curve is None else {**curves, "test_accuracy": _short(self.test_curve)}

    def _save_checkpoint(self, evaluation: Evaluation) -> tuple[str, str]:
        trial, source = self.trial, self.dataset.source
        name = f"checkpoints/{trial.study}-{trial.arm}-seed{trial.seed}-{self.key[:8]}.safetensors"
        card = {
            "study": trial.study,
            "arm": trial.arm,
            "seed": trial.seed,
            "key": self.key,
            "dataset": trial.dataset,
            "data_sha256": self.dataset.sha256,
            "classes": list(source.classes),
            "mean": list(self.test_preprocess.mean),
            "std": list(self.test_preprocess.std),
            "resize": trial.recipe.resize,
            "image_size": source.size,
            "channels": source.channels,
            "ground": source.ground,
            "fit": source.fit,
            "test_accuracy": evaluation.accuracy,
            "environment": environment(self.execution.device),
        }
        digest = checkpoint.save(
            self.folder / name,
            self.training.model,
            architecture=trial.architecture,
            options=dict(trial.options),
            card=card,
        )
        return name, digest


def epochs_to(target: float | None, errors: Sequence[float]) -> int | None:
    """Return the number of epochs until their training error was at a target, None if never or without a target."""
    ended = enumerate(errors, start=1)
    return None if target is None else next((epoch for epoch, error in ended if error <= target), None)


def split_of(recipe: Recipe, dataset: Dataset) -> Split:
    """Return the images that a recipe trains on, validates with and is tested on."""
    split = dataset.split(recipe.first_image, recipe.train_images)
    return split._replace(train=split.train.by_class()) if recipe.sort_by_class else split


def preprocesses(recipe: Recipe, source: Source, execution: Execution) -> tuple[Preprocess, Preprocess]:
    """Return what is done to training images and what is done to validation and test images."""
    mean, std = recipe.mean or source.mean, recipe.std or source.std
    train = Preprocess(mean, std, recipe.resize, execution.torch_memory_format)
    if recipe.normalise_test:
        return train, train
    return train, replace(train, mean=(0.0,) * source.channels, std=(1.0,) * source.channels)


def _short(values: Iterable[Number]) -> list[Number]:
    """Return a curve with as many digits as it can be read to: long ones would fill the record."""
    return [None if value is None else float(f"{value:.{CURVE_DIGITS}g}") for value in values]


def _seconds(action: Callable[[], None]) -> float:
    start = time.perf_counter()
    action()
    clock.synchronise()
    return time.perf_counter() - start
