"""Tests of bench.commands.tune."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bench.__main__ import main
from bench.harness.data.catalogue import SOURCES
from bench.harness.data.dataset import Split
from bench.harness.data.load import load
from bench.harness.machine.device import Execution
from bench.harness.study import learning_rates
from bench.harness.study.discovery import load_studies
from bench.harness.study.recipe import Recipe
from bench.harness.study.study import FIRST_TUNING_SEED, Arm
from bench.harness.study.trial import resolve
from bench.harness.training.tuning import MOST_EXTENSIONS, Subject, Tried, choose, round_rate

ARM = Arm(name="tiny", label="tiny", architecture="mlp", options={"hidden": ()})
OWN = ("--architecture", "mlp", "-o", "hidden=()", "-r", "epochs=1", "-r", "train_images=64")


@pytest.fixture(autouse=True)
def settings_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the command from changing torch's settings for later tests."""
    monkeypatch.setattr("bench.harness.machine.execution.apply", lambda _: None)


def tried(rate: float, accuracy: float, loss: float | None = 1.0, seed: int = 0) -> Tried:
    """Return a result of a rate."""
    return Tried(rate, seed, accuracy, loss, loss is None, 100.0)


def subject(**recipe: object) -> Subject:
    """Return what a learning rate is chosen for: softmax regression on 64 digits for one epoch."""
    return Subject(ARM, Recipe(epochs=1, train_images=64).but(recipe), load("mnist-5k"), Execution("cpu", 1))


def best_at(best: float, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let validation be best at a rate, whatever is trained; return the list of rates that are tried."""
    rates: list[float] = []

    def try_rate(_: Subject, rate: float, seed: int) -> Tried:
        rates.append(rate)
        return tried(rate, 1 - abs(rate - best) / 100, seed=seed)

    monkeypatch.setattr(Subject, "try_rate", try_rate)
    return rates


def test_the_highest_mean_accuracy_wins() -> None:
    """Over all seeds of a rate, not the single best run."""
    results = [tried(0.1, 0.99), tried(0.1, 0.5, seed=1), tried(0.01, 0.8), tried(0.01, 0.9, seed=1)]

    assert choose(results) == 0.01


@pytest.mark.parametrize("order", [1, -1])
def test_ties_go_to_the_lower_loss(order: int) -> None:
    """500 validation images often tie; the loss tells more, whichever rate was tried first."""
    assert choose([tried(0.1, 0.9, 0.4), tried(0.01, 0.9, 0.3)][::order]) == 0.01


@pytest.mark.parametrize("order", [1, -1])
def test_a_loss_that_is_not_finite_loses_ties(order: int) -> None:
    """A rate at which a seed diverged is worse than one at which none did."""
    assert choose([tried(0.1, 0.9, None), tried(0.01, 0.9, 9.9)][::order]) == 0.01


def test_every_rate_is_tried_with_every_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """And none twice: the best lies inside the grid."""
    rates = best_at(0.03, monkeypatch)
    tried = subject().tune((0.1, 0.01, 0.03), seeds=(7, 8))

    assert sorted(rates) == [0.01, 0.01, 0.03, 0.03, 0.1, 0.1]
    assert {candidate.seed for candidate in tried} == {7, 8}


@pytest.mark.parametrize(
    ("best", "expected"),
    [(0.9, [0.1, 0.3, 0.9, 3.0]), (0.009, [0.003, 0.009, 0.03, 0.1, 0.3]), (0.25, [0.1, 0.3, 0.9])],
)
def test_the_grid_is_extended_while_its_end_is_best(
    best: float, expected: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Upwards or downwards, in readable steps of about 3."""
    rates = best_at(best, monkeypatch)
    tried = subject().tune((0.1, 0.3), seeds=(0,))

    assert expected[0] < choose(tried) < expected[-1]
    assert sorted(rates) == expected


def test_extending_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """An arm that wants ever greater rates does not tune for ever."""
    rates = best_at(1e9, monkeypatch)
    subject().tune((0.1, 0.3), seeds=(0,))

    assert len(rates) == 2 + MOST_EXTENSIONS


@pytest.mark.parametrize(("rate", "rounded"), [(0.0948, 0.09), (0.316, 0.3), (0.00096, 0.001), (3.0, 3.0)])
def test_rates_have_one_digit(rate: float, rounded: float) -> None:
    """Grids stay readable."""
    assert round_rate(rate) == rounded


def test_tuning_never_looks_at_the_test_set() -> None:
    """It works where there is none."""
    blind = replace(subject(), dataset=replace(load("mnist-5k"), test=None))  # type: ignore[arg-type]  # on purpose

    assert 0 < blind.try_rate(0.1, seed=FIRST_TUNING_SEED).validation_accuracy < 1


def test_a_rate_is_what_is_tried() -> None:
    """A rate of nearly 0 learns nothing, a sensible one does."""
    accuracies = [subject(epochs=3).try_rate(rate, seed=0).validation_accuracy for rate in (1e-12, 0.03)]

    assert accuracies[0] < 0.3 < accuracies[1]


def test_divergence_is_a_result() -> None:
    """The rate loses, and tuning goes on."""
    deep = replace(ARM, options={"hidden": (8, 8)})
    result = replace(subject(epochs=3), arm=deep).try_rate(1e30, seed=0)

    assert (result.diverged, result.validation_loss, result.validation_accuracy) == (True, None, 0.0)


def test_an_arm_that_trains_on_all_images_is_tuned_without_those_that_validate() -> None:
    """There is no validation split then, and the test set is no substitute."""
    digits = load("mnist-5k")
    held_out = torch.arange(len(digits.train)) % 6 == 0
    data = replace(digits, validation=None, held_out=held_out)
    split = Subject(ARM, Recipe(train_images=3500), data, Execution("cpu", 1)).split()

    assert data.split(count=3500).validation is None
    assert isinstance(split, Split)
    assert split.validation is not None
    assert (len(split.train), len(split.validation)) == (3500 - 584, 584)


def document(path: Path, *words: str) -> dict[str, object]:
    """Run the command, writing to a file, and return what it wrote."""
    assert main(["tune", *OWN, "--out", str(path), "--device", "cpu", "--threads", "1", *words]) == 0
    content: dict[str, object] = json.loads(path.read_text("utf-8"))
    return content


def test_the_command_writes_all_that_it_tried(tmp_path: Path) -> None:
    """The choice, how it was made and with what: evidence that can be checked."""
    content = document(tmp_path / "rate.json", "--rates", "0.001,0.01,0.1", "--tuning-seeds", "1")
    tried_rates = content["tried"]

    assert isinstance(tried_rates, list)
    assert content["learning_rate"] in [candidate["learning_rate"] for candidate in tried_rates]
    assert {candidate["seed"] for candidate in tried_rates} == {FIRST_TUNING_SEED}
    assert str(content["command"]).startswith("python -m bench tune --architecture mlp -o 'hidden=()'")


def test_every_own_arm_has_a_file_of_its_own(tmp_path: Path) -> None:
    """Another option or hyper-parameter is another arm: its answer does not replace the last one."""
    for hidden in ("()", "(2,)"):
        words = ("--architecture", "mlp", "-o", f"hidden={hidden}", "-r", "epochs=1", "-r", "train_images=64")
        main(["tune", *words, "--rates", "0.1", "--tuning-seeds", "1", "--threads", "1", "--results", str(tmp_path)])

    assert len(list((tmp_path / "tuning").glob("mlp-*.json"))) == 2


def test_a_written_choice_is_fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The command's choice for a study's arm is the choice that its trials use."""
    monkeypatch.setattr(learning_rates, "CHOSEN_RATES", tmp_path)
    best_at(0.003, monkeypatch)
    assert main(["tune", "--studies", "activation", "--arms", "lenet5-relu", "--device", "cpu", "--threads", "1"]) == 0
    study = load_studies("activation")[0]

    assert resolve(study, "quick", "lenet5-relu", 0, SOURCES["mnist-5k"], own_data=True).recipe.learning_rate == 0.003


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--architecture", "lenet6"), "unknown architecture 'lenet6': did you mean 'lenet5'"),
        (("--studies", "activaton"), "unknown study 'activaton': did you mean 'activation'"),
        (
            ("--arms", "lenet5-rulu"),
            "unknown arm without a learning rate of its own 'lenet5-rulu': did you mean 'lenet5-relu'",
        ),
        (("--protocol", "quik"), "unknown protocol 'quik': did you mean 'quick'"),
        ((*OWN, "-r", "epoch=3"), "unknown hyper-parameter 'epoch': did you mean 'epochs'"),
        ((*OWN, "--rates", "0.1,fast"), "--rates"),
        ((*OWN, "--rates", "-1"), "--rates is '-1': give numbers above 0"),
        ((*OWN, "--tuning-seeds", "0"), "--tuning-seeds"),
        ((*OWN, "--threads", "0"), "--threads is 0"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_mistake_is_one_line_and_exits_with_2(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is trained."""
    status = main(["tune", *words, "--device", "cpu"])
    error = capsys.readouterr().err

    assert status == 2
    assert message in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1
