"""Tests of what `python -m bench speed-phase` refuses, before anything is measured."""

from pathlib import Path

import pytest

from bench.__main__ import main
from bench.harness.records.speed import FOLDER
from bench.harness.records.store import RECORDS
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
