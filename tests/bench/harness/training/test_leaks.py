"""Tests that a net learns nothing of the test set but through the training images.

The labels of all images are permuted together, so that no image tells its own. A net that fits its training images all
the same must be at chance on the test images; if it is not, it has seen them.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from scipy import stats

from bench.harness.data.dataset import Dataset, Images
from bench.harness.data.load import load
from bench.harness.machine.device import Execution
from bench.harness.study.planned import settle
from bench.harness.study.recipe import Recipe
from bench.harness.study.study import Arm, Protocol, Study
from bench.harness.study.trial import resolve
from bench.harness.training.trial_run import TrialRun

RECIPE = Recipe(optimizer="adam", learning_rate=0.003, epochs=40, batch_size=50, train_images=500)
ERROR = 1e-4  # chance of calling an honest run leaky
FITTED = 0.02  # training error
NETS: Mapping[str, Mapping[str, Any]] = {"mlp": {"hidden": (200,)}, "sk": {"width": 0.5}}


def with_permuted_labels(dataset: Dataset) -> Dataset:
    """Return a data set whose labels, those of training and test together, are in random order."""
    parts = (dataset.train, dataset.test)
    labels = torch.cat([part.labels for part in parts])
    random = torch.Generator().manual_seed(1)
    shuffled = torch.split(labels[torch.randperm(len(labels), generator=random)], [len(part) for part in parts])
    train, test = (Images(part.images, own) for part, own in zip(parts, shuffled, strict=True))
    return replace(dataset, train=train, test=test, sha256="permuted")


def with_test_images_among_the_training_images(dataset: Dataset) -> Dataset:
    """Return a data set with a leak: a third of the images that are trained on are test images."""
    leaked = dataset.test.take(slice(0, 170))
    images, labels = dataset.train.images.clone(), dataset.train.labels.clone()
    images[:170], labels[:170] = leaked
    return replace(dataset, train=Images(images, labels), sha256="leaky")


def trained_on(dataset: Dataset, net: str, folder: Path) -> tuple[float, float]:
    """Return the last training error and the test accuracy of a net trained on a data set."""
    arms = (Arm(net, net, net, NETS[net]),)
    study = Study(
        name="leaks",
        question="?",
        held_fixed="",
        margin=0.01,
        comparisons=(),
        protocols={"quick": Protocol("mnist-5k", RECIPE, arms)},
    )
    trial = resolve(study, "quick", net, 0, dataset.source, own_data=True)
    run = TrialRun(settle(trial, Execution("cpu", threads=1), dataset.sha256), dataset, folder)
    for _ in run.epochs():
        pass
    return run.training.train_error[-1], run.record().test_accuracy


def above_chance(accuracy: float, dataset: Dataset) -> bool:
    """Return whether an accuracy is more than guessing gives on these test images."""
    most = int(dataset.test.labels.bincount().max())
    right = round(accuracy * len(dataset.test))
    return bool(stats.binomtest(right, len(dataset.test), most / len(dataset.test), "greater").pvalue < ERROR)


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize(
    ("leak", "is_leaky"),
    [(lambda data: data, False), (with_test_images_among_the_training_images, True)],
    ids=["no", "yes"],
)
def test_a_net_knows_nothing_of_test_labels(
    net: str, leak: Callable[[Dataset], Dataset], is_leaky: bool, tmp_path: Path
) -> None:
    """It fits 500 images whose labels mean nothing, and is at chance on others, unless they leak."""
    dataset = leak(with_permuted_labels(load("mnist-5k")))

    error, accuracy = trained_on(dataset, net, tmp_path)

    assert error <= FITTED
    assert above_chance(accuracy, dataset) is is_leaky
