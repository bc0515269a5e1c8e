"""Tests of what `python -m bench speed-phase` refuses, before anything is measured."""

from pathlib import Path

import pytest

from bench.__main__ import main
from bench.harness.data.catalogue import source
from bench.harness.records.speed import FOLDER
from bench.harness.records.store import RECORDS
from bench.harness.study.discovery import load_studies
from bench.harness.study.trial import resolve
from tests.bench.conftest import MakeRecord


def refused(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return the one line in which the command ends, having written nothing."""
    assert main(["speed-phase", "--results", str(folder), *arguments]) == 2
    assert not (folder / FOLDER).exists()
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_folder_without_records_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Speeds are measured of arms that have trials."""
    assert "run `pytest bench/` first" in refused(tmp_path, capsys)


def test_records_of_no_study_are_an_error(
    tmp_path: Path, make_record: MakeRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    """An arm that bench/ does not define any more cannot be trained again, even for a moment."""
    (tmp_path / RECORDS).write_text(make_record(study="of another day").to_json() + "\n", "utf-8")

    assert "has no record of a study of bench/" in refused(tmp_path, capsys)


def test_an_unknown_study_is_an_error(
    tmp_path: Path, make_record: MakeRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the nearest that there is."""
    (tmp_path / RECORDS).write_text(make_record().to_json() + "\n", "utf-8")

    assert "did you mean 'activation'?" in refused(tmp_path, capsys, "--studies", "activatoin")


def test_trials_of_another_definition_are_not_measured(
    tmp_path: Path, make_record: MakeRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    """Their speeds would stand in no table: the choice that differs is named, and the option that mends it."""
    (study,) = load_studies("activation")
    trial = resolve(study, "quick", "sk-relu", 0, source("mnist-5k"), own_data=True)
    other_definition = {**trial.definition(), "recipe": trial.recipe.but({"learning_rate": 0.5}).as_dict()}
    record = make_record(study="activation", arm="sk-relu", definition=other_definition)
    (tmp_path / RECORDS).write_text(record.to_json() + "\n", "utf-8")

    status = main(["speed-phase", "--results", str(tmp_path), "--device", "cpu"])

    assert status == 2
    assert "activation/sk-relu: its trials were trained with learning_rate 0.5, today it is" in capsys.readouterr().err
    assert not (tmp_path / FOLDER).exists()
