"""Tests of bench.harness.run.ending: the last lines of a run."""

import argparse
from pathlib import Path

import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.run.ending import still_open, written
from bench.harness.run.options import add_options
from bench.harness.run.settings import Settings
from tests.bench.conftest import MakeRecord


def settings(*words: str) -> Settings:
    """Return the settings of a command line."""
    parser = argparse.ArgumentParser()
    add_options(parser.add_argument)
    return Settings.from_options(vars(parser.parse_args(words)))


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ((), ["1 comparison is open: the same command with --until-verdict adds seeds to it"]),
        (("--seeds", "5"), ["1 comparison is open: the same command with --until-verdict adds seeds to it"]),
        (("--until-verdict",), []),
    ],
)
def test_an_open_comparison_has_a_way_on(words: tuple[str, ...], lines: list[str], make_record: MakeRecord) -> None:
    """Unless that was asked for already; answered ones are not counted."""
    accuracies = {"base": 0.9, "alike": 0.9, "worse": 0.5}
    records = [make_record(arm, seed, accuracy=accuracy) for arm, accuracy in accuracies.items() for seed in range(5)]

    assert still_open(analyse(records), settings(*words)) == lines


def test_a_damaged_file_of_speeds_is_said_where_the_report_would_be(make_record: MakeRecord, tmp_path: Path) -> None:
    """A run that measured no speed reads it at its end alone: the records are safe, and the line says what to do."""
    speeds = tmp_path / "quick" / "speed"
    speeds.mkdir(parents=True)
    (speeds / "norm-12345678.json").write_text("{", encoding="utf-8")

    (line,) = written(settings("--results", str(tmp_path)), [make_record()], lambda _: True)

    assert line.startswith("error: tables and report were not written (")
    assert "norm-12345678.json" in line
    assert "`python -m bench report --results" in line


def test_a_table_of_two_machines_is_not_advised_on(make_record: MakeRecord) -> None:
    """Here the same command would train what the other machine has."""
    records = [
        make_record(arm, seed, accuracy=0.9, environment={"hardware": "A" if seed < 3 else "B"})
        for arm in ("base", "alike")
        for seed in range(5)
    ]

    assert still_open(analyse(records, pool=True), settings()) == []


def test_nothing_is_advised_where_the_looks_have_ended(make_record: MakeRecord) -> None:
    """Thirty seeds are all that there are looks for."""
    records = [make_record(arm, seed, accuracy=0.9) for arm in ("base", "alike") for seed in range(30)]

    assert still_open(analyse(records), settings()) == []
