"""Tests of bench.harness.study.learning_rates, and of the choices that are committed."""

import json
from pathlib import Path

import pytest

from bench.harness.study import learning_rates
from bench.harness.study.code import code_hash
from bench.harness.study.discovery import load_studies
from bench.harness.study.learning_rates import ChoiceError
from bench.harness.study.rate_choice import GRIDS, TUNING_SEEDS, Tried, choose
from bench.harness.study.recipe import Recipe
from bench.harness.study.study import FIRST_TUNING_SEED, Arm, Study

ARM = Arm(name="relu", label="ReLU", architecture="lenet5", options={"activation": "relu"})
STORED = {
    "learning_rate": 0.003,
    "kept": [0.003, 0.01],
    "subject": "abc",
    "code": "0123",
    "train_images_per_second": 100.0,
    "tried": [],
}
SUBJECT = learning_rates.subject(ARM, Recipe(), "mnist", None)
TUNED = [
    (study, arm)
    for study in load_studies()
    if "quick" in study.protocols
    for arm in study.protocol("quick").arms
    if study.protocol("quick").recipe.but(arm.recipe).learning_rate is None
]


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return an empty folder in the place of the committed choices."""
    monkeypatch.setattr(learning_rates, "CHOSEN_RATES", tmp_path)
    return tmp_path


def write(text: str) -> Path:
    """Write a study's choice for `relu`."""
    path = learning_rates.path_of("activation", "quick", "relu")
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.usefixtures("folder")
def test_a_choice_is_read() -> None:
    """Its rate, and what it was chosen for."""
    path = write(json.dumps(STORED))
    choice = learning_rates.read("activation", "quick", "relu")

    assert (choice.learning_rate, choice.kept, choice.subject, choice.code) == (0.003, (0.003, 0.01), "abc", "0123")
    assert choice.path == path


def test_a_choice_lies_in_its_own_folder(tmp_path: Path) -> None:
    """Rates that were chosen on other data do not replace the committed ones."""
    path = learning_rates.path_of("activation", "quick", "relu", tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(STORED), encoding="utf-8")

    assert learning_rates.read("activation", "quick", "relu", tmp_path).path == path
    with pytest.raises(ChoiceError, match="no learning rate was chosen for activation/tanh"):
        learning_rates.read("activation", "quick", "tanh", tmp_path)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("learning_rate", "0.1", "learning_rate is '0.1'"),
        ("subject", 5, "subject is 5"),
        ("train_images_per_second", "fast", "train_images_per_second is 'fast'"),
    ],
)
def test_a_value_of_another_kind_is_named(field: str, value: object, problem: str) -> None:
    """A number in quotes is a mistake of the file's writer, and no rate."""
    write(json.dumps({**STORED, field: value}))

    with pytest.raises(ChoiceError, match=rf"relu\.json is not a choice of a learning rate \({problem}: expected"):
        learning_rates.read("activation", "quick", "relu")


@pytest.mark.usefixtures("folder")
def test_no_choice_is_an_error_with_the_command_that_makes_one() -> None:
    """The command can be copied."""
    command = "python -m bench tune --studies activation --arms relu --protocol quick"

    with pytest.raises(
        ChoiceError, match=rf"no learning rate was chosen for activation/relu \(quick\): run `{command}`"
    ):
        learning_rates.read("activation", "quick", "relu")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"learning_rate": 0.1}', '{"learning_rate": "fast", "subject": ""}', "null"]
)
def test_a_damaged_choice_is_an_error_with_the_command(text: str) -> None:
    """The message names the file."""
    write(text)

    with pytest.raises(
        ChoiceError, match=r"relu\.json is not a choice of a learning rate .*: run `python -m bench tune"
    ):
        learning_rates.read("activation", "quick", "relu")


@pytest.mark.parametrize(
    ("arm", "recipe", "dataset"),
    [
        (Arm(name="relu", label="", architecture="lenet-relu", options=ARM.options), Recipe(), "mnist"),
        (Arm(name="relu", label="", architecture="lenet5", options={"activation": "tanh"}), Recipe(), "mnist"),
        (ARM, Recipe(epochs=11), "mnist"),
        (ARM, Recipe(), "kmnist"),
    ],
    ids=["architecture", "options", "recipe", "dataset"],
)
def test_another_subject_has_another_hash(arm: Arm, recipe: Recipe, dataset: str) -> None:
    """A rate that was chosen for something else is found to be stale."""
    assert learning_rates.subject(arm, recipe, dataset, None) != SUBJECT


def test_the_rate_is_no_part_of_the_subject() -> None:
    """It is what is being chosen."""
    assert learning_rates.subject(ARM, Recipe(learning_rate=0.1), "mnist", None) == SUBJECT


def test_an_arms_words_are_no_part_of_the_subject() -> None:
    """A better label does not make a choice stale."""
    renamed = Arm(name="rectifier", label="rectifier", architecture="lenet5", options={"activation": "relu"})

    assert learning_rates.subject(renamed, Recipe(), "mnist", None) == SUBJECT


def test_a_target_is_part_of_the_subject() -> None:
    """The rate that validates best is not the one that reaches a training error soonest."""
    assert learning_rates.subject(ARM, Recipe(), "mnist", 0.05) != SUBJECT


@pytest.mark.parametrize(("study", "arm"), TUNED, ids=[f"{study.name}-{arm.name}" for study, arm in TUNED])
def test_every_committed_arm_has_a_fresh_choice(study: Study, arm: Arm) -> None:
    """A fresh checkout can run the quick protocol: nothing was changed after its rate was chosen."""
    protocol = study.protocol("quick")
    choice = learning_rates.read(study.name, "quick", arm.name)

    recipe, target = protocol.recipe.but(arm.recipe), protocol.target_training_error
    assert choice.subject == learning_rates.subject(arm, recipe, protocol.dataset, target)
    assert choice.code == code_hash(arm.architecture)


@pytest.mark.parametrize(("study", "arm"), TUNED, ids=[f"{study.name}-{arm.name}" for study, arm in TUNED])
def test_a_committed_choice_follows_from_what_was_tried(study: Study, arm: Arm) -> None:
    """Every arm had the same grid and seeds, and the rate lies inside: no better one outside is left to be found."""
    protocol = study.protocol("quick")
    stored = json.loads(learning_rates.path_of(study.name, "quick", arm.name).read_text("utf-8"))
    tried = [Tried(**one) for one in stored["tried"]]
    grid = GRIDS[protocol.recipe.but(arm.recipe).optimizer]
    choice = choose(tried, soonest=protocol.target_training_error is not None)

    assert (choice.learning_rate, list(choice.kept)) == (stored["learning_rate"], stored["kept"])
    assert [(one.learning_rate, one.seed) for one in tried] == [
        (rate, FIRST_TUNING_SEED + seed) for rate in grid for seed in range(TUNING_SEEDS)
    ]
    assert grid[0] < choice.learning_rate < grid[-1]
