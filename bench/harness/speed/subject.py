"""An arm whose speed is measured: a slice of its training, and of its answers to one image and to 256."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import torch

from bench.harness.data.dataset import Dataset
from bench.harness.machine.clock import clock
from bench.harness.machine.device import available_cores
from bench.harness.study.planned import Planned
from bench.harness.training.training import Training
from bench.harness.training.trial_run import preprocesses, split_of

BATCHES = (1, 256)  # of inference
TRAINING = "training"
WARM_UP_STEPS = 1  # after the others' slices the caches hold their nets
LEAST_TRIED = 2  # steps of a try
FEWEST_TRIES, MOST_TRIES = 3, 5  # of each number of threads
TRIED_SECONDS = 2.0  # after which slow nets are not tried again
BACKWARD = 3  # forward and backward together cost about three forward passes


class Budget(NamedTuple):
    """The extent of a measurement.

    Slices are short and many. On a machine whose host has other guests, speed drifts within a second: LeNet-5 against
    itself for 5.4 s had a standard error of the ratio of 4.2 % in slices of 0.3 s, 1.8 % in slices of 0.06 s and 1.3 %
    in slices of 0.03 s.

    Attributes:
        turns: undisturbed ones that are wanted; at most as many again are taken.
        seconds: least time of a slice of training.
        least_steps: steps of a slice of training, however long they take.
        tried_seconds: least time of a try of a number of threads; there are three to five.
    """

    turns: int = 40
    seconds: float = 0.03
    least_steps: int = 2
    tried_seconds: float = 0.03

    @property
    def answer_seconds(self) -> float:
        """Least time of a slice of inference, of which there is one for each batch size."""
        return self.seconds / 2

    def slice_seconds(self, step: float, images: int) -> float:
        """Return about how long an arm's part of a turn takes.

        Args:
            step: seconds of a training step.
            images: training images of a step.
        """
        training = max(self.seconds, self.least_steps * step) + WARM_UP_STEPS * step
        answers = (max(self.answer_seconds, size * step / images / BACKWARD) for size in BATCHES)
        return training + sum(answers)


class Timing(NamedTuple):
    """The result of one turn of an arm.

    Attributes:
        seconds_per_step: time of a training step, mean over the slice.
        images_per_second: training speed.
        us_per_image: time of inference, mean over a slice, by batch size.
    """

    seconds_per_step: float
    images_per_second: float
    us_per_image: Mapping[int, float]


class Subject:
    """An arm, ready to be timed: its net is trained on, from its first step, slice by slice.

    Args:
        planned: one of the arm's trials: its seed is that of initialisation and order.
        dataset: the images that it is trained on.
        thread_counts: CPU threads to choose from for each of its loops.
        budget: the extent of the measurement.
        changes: options of the architecture that differ from the trial's and leave the function the same.
    """

    def __init__(
        self,
        planned: Planned,
        dataset: Dataset,
        thread_counts: Sequence[int],
        budget: Budget,
        changes: Mapping[str, Any] | None = None,
    ) -> None:
        trial, execution, recipe = planned.trial, planned.execution, planned.trial.recipe
        self.planned, self.budget, device = planned, budget, execution.torch_device
        split = split_of(recipe, dataset)
        self.images_per_epoch = len(split.train)
        options = {**trial.options, **(changes or {})}
        self._training = Training(
            trial.architecture, options, recipe, train=split.train.to(device), execution=execution, seed=trial.seed
        )
        self._train_preprocess, test_preprocess = preprocesses(recipe, dataset.source, execution)
        self._training.warm_up(self._train_preprocess)
        self._steps = self._endless()
        images = split.test.images.to(device)
        images = images.repeat(-(-max(BATCHES) // len(images)), 1, 1, 1)
        self._batches = {size: test_preprocess(images[:size]) for size in BATCHES}
        self.threads = self._choose_threads(thread_counts)

    @property
    def compiled(self) -> bool:
        """Whether torch.compile's program is what runs."""
        return self._training.compiled

    def _endless(self) -> Iterator[int]:
        while True:
            yield from self._training.steps(self._train_preprocess)

    def train(self, seconds: float, least_steps: int) -> tuple[float, float]:
        """Train for a slice; return the seconds of a step and the images a second, warm-up left out."""
        self._training.model.train()
        for _ in range(WARM_UP_STEPS):
            next(self._steps)
        images = steps = 0
        start = now = clock()
        while steps < least_steps or now - start < seconds:
            images += next(self._steps)
            steps += 1
            if self._training.device.type == "cpu" or steps % least_steps == 0:  # a GPU would have to be waited for
                now = clock()
        took = clock() - start
        return took / steps, images / took

    def answer(self, size: int, seconds: float) -> float:
        """Answer a batch again and again; return the µs an image."""
        model, batch = self._training.model.eval(), self._batches[size]
        with torch.inference_mode():
            model(batch[:1])
            calls, start = 0, clock()
            while calls == 0 or time.perf_counter() - start < seconds:
                model(batch)
                calls += 1
            return 1e6 * (clock() - start) / calls / size

    def measure(self) -> Timing:
        """Return what a slice of training and one of each inference gives, each on its own number of threads."""
        return self.measure_training()._replace(us_per_image={size: self._measure_answer(size) for size in BATCHES})

    def _measure_answer(self, size: int) -> float:
        torch.set_num_threads(self.threads[batch_name(size)])
        return self.answer(size, self.budget.answer_seconds)

    def measure_training(self) -> Timing:
        """Return what a slice of training alone gives."""
        torch.set_num_threads(self.threads[TRAINING])
        return Timing(*self.train(self.budget.seconds, self.budget.least_steps), {})

    def _choose_threads(self, counts: Sequence[int]) -> dict[str, int]:
        """Return the fastest number of threads for training and for each batch size of inference."""
        budget = self.budget.tried_seconds
        loops: dict[str, Callable[[], float]] = {
            TRAINING: lambda: self.train(budget, LEAST_TRIED)[0],
            **{batch_name(size): lambda size=size: self.answer(size, budget / 4) for size in BATCHES},  # type: ignore[misc]
        }
        return {name: _fastest(loop, counts) for name, loop in loops.items()}


def batch_name(size: int) -> str:
    """Return the name of inference with a batch size, as records have it."""
    return f"batch_{size}"


def _fastest(loop: Callable[[], float], counts: Sequence[int]) -> int:
    """Return the number of threads with which a loop took the least time in the median of its tries.

    Beside a busy program a loop on all cores is fast now and then, when nobody is in its way: the fastest try would
    choose it for a phase in which it is slow.
    """
    if len(counts) == 1:
        return counts[0]
    seconds: dict[int, list[float]] = {count: [] for count in counts}
    start = time.perf_counter()
    for tries in range(MOST_TRIES):
        if tries >= FEWEST_TRIES and time.perf_counter() - start > TRIED_SECONDS:
            break
        for count in counts:
            torch.set_num_threads(count)
            seconds[count].append(loop())
    return min(counts, key=lambda count: statistics.median(seconds[count]))


def counts_to_try(asked: int | None) -> list[int]:
    """Return the numbers of threads of which each loop takes the fastest: the one asked for, else up to all cores."""
    return thread_counts(available_cores()) if asked is None else [asked]


def thread_counts(cores: int) -> list[int]:
    """Return 1, 2, 4 ... and the number of cores itself."""
    counts = [1]
    while 2 * counts[-1] < cores:
        counts.append(2 * counts[-1])
    return counts if counts[-1] == cores else [*counts, cores]
