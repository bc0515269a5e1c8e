"""Tests of `python -m bench report --history`: the page of many runs from folders, files and gates."""

from pathlib import Path

import pytest

from bench.__main__ import main
from tests.bench.conftest import a_record


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    """Return a results folder and a file of records, the second with half the accuracy."""
    paths = []
    for name, accuracy in (("old", 0.9), ("new", 0.45)):
        folder = tmp_path / name
        folder.mkdir()
        records = [
            a_record("base", seed, accuracy=accuracy, images=1000, study="norm", finished=f"2026-05-0{len(name)}")
            for seed in range(3)
        ]
        (folder / "records.jsonl").write_text("".join(f"{record.to_json()}\n" for record in records), "utf-8")
        paths.append(str(folder if name == "old" else folder / "records.jsonl"))
    return paths


def test_a_history_is_written_and_its_steps_are_printed(
    runs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where --out says; no results folder is touched."""
    out = tmp_path / "made" / "page.html"

    assert main(["report", "--history", *runs, "--out", str(out)]) == 0

    assert "1 step beyond accuracy:0.3 and speed:10%\n  norm base, accuracy down: " in capsys.readouterr().out
    assert out.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert sorted(path.name for path in (tmp_path / "old").iterdir()) == ["records.jsonl"]


def test_gates_say_what_is_no_step(runs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Sixty points are allowed here, and speed is not asked for."""
    words = ["--history", *runs, "--gate", "accuracy:60", "--out", str(tmp_path / "page.html")]

    assert main(["report", *words]) == 0

    assert "; 0 steps beyond accuracy:60\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--history", "nowhere"], "no run at nowhere"),
        (["--history", "nowhere", "--gate", "loss:1"], "gate 'loss:1': write accuracy:0.3"),
        (["--gate", "accuracy:1"], "--gate is an option of --history here"),
        (["--out", "page.html"], "--out is for --history"),
        (["--history", "nowhere", "--keep-stale"], "--keep-stale is for --results"),
    ],
)
def test_what_cannot_be_read_is_named(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, with the exit status 2."""
    assert main(["report", *words]) == 2

    assert message in capsys.readouterr().err
