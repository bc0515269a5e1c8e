"""Tests of bench.commands.tune."""

import json
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.__main__ import main
from bench.harness.data.catalogue import SOURCES
from bench.harness.data.dataset import Split
from bench.harness.data.load import load
from bench.harness.machine.device import Execution
from bench.harness.records.answers import pack_bits
from bench.harness.study import learning_rates
from bench.harness.study.discovery import load_studies
from bench.harness.study.rate_choice import GRIDS, Tried
from bench.harness.study.recipe import Recipe
from bench.harness.study.study import FIRST_TUNING_SEED, Arm
from bench.harness.study.trial import resolve
from bench.harness.training.tuning import Subject, Try, try_all
from tests.bench.harness.data.folders import fill

ARM = Arm(name="tiny", label="tiny", architecture="mlp", options={"hidden": ()})
OWN = ("--architecture", "mlp", "-o", "hidden=()", "-r", "epochs=1", "-r", "train_images=64")


@pytest.fixture(autouse=True)
def settings_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the command from changing torch's settings for later tests."""
    monkeypatch.setattr("bench.harness.machine.execution.apply", lambda _: None)


def subject(**recipe: object) -> Subject:
    """Return what a learning rate is chosen for: softmax regression on 64 digits for one epoch."""
    return Subject(ARM, Recipe(epochs=1, train_images=64).but(recipe), load("mnist-5k"), Execution("cpu", 1))


def best_at(best: float, monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, int]]:
    """Let validation be best at a rate, whatever is trained; return the list of rates and seeds that are tried."""
    tried: list[tuple[float, int]] = []

    def try_rate(subject: Subject, rate: float, seed: int) -> Tried:
        tried.append((rate, seed))
        return Tried(
            learning_rate=rate,
            seed=seed,
            validation_accuracy=float(rate == best),
            validation_loss=1.0,
            validation_images=4,
            validation_correct=pack_bits(np.full(4, rate == best)),
            diverged=False,
            epochs=1,
            epochs_to_target=None if subject.target is None or rate != best else 1,
            train_images_per_second=100.0,
        )

    monkeypatch.setattr(Subject, "try_rate", try_rate)
    return tried


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


def test_trainings_side_by_side_give_what_they_give_alone() -> None:
    """In their order, whichever ends first."""
    tries = [Try(subject(), rate, seed) for rate in (0.01, 0.1) for seed in (0, 1)]
    alone, side_by_side = (list(try_all(tries, Execution("cpu", 1), workers)) for workers in (0, 2))

    assert [replace(one, train_images_per_second=0) for one in alone] == [
        replace(one, train_images_per_second=0) for one in side_by_side
    ]
    assert [(one.learning_rate, one.seed) for one in alone] == [(0.01, 0), (0.01, 1), (0.1, 0), (0.1, 1)]


def test_epochs_to_a_target_are_counted() -> None:
    """The first epoch at whose end the training error is low enough; none where none is."""
    easy, hard = (replace(subject(epochs=2), target=target).try_rate(0.03, seed=0) for target in (1.0, 0.0))

    assert (easy.epochs_to_target, hard.epochs_to_target) == (1, None)


@pytest.mark.parametrize("arms", ["lenet5-relu", "lenet5-relu,lenet5-sigmoid"])
def test_every_arm_has_the_same_grid_and_seeds(arms: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No arm gets more tries than another, wherever its best rate lies."""
    monkeypatch.setattr(learning_rates, "CHOSEN_RATES", tmp_path)
    tried = best_at(0.3, monkeypatch)
    assert main(["tune", "--studies", "activation", "--arms", arms, "--device", "cpu", "--workers", "0"]) == 0
    one = [(rate, FIRST_TUNING_SEED + seed) for rate in GRIDS["adam"] for seed in range(3)]

    assert tried == one * len(arms.split(","))


def test_rates_of_another_data_set_are_used_by_the_command_that_is_printed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They lie apart from the committed ones; --learning-rates takes them."""
    best_at(0.003, monkeypatch)
    fill(tmp_path / "photos", {"a": 40, "b": 40})
    words = (
        "--image-size",
        "32",
        "--dataset",
        f"folder:{tmp_path / 'photos'}",
        "--results",
        str(tmp_path),
        "--device",
        "cpu",
    )
    status = main(["tune", "--studies", "activation", "--arms", "lenet5-relu", "--workers", "0", *words])
    command = shlex.split(capsys.readouterr().out.splitlines()[-1].removeprefix("use them: "))
    folder = Path(command[command.index("--learning-rates") + 1])

    assert status == 0
    assert list(folder.rglob("*.json")) == [folder / "quick" / "activation" / "lenet5-relu.json"]
    assert command[command.index("--dataset") + 1] == f"folder:{tmp_path / 'photos'}?image-size=32"


def test_a_rate_that_is_missing_in_another_folder_is_chosen_on_its_own_data(tmp_path: Path) -> None:
    """The command that is advised leaves the committed choices, of the study's own data, alone."""
    with pytest.raises(learning_rates.ChoiceError, match=r"--arms x --protocol quick --dataset 'folder:my photos'`"):
        learning_rates.read("activation", "quick", "x", tmp_path, dataset="folder:my photos")


def test_a_number_format_that_the_device_lacks_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A recipe's own format is what the rates are tried in, and TensorFloat-32 is none of a CPU's."""
    assert main(["tune", *OWN, "-r", "precision=tf32", "--device", "cpu", "--workers", "0"]) == 2
    assert "tf32" in capsys.readouterr().err


@pytest.mark.parametrize("protocol", ["quick", "published"])
def test_without_a_study_all_are_tuned_that_have_the_protocol(
    protocol: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Some are run under the articles' conditions alone."""
    monkeypatch.setattr(learning_rates, "CHOSEN_RATES", tmp_path)
    monkeypatch.setattr("bench.commands.tune.load", lambda *_, **__: load("mnist-5k"))
    best_at(0.003, monkeypatch)
    words = ("--protocol", protocol, "--rates", "0.003", "--tuning-seeds", "1", "--workers", "0", "--device", "cpu")
    assert main(["tune", *words]) == 0

    tuned = {path.relative_to(tmp_path / protocol).parts[0] for path in tmp_path.rglob("*.json")}
    assert tuned == {
        study.name
        for study in load_studies()
        if protocol in study.protocols
        if any(
            study.protocols[protocol].recipe.but(arm.recipe).learning_rate is None
            for arm in study.protocols[protocol].arms
        )
    }


def document(path: Path, *words: str) -> dict[str, object]:
    """Run the command, writing to a file, and return what it wrote."""
    assert main(["tune", *OWN, "--out", str(path), "--device", "cpu", "--workers", "0", *words]) == 0
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
        main(["tune", *words, "--rates", "0.1", "--tuning-seeds", "1", "--workers", "0", "--results", str(tmp_path)])

    assert len(list((tmp_path / "tuning").glob("mlp-*.json"))) == 2


def test_a_written_choice_is_fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The command's choice for a study's arm is the choice that its trials use."""
    monkeypatch.setattr(learning_rates, "CHOSEN_RATES", tmp_path)
    best_at(0.003, monkeypatch)
    assert main(["tune", "--studies", "activation", "--arms", "lenet5-relu", "--device", "cpu", "--workers", "0"]) == 0
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
        ((*OWN, "--workers", "-1"), "--workers is '-1'"),
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
