"""Tests of a training's number format: what bf16 changes, what stays in float32, and what float32 must not notice."""

import pytest
import torch

from bench.harness.data.catalogue import source
from bench.harness.data.dataset import Images
from bench.harness.data.preprocess import Preprocess
from bench.harness.machine import precision
from bench.harness.machine.device import Execution
from bench.harness.machine.precision import PrecisionError
from bench.harness.study.discovery import load_studies
from bench.harness.study.planned import settle
from bench.harness.study.recipe import Recipe, RecipeError
from bench.harness.study.trial import resolve
from bench.harness.training.batched import BatchedTraining
from bench.harness.training.training import Training
from models import registry

OPTIONS = dict(registry.resolve("convnet", {"image_size": 28}))
PREPARE = Preprocess((0.5,), (0.5,), None, torch.channels_last)


def images() -> Images:
    """Two classes that differ in brightness: one step already learns."""
    labels = torch.arange(64) % 2
    pixels = torch.randint(0, 100, (64, 1, 28, 28), generator=torch.Generator().manual_seed(0))
    return Images((pixels + 100 * labels[:, None, None, None]).to(torch.uint8), labels)


def training(form: str, seed: int = 0) -> Training:
    """Return a training of ConvNet, which has BatchNorm, in a number format."""
    execution = Execution("cpu", 1, precision=form, memory_format="channels_last")
    recipe = Recipe(learning_rate=0.05, batch_size=32, epochs=4)
    return Training("convnet", OPTIONS, recipe, train=images(), execution=execution, seed=seed)


def test_bfloat16_learns_with_parameters_and_statistics_in_float32() -> None:
    """The loss falls; only the products are rounded, so weights differ a little from float32's."""
    rough, exact = training("bf16"), training("float32")
    for one in (rough, exact):
        for _ in range(4):
            one.run_epoch(PREPARE)

    assert (rough.train_loss[-1] or 1) < (rough.train_loss[0] or 0)
    assert {value.dtype for value in rough.model.state_dict().values()} == {torch.float32, torch.int64}
    pairs = list(zip(rough.model.parameters(), exact.model.parameters(), strict=True))
    assert any(not torch.equal(left, right) for left, right in pairs)
    assert max(float((left - right).detach().abs().max()) for left, right in pairs) < 0.2


def test_the_net_answers_in_float32_afterwards() -> None:
    """As it is evaluated, and exported."""
    rough = training("bf16")
    rough.run_epoch(PREPARE)

    assert rough.model.eval()(PREPARE(images().images)).dtype == torch.float32


def test_seeds_as_one_program_take_the_number_format_too() -> None:
    """Each about as it does alone."""
    alone, together = training("bf16", seed=1), [training("bf16", seed=seed) for seed in (0, 1)]
    alone.run_epoch(PREPARE)
    BatchedTraining(together).run_epoch(PREPARE)

    assert together[1].train_loss[0] == pytest.approx(alone.train_loss[0], rel=0.05)


def test_a_recipe_without_a_format_has_no_such_field() -> None:
    """Records and keys of older runs stay valid; one that states a format is another definition."""
    assert "precision" not in Recipe().as_dict()
    assert Recipe(precision="bf16").as_dict()["precision"] == "bf16"
    with pytest.raises(RecipeError, match="precision is 'half': choose from float32, bf16, tf32"):
        Recipe(precision="half")


def test_an_arm_that_states_its_format_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the run asks for; the others take the run's."""
    monkeypatch.setattr(precision, "why_emulated", lambda *_: "")
    base, data = Execution("cpu", 1, precision="bf16"), source("mnist-5k")
    stated = resolve(load_studies("precision")[0], "smoke", "convnet-float32", 0, data, own_data=True)
    silent = resolve(load_studies("activation")[0], "smoke", "lenet5-relu", 0, data, own_data=True)

    assert settle(stated, base, "").execution.precision == "float32"
    assert settle(silent, base, "").execution.precision == "bf16"


def test_an_arm_in_an_emulated_format_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it was not left out before, as by a command that is given its name."""
    monkeypatch.setattr(precision, "why_emulated", lambda *_: "it is emulated")
    trial = resolve(load_studies("precision")[0], "smoke", "convnet-bf16", 0, source("mnist-5k"), own_data=True)

    with pytest.raises(PrecisionError, match="precision 'bf16' is not to be had here: it is emulated"):
        settle(trial, Execution("cpu", 1), "")
