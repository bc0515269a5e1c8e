"""Tests of where runs are read from."""

import json
from pathlib import Path

import pytest

from bench.commands.runs.sources import load_run
from bench.harness.errors import UserError
from bench.harness.records.beside import save_beside
from bench.harness.records.speed import save_speed
from tests.bench.beside import a_beside
from tests.bench.conftest import a_phase, a_record


def folder_of(path: Path, study: str = "norm") -> Path:
    """Write a results folder with a record, a speed phase and a measurement side by side."""
    path.mkdir(parents=True)
    (path / "records.jsonl").write_text(a_record(study=study).to_json() + "\n", "utf-8")
    save_speed(path, a_phase({"base": 1000.0}, study=study))
    save_beside(path, a_beside({"base": 1.0}, study=study))
    return path


@pytest.mark.parametrize("name", ["", "records.jsonl"])
def test_a_folder_and_its_file_of_records_are_the_same_run(tmp_path: Path, name: str) -> None:
    """Speeds beside the records are found either way."""
    run = load_run(folder_of(tmp_path / "quick") / name)

    assert list(run.arms) == [("norm", "base")]
    assert run.arms["norm", "base"].phase is not None
    assert len(run.besides) == 1


def test_a_folder_of_folders_is_one_run(tmp_path: Path) -> None:
    """All that is in them stands together."""
    folder_of(tmp_path / "quick")
    folder_of(tmp_path / "published", study="depth")

    assert sorted(load_run(tmp_path).arms) == [("depth", "base"), ("norm", "base")]


def test_a_json_is_a_run(tmp_path: Path) -> None:
    """Any other file is read as a JSON of pytest-benchmark."""
    trial = {"kind": "trial", "study": "norm", "arm": "base", "seed": 0, "test_accuracy": 0.9}
    rows = [{"extra_info": trial, "stats": {}}]
    path = tmp_path / "out.json"
    path.write_text(json.dumps({"machine_info": {}, "benchmarks": rows}), "utf-8")

    assert list(load_run(path).arms) == [("norm", "base")]


def test_a_path_to_nothing_is_an_error(tmp_path: Path) -> None:
    """The message says what would be a run."""
    with pytest.raises(UserError, match=r"no run at .*gone: name a results folder, a records\.jsonl or a JSON"):
        load_run(tmp_path / "gone")


def test_a_run_without_trials_is_an_error(tmp_path: Path) -> None:
    """An empty file has nothing to compare."""
    (tmp_path / "records.jsonl").touch()

    with pytest.raises(UserError, match="has no trial"):
        load_run(tmp_path)
