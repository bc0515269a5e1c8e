"""Tests of bench.harness.training.batched: seeds trained as one program are what they are one by one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch

from bench.harness.data.catalogue import source
from bench.harness.data.dataset import Images
from bench.harness.data.preprocess import Preprocess
from bench.harness.machine.device import Execution
from bench.harness.study.discovery import load_studies
from bench.harness.study.recipe import Recipe
from bench.harness.study.trial import resolve
from bench.harness.training.batched import BatchedError, BatchedTraining, check_batched
from bench.harness.training.training import Training
from models import registry

PREPROCESS = Preprocess((0.3,), (0.6,))
SEEDS = (0, 1, 2)
NETS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "lenet5": ("lenet5", {"image_size": 16, "activation": "relu"}),
    "batchnorm": ("mlp", {"image_size": 16, "hidden": (8,), "normalisation": "batch"}),
    "lrn": ("base", {"image_size": 16, "width": 0.2, "normalisation": "lrn"}),
}


def images() -> Images:
    """Return 150 random images of 16x16: whole batches and a smaller last one."""
    random = torch.Generator().manual_seed(3)
    pixels = torch.randint(0, 256, (150, 1, 16, 16), generator=random, dtype=torch.uint8)
    return Images(pixels, torch.randint(0, 10, (150,), generator=random))


def trainings(net: str, **recipe: object) -> list[Training]:
    """Return a fresh training of each seed."""
    architecture, options = NETS[net]
    settled = dict(registry.resolve(architecture, options))
    chosen = Recipe(learning_rate=0.02, batch_size=64, epochs=2, augment=("flip",), schedule="cosine").but(recipe)
    execution = Execution("cpu", 1)
    return [Training(architecture, settled, chosen, train=images(), execution=execution, seed=seed) for seed in SEEDS]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("net", NETS)
def test_seeds_together_are_seeds_alone(net: str, optimizer: str) -> None:
    """Losses, errors and answers agree to rounding after two epochs of augmented images.

    Weights need not: a bias before BatchNorm has no gradient but rounding, of which Adam makes whole steps.
    """
    alone, together = trainings(net, optimizer=optimizer), trainings(net, optimizer=optimizer)
    batched = BatchedTraining(together)
    for _ in range(2):
        for training in alone:
            training.run_epoch(PREPROCESS)
        batched.run_epoch(PREPROCESS)

    for one, other in zip(alone, together, strict=True):
        assert other.train_loss == pytest.approx(one.train_loss, rel=1e-4)
        assert other.train_error == pytest.approx(one.train_error, abs=2 / 150)
        batch = PREPROCESS(images().images)
        with torch.inference_mode():
            expected, logits = (training.model.eval()(batch) for training in (one, other))
        torch.testing.assert_close(logits, expected, rtol=1e-2, atol=3e-2 * float(expected.abs().max()))


def test_seeds_differ_from_each_other() -> None:
    """Each keeps its own initialisation and order: no two end with the same loss."""
    together = trainings("lenet5")
    BatchedTraining(together).run_epoch(PREPROCESS)

    assert len({training.train_loss[0] for training in together}) == len(SEEDS)


def test_dropout_is_refused() -> None:
    """One random stream for all seeds would not be each seed's own."""
    settled = dict(registry.resolve("mlp", {"image_size": 16, "dropout": 0.5}))
    training = Training(
        "mlp", settled, Recipe(learning_rate=0.1), train=images(), execution=Execution("cpu", 1), seed=0
    )

    with pytest.raises(BatchedError, match="dropout"):
        BatchedTraining([training])


def test_different_recipes_are_refused() -> None:
    """One step cannot have two learning rates."""
    with pytest.raises(BatchedError, match="seeds of one arm"):
        BatchedTraining([trainings("lenet5")[0], trainings("lenet5", learning_rate=0.5)[1]])


def test_arms_with_dropout_are_refused_before_anything_is_trained() -> None:
    """All of them by name, with what to do."""
    study = load_studies("activation")[0]
    trial = resolve(study, "smoke", "lenet5-relu", 0, source("mnist-5k"), own_data=True)
    wet = replace(trial, architecture="mlp", options=registry.resolve("mlp", {"image_size": 16, "dropout": 0.5}))
    arms = [trial, replace(wet, arm="wet"), replace(wet, arm="wetter"), replace(wet, arm="wet", seed=1)]

    with pytest.raises(BatchedError, match="--batch-seeds: activation/wet, activation/wetter have dropout"):
        check_batched(arms)
    check_batched([trial])
