"""Tests of the learning rate that a trial takes where its recipe states none."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.harness.data.catalogue import SOURCES
from bench.harness.records.parts import OTHER_CODE
from bench.harness.study import learning_rates
from bench.harness.study.code import code_hash
from bench.harness.study.learning_rates import ChoiceError
from bench.harness.study.recipe import Recipe
from bench.harness.study.trial import SMOKE_RATE, resolve
from tests.bench.harness.study.test_trial import ARM, MNIST_5K, study_of


def write_choice(path: Path, dataset: str, code: str | None = None) -> None:
    """Write a rate of 0.03 for the study's arm on a data set."""
    content = {
        "learning_rate": 0.03,
        "kept": [0.03],
        "subject": learning_rates.subject(ARM, Recipe(epochs=3, momentum=0.5), dataset, None),
        "code": code or code_hash(ARM.architecture),
        "train_images_per_second": 100.0,
        "tried": [],
    }
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let a rate of 0.03 be chosen for the study's arm on mnist-5k."""
    monkeypatch.setattr(learning_rates, "CHOSEN_RATES", tmp_path)
    path = learning_rates.path_of("s", "quick", "relu")
    path.parent.mkdir(parents=True)
    write_choice(path, "mnist-5k")


def test_smoke_runs_before_anything_is_tuned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A new study can be tried at once, and the record says that its rate was not chosen."""
    monkeypatch.setattr(learning_rates, "CHOSEN_RATES", tmp_path)
    trial = resolve(study_of(), "smoke", "relu", 0, MNIST_5K, own_data=True)

    assert trial.recipe.learning_rate == SMOKE_RATE
    assert "stands in" in trial.learning_rate_from


@pytest.mark.usefixtures("chosen")
@pytest.mark.parametrize("protocol", ["quick", "smoke"])
def test_the_chosen_learning_rate_is_taken(protocol: str) -> None:
    """`smoke` borrows that of `quick`, though it trains on fewer images."""
    trial = resolve(study_of(), protocol, "relu", 0, MNIST_5K, own_data=True)

    assert (trial.recipe.learning_rate, trial.learning_rate_from) == (0.03, "relu.json")


@pytest.mark.usefixtures("chosen")
@pytest.mark.parametrize("change", [{"recipe": Recipe(epochs=4)}, {"arms": (replace(ARM, architecture="lenet-relu"),)}])
def test_a_rate_that_was_chosen_for_another_definition_is_refused(change: dict[str, Any]) -> None:
    """The message has the command that chooses anew."""
    with pytest.raises(ChoiceError, match=r"was chosen for another definition of the arm: run `python -m bench tune"):
        resolve(study_of(**change), "quick", "relu", 0, MNIST_5K, own_data=True)


@pytest.mark.usefixtures("chosen")
def test_a_rate_that_other_code_chose_is_taken_and_said() -> None:
    """A net that was changed since may want another rate, which need not stop anyone from trying it."""
    write_choice(learning_rates.path_of("s", "quick", "relu"), "mnist-5k", code="0123")
    trial = resolve(study_of(), "quick", "relu", 0, MNIST_5K, own_data=True)

    assert (trial.recipe.learning_rate, trial.learning_rate_from) == (0.03, f"relu.json{OTHER_CODE}")


@pytest.mark.usefixtures("chosen")
def test_rates_that_were_chosen_on_another_data_set_are_for_that_one(tmp_path: Path) -> None:
    """--learning-rates: taken for the data that they were chosen on, refused for others."""
    folder = tmp_path / "fashion"
    path = learning_rates.path_of("s", "quick", "relu", folder)
    path.parent.mkdir(parents=True)
    write_choice(path, "fashion-mnist")

    trial = resolve(study_of(), "quick", "relu", 0, SOURCES["fashion-mnist"], own_data=False, rates=folder)
    assert (trial.recipe.learning_rate, trial.learning_rate_from) == (0.03, "relu.json")
    with pytest.raises(ChoiceError, match="was chosen for another definition"):
        resolve(study_of(), "quick", "relu", 0, SOURCES["kmnist"], own_data=False, rates=folder)


@pytest.mark.usefixtures("chosen")
def test_another_data_set_takes_the_protocols_rate() -> None:
    """--dataset tries a study elsewhere; nothing was chosen there."""
    trial = resolve(study_of(), "quick", "relu", 0, SOURCES["kmnist"], own_data=False)

    assert (trial.recipe.learning_rate, trial.dataset) == (0.03, "kmnist")
