"""Tests of bench.commands.train."""

from pathlib import Path

import pytest
import torch

from bench.__main__ import main
from bench.harness.records.record import load
from models import checkpoint

SMALL = ("-o", "hidden=(8,)", "-r", "train_images=64", "-r", "epochs=2")


@pytest.fixture(autouse=True)
def settings_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the command from changing torch's settings for later tests."""
    monkeypatch.setattr("bench.harness.machine.execution.apply", lambda _: None)


def train(results: Path, *words: str) -> None:
    """Run the command."""
    assert main(["train", *words, "--device", "cpu", "--threads", "1", "--results", str(results)]) == 0


def test_a_net_leaves_the_record_of_a_trial(tmp_path: Path) -> None:
    """In a folder of its own, never among those of a study."""
    train(tmp_path, "mlp", *SMALL, "--seed", "3")
    record = load(tmp_path / "train" / "records.jsonl")[0]

    assert (record.study, record.protocol, record.architecture, record.seed) == ("train", "train", "mlp", 3)
    assert (record.epochs, len(record.curves["epoch_seconds"]), record.threads) == (2, 2, 1)


def test_the_net_can_be_loaded(tmp_path: Path) -> None:
    """The checkpoint is the one that the record names, with the options given."""
    train(tmp_path, "mlp", *SMALL)
    record = load(tmp_path / "train" / "records.jsonl")[0]
    model = checkpoint.load(tmp_path / "train" / str(record.checkpoint))

    assert model(torch.zeros(1, 1, 28, 28)).shape == (1, 10)
    assert sum(parameter.numel() for parameter in model.parameters()) == 784 * 8 + 8 + 8 * 10 + 10


def test_hyper_parameters_have_defaults_that_can_be_changed(tmp_path: Path) -> None:
    """A hyper-parameter given with -r is in the record, beside the default optimiser and schedule."""
    train(tmp_path, "mlp", *SMALL, "-r", "learning_rate=0.01", "-r", 'augment=("crop",)')
    recipe = load(tmp_path / "train" / "records.jsonl")[0].definition["recipe"]

    assert (recipe["learning_rate"], recipe["augment"]) == (0.01, ["crop"])
    assert (recipe["optimizer"], recipe["schedule"]) == ("adam", "cosine")


def test_a_second_net_is_appended(tmp_path: Path) -> None:
    """Nothing is overwritten, and no checkpoint is shared."""
    for seed in ("0", "1"):
        train(tmp_path, "mlp", *SMALL, "--seed", seed)
    records = load(tmp_path / "train" / "records.jsonl")

    assert [record.seed for record in records] == [0, 1]
    assert len({record.checkpoint_sha256 for record in records}) == 2


def test_there_is_a_line_an_epoch_and_the_result_last(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The accuracy that is printed is the record's."""
    train(tmp_path, "mlp", *SMALL)
    lines = capsys.readouterr().out.splitlines()
    record = load(tmp_path / "train" / "records.jsonl")[0]

    assert [line[:9] for line in lines[:2]] == ["epoch   1", "epoch   2"]
    assert lines[2] == f"test accuracy {record.test_accuracy:.2%} on 1000 images (ok)"
    assert Path(lines[3].removeprefix("checkpoint ")).is_file()


def test_divergence_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In its epoch's line and in the result."""
    train(tmp_path, "mlp", *SMALL, "-r", "optimizer=sgd", "-r", "learning_rate=1e30")
    text = capsys.readouterr().out

    assert "epoch   2  loss diverged" in text
    assert "(diverged)" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("lenet6",), "unknown architecture 'lenet6': did you mean 'lenet5'"),
        (("mlp", "-o", "hiden=(8,)"), "unknown option 'hiden' of architecture 'mlp': did you mean 'hidden'"),
        (("mlp", "-o", "hidden"), "'hidden' is not NAME=VALUE"),
        (("mlp", "-r", "epoch=1"), "unknown hyper-parameter 'epoch': did you mean 'epochs'"),
        (("mlp", "-r", "epochs=0"), "epochs is 0: it must be at least 1"),
        (("mlp", "-r", "augment=flip"), "augment"),
        (("mlp", "-r", "augment=('flop',)"), "unknown augmentation 'flop': did you mean 'flip'"),
        (
            ("mlp", "-r", "train_images=3501"),
            "beside 500 that validate: cannot take 3501",
        ),
        (("mlp", "-r", "learning_rate=None"), "`python -m bench tune --architecture mlp`"),
        (
            ("mlp", "-r", "mean=(0.1,0.2)"),
            "mean has 2 values, and the images of mnist-5k have 1 channel: give one value",
        ),
        (("base", "-o", "normalisation=batch", "-r", "train_images=65"), "choose another batch_size"),
        (("mlp", "--dataset", "mnist5k"), "unknown data set 'mnist5k': did you mean 'mnist-5k'"),
        (("mlp", "--dataset", "mnist"), "mnist needs a data root: pass --data-root DIR or set CONVBENCH_DATA"),
        (("mlp", "--threads", "0"), "--threads is 0: it must be at least 1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_mistake_is_one_line_and_exits_with_2(
    words: tuple[str, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is trained, and no traceback hides the line."""
    monkeypatch.delenv("CONVBENCH_DATA", raising=False)
    status = main(["train", *words, "--device", "cpu", "--results", str(tmp_path)])
    error = capsys.readouterr().err

    assert status == 2
    assert message in error
    assert error.count("\n") == 1


def test_a_folder_that_cannot_be_written_to_exits_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before the first epoch."""
    (tmp_path / "file").touch()
    assert main(["train", "mlp", *SMALL, "--device", "cpu", "--threads", "1", "--results", str(tmp_path / "file")]) == 2
    assert "cannot be written to" in capsys.readouterr().err
