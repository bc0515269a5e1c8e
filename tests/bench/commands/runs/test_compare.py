"""Tests of `python -m bench compare`: its output, its files, and its exit status as a gate."""

import json
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.harness.records.beside import save_beside
from tests.bench.beside import a_beside
from tests.bench.conftest import a_record

IMAGES = 2000


def a_run(path: Path, accuracy: float, *, beside: float | None = None, seeds: int = 5, arm: str = "base") -> str:
    """Write a results folder of an arm; return its path."""
    path.mkdir()
    records = [a_record(arm, seed, accuracy=accuracy, images=IMAGES, study="norm") for seed in range(seeds)]
    (path / "records.jsonl").write_text("".join(f"{record.to_json()}\n" for record in records), "utf-8")
    if beside is not None:
        save_beside(path, a_beside({arm: beside}))
    return str(path)


@pytest.fixture
def base(tmp_path: Path) -> str:
    """Return the base's folder."""
    return a_run(tmp_path / "old", 0.9)


def test_a_comparison_is_printed_and_written(base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a gate it ends well whatever has changed; table, figure and values are written where --out says."""
    out = tmp_path / "made" / "out"

    assert main(["compare", base, a_run(tmp_path / "new", 0.8, beside=0.85), "--out", str(out)]) == 0

    assert "worse  ×0.850" in capsys.readouterr().out
    assert sorted(path.name for path in out.iterdir()) == ["compare.csv", "compare.md", "compare.svg"]
    assert "compare.svg" in (out / "compare.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("accuracy", "gate", "status"),
    [(0.9, "accuracy:0.3", 0), (0.8, "accuracy:0.3", 1), (0.897, "accuracy:0.3", 2), (0.8, "speed:10%", 1)],
)
def test_gates_decide_the_exit_status(base: str, tmp_path: Path, accuracy: float, gate: str, status: int) -> None:
    """0 where a drop is excluded, 1 where one is shown, 2 where the runs cannot tell."""
    new, out = a_run(tmp_path / "new", accuracy, beside=0.85), tmp_path / "out"

    assert main(["compare", base, new, "--gate", gate, "--out", str(out)]) == status

    document = json.loads((out / "gate.json").read_text("utf-8"))
    assert document["state"] == ("held", "dropped", "cannot tell")[status]
    assert document["gates"] == [gate]
    assert [line["arm"] for line in document["lines"]] == ["base"]


def test_strict_fails_where_nobody_can_tell(base: str, tmp_path: Path) -> None:
    """The status is 1, not 2."""
    assert main(["compare", base, a_run(tmp_path / "new", 0.897), "--gate", "accuracy:0.3", "--strict"]) == 1


def test_the_worst_of_several_gates_decides(base: str, tmp_path: Path) -> None:
    """An accuracy that held does not make up for speed."""
    new = a_run(tmp_path / "new", 0.9, beside=0.85)

    assert main(["compare", base, new, "--gate", "accuracy:2", "--gate", "speed:10%"]) == 1


@pytest.mark.parametrize("lost", ["folder", "arm", "gate"])
def test_what_is_missing_fails_a_gate(base: str, tmp_path: Path, lost: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A base that is gone, no arm of it, a gate that is none: the status is 1, which no job takes for a pass."""
    new = a_run(tmp_path / "new", 0.9, arm="other" if lost == "arm" else "base")
    words = [str(tmp_path / "gone") if lost == "folder" else base, new]

    assert main(["compare", *words, "--gate", "accuracy" if lost == "gate" else "accuracy:0.3"]) == 1

    assert capsys.readouterr().err.endswith("; the gate fails\n")


def test_without_a_gate_a_missing_run_is_a_users_error(base: str, tmp_path: Path) -> None:
    """The status is that of every command."""
    assert main(["compare", base, str(tmp_path / "gone")]) == 2
