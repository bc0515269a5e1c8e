"""Tests of bench.harness.records.beside."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.harness.records.beside import FOLDER, load_besides, save_beside, standing_beside
from bench.harness.validation import ContentError
from tests.bench.beside import a_beside
from tests.bench.conftest import ENVIRONMENT


def test_a_measurement_survives_its_file(tmp_path: Path) -> None:
    """Nothing is lost or rounded, and its file is named after the study."""
    record = a_beside({"base": 1 / 3}, study="Norm & co")

    path = save_beside(tmp_path, record)

    assert path == tmp_path / FOLDER / f"norm-co-{record.phase_id[:8]}.json"
    assert load_besides(tmp_path) == [record]


def test_measurements_are_read_oldest_first(tmp_path: Path) -> None:
    """Whatever their names are; a folder without any has none."""
    ends = {f"{order:08}": f"2026-01-0{day}T00:00:00+00:00" for order, day in enumerate((3, 1, 2))}
    records = [a_beside({"base": 1.0}, phase_id=key, finished=end) for key, end in ends.items()]
    assert load_besides(tmp_path) == []

    for record in records:
        save_beside(tmp_path, record)

    assert load_besides(tmp_path) == [records[1], records[2], records[0]]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [({"schema": 2}, "schema 2"), ({"more": 1}, "fields unknown: \\['more'\\]"), ({"turns": 3}, "turns is 3")],
)
def test_a_damaged_file_is_refused(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    """The message names the file, the field and the cure."""
    path = save_beside(tmp_path, a_beside({"base": 1.0}))
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")

    with pytest.raises(ContentError, match=rf"norm-.*{problem}.*speed-beside"):
        load_besides(tmp_path)


def test_the_newest_of_a_base_stands() -> None:
    """Among a study's measurements of the same commits and torches the newest stands; others stand for nothing."""
    old, new = a_beside({"base": 1.0}), a_beside({"base": 2.0})
    other = a_beside({"base": 3.0}, base={**ENVIRONMENT, "torch": "2.9.1"})

    assert standing_beside([old, new, other], "norm", ENVIRONMENT, ENVIRONMENT) == new
    assert standing_beside([old], "activation", ENVIRONMENT, ENVIRONMENT) is None
    assert standing_beside([other], "norm", ENVIRONMENT, ENVIRONMENT) is None
