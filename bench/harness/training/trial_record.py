"""The parts of a trial's record that follow from the trial itself and from its answers on the test images."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.harness.machine.device import Execution
from bench.harness.machine.environment import environment
from bench.harness.records.answers import pack_bits, pack_mistakes
from bench.harness.records.parts import Definition
from bench.harness.study.trial import Trial
from bench.harness.training import costs
from bench.harness.training.evaluation import Evaluation, confusion


def trial_fields(trial: Trial) -> dict[str, Any]:
    """Return the fields that a trial has before it is run: its name, its net and its definition."""
    cost = costs.costs(trial.architecture, trial.options)
    return {
        "study": trial.study,
        "arm": trial.arm,
        "seed": trial.seed,
        "protocol": trial.protocol,
        "architecture": trial.architecture,
        "options": dict(trial.options),
        "dataset": trial.dataset,
        "parameters": cost.parameters,
        "mflops_per_image": cost.mflops_per_image,
        "epochs": trial.recipe.epochs,
        "reduced": trial.reduced,
        "context": trial.context,
        "definition": full_definition(trial),
    }


def full_definition(trial: Trial) -> Definition:
    """Return what defines a trial but for its seed, and where its learning rate was found."""
    return {**trial.definition(), "learning_rate_from": trial.learning_rate_from}


def answer_fields(evaluation: Evaluation, labels: npt.NDArray[np.int64], classes: Sequence[str]) -> dict[str, Any]:
    """Return the fields that say how the test images were answered, image by image.

    Args:
        evaluation: the answers to the test images, and their accuracy and loss.
        labels: the right classes of these images, shape (images,).
        classes: names of the classes.
    """
    return {
        "test_accuracy": evaluation.accuracy,
        "test_loss": evaluation.loss,
        "test_images": len(labels),
        "classes": list(classes),
        "test_correct": pack_bits(evaluation.correct),
        "test_mistakes": pack_mistakes(evaluation.predictions, evaluation.correct),
        "confusion": confusion(labels, evaluation.predictions, len(classes)),
    }


def condition_fields(execution: Execution, *, compiled: bool) -> dict[str, Any]:
    """Return the fields that say under which conditions a trial was run.

    Args:
        execution: device, threads and the like.
        compiled: whether the net was really compiled.
    """
    return {
        "device": execution.device,
        "threads": execution.threads,
        "deterministic": execution.deterministic,
        "environment": environment(execution.device),
        "execution": {**execution.as_dict(), "compiled": compiled},
    }
