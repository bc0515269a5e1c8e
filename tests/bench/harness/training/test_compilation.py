"""Tests of `training` under `compile`: the same training, with or without a compiler on the machine."""

import shutil
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from bench.harness.machine.device import Execution
from bench.harness.study.recipe import Recipe
from bench.harness.training.training import Training
from tests.bench.harness.training.test_training import MLP, PREPROCESS, random_images, run, training_of


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # torch 2.11's own compiler uses it
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler on a CPU")
def test_a_compiled_net_trains_as_a_plain_one() -> None:
    """Losses of every epoch agree to rounding, and the training says that it was compiled."""
    recipe = Recipe(learning_rate=0.05, batch_size=16, epochs=2)
    plain, compiled = (
        Training("mlp", MLP, recipe, train=random_images(), execution=Execution("cpu", 1, compiled=flag), seed=3)
        for flag in (False, True)
    )
    compiled.warm_up(PREPROCESS)

    assert run(compiled).train_loss == pytest.approx(run(plain).train_loss, rel=1e-4)
    assert (plain.compiled, compiled.compiled) == (False, True)


def test_without_a_compiler_a_net_is_trained_uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The warm-up finds out, says so, and nothing else differs from an uncompiled training."""

    def no_compiler(*_: object, **__: object) -> Callable[[Tensor], Tensor]:
        def fail(_: Tensor) -> Tensor:
            raise RuntimeError("no working C++ compiler")

        return fail

    monkeypatch.setattr(torch, "compile", no_compiler)
    execution = Execution("cpu", 1, compiled=True)
    recipe = Recipe(learning_rate=0.05, batch_size=16, epochs=2)
    training = Training("mlp", MLP, recipe, train=random_images(), execution=execution, seed=3)

    with pytest.warns(UserWarning, match="trained uncompiled: no working C\\+\\+ compiler"):
        training.warm_up(PREPROCESS)

    assert not training.compiled
    assert run(training).train_loss == run(training_of(epochs=2)).train_loss
