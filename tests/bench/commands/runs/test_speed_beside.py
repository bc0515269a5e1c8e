"""Tests of `python -m bench speed-beside`, from the command line to the verdict."""

from pathlib import Path

import pytest

from bench.__main__ import main
from bench.harness.records.beside import load_besides
from bench.harness.speed import beside
from tests.bench.conftest import a_record

SMALL = ("mlp", "-o", "hidden=(8,)", "-r", "train_images=64", "-r", "epochs=1")


def test_two_runs_of_this_checkout_take_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both sides are processes of their own; `compare` finds what they measured."""
    monkeypatch.setattr("bench.harness.machine.execution.apply", lambda _: None)
    monkeypatch.setattr(beside, "STARTS", 1)
    monkeypatch.setattr(beside, "TURNS", 8)
    for name in ("old", "new"):
        words = ["--device", "cpu", "--threads", "1", "--results", str(tmp_path / name)]
        assert main(["train", *SMALL, *words]) == 0

    assert main(["speed-beside", str(tmp_path / "old"), str(tmp_path / "new"), "--threads", "1"]) == 0

    (record,) = load_besides(tmp_path / "new" / "train")
    assert len(record.turns) >= 8
    assert record.base == record.new
    capsys.readouterr()
    assert main(["compare", str(tmp_path / "old"), str(tmp_path / "new")]) == 0
    assert "not measured" not in capsys.readouterr().out


@pytest.mark.parametrize(("study", "words"), [("depth", ()), ("norm", ("--studies", "depth"))])
def test_runs_that_share_no_arm_are_an_error(
    tmp_path: Path, study: str, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is started."""
    for name, of in (("old", "norm"), ("new", study)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "records.jsonl").write_text(a_record(study=of).to_json() + "\n", "utf-8")

    assert main(["speed-beside", str(tmp_path / "old"), str(tmp_path / "new"), *words]) == 2

    assert "share no arm" in capsys.readouterr().err
