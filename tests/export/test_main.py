"""Tests of `python -m export`: the command, its exit status, and what it prints."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.harness.paths import PROJECT
from export import __main__ as command
from export import exporter
from export.repository.layout import versions
from tests.export.gate.test_parity import mean_left_out

NAME = "lenet5_mnist-5k"


def test_the_command_exports_and_leaves_a_table(repository: Path, results: Path) -> None:
    """Beside the run's other tables; its figures are in export.json."""
    content = json.loads((results / "export.json").read_text("utf-8"))
    (row,) = content["exports"]

    assert versions(repository / NAME) == [1]
    assert f"| {NAME} | 1 " in (results / "tables" / "export.md").read_text("utf-8")
    assert (row["name"], row["status"], len(row["parity"])) == (NAME, "published", 6)
    assert content["environment"]["commit"][:12] in (results / "tables" / "export.md").read_text("utf-8")


def test_a_dry_run_says_what_and_why(results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And writes nothing."""
    assert command.main(["--results", str(results), "--out", str(tmp_path / "out"), "--dry-run"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["train_lenet5", "train_sk", "train_alexnet32"]
    assert "the only trial of train/lenet5: train/lenet5 seed 0, " in lines[0]
    assert not (tmp_path / "out").exists()


def test_a_refused_file_ends_with_1(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others are exported; the report names the layer."""
    fastest = exporter.fastest_graph

    def faulty(material: object) -> exporter.Graph:
        graph = fastest(material)  # type: ignore[arg-type]  # what it is given
        if material.record.architecture == "lenet5":  # type: ignore[attr-defined]  # as above
            mean_left_out(graph.proto)
        return graph

    monkeypatch.setattr(exporter, "fastest_graph", faulty)
    copy, out = shutil.copytree(results, tmp_path / "results"), tmp_path / "out"
    words = ["--results", str(copy), "--out", str(out), "--architecture", "lenet5,sk", "--no-variants"]

    status = command.main(words)

    printed = capsys.readouterr().out
    assert status == 1
    assert f"{NAME}: REFUSED: weight shift differs from the net's in 1 values" in printed
    assert f"- {NAME} was refused: weight shift" in printed
    assert [path.name for path in out.iterdir()] == ["sk_mnist-5k"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--study", "trian"], "unknown study 'trian': did you mean 'train'"),
        (["--architecture", "lenet"], "unknown architecture 'lenet': did you mean 'lenet5'"),
        (["--all", "--winner"], "--winner chooses within studies"),
        (["--json", "file"], "--json is an option of --benchmark"),
        (["--version", "0"], "--version is 0: versions are whole numbers from 1 on"),
        (["--version", "1" + 18 * "0"], "of at most 18 digits"),
        (["--results", "nowhere"], "no records at nowhere"),
        (["--verify", "nowhere"], "no model repository at nowhere"),
        (["--benchmark", "--out", "nowhere"], "no model repository at nowhere"),
    ],
)
def test_mistakes_are_one_line(
    words: list[str], message: str, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit status 2."""
    status = command.main(["--results", str(results), *words])

    error = capsys.readouterr().err
    assert status == 2
    assert message in error
    assert error.count("\n") == 1


def test_help_does_not_wait_for_torch() -> None:
    """It is printed where importing torch fails."""
    blocked = "import sys, runpy; sys.modules['torch'] = None; sys.argv = ['export', '--help']; "
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", blocked + "runpy.run_module('export', run_name='__main__')"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "--dry-run" in done.stdout
