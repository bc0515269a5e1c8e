"""Tests of the tables of runs beside each other."""

import csv
import io
from typing import Any

import pytest

from bench.harness.analysis.runs.compare import Comparison, compare
from bench.harness.analysis.runs.gate import check, parse_gate
from bench.harness.analysis.runs.run import run_of_records
from bench.harness.report.runs.table import comparison_csv, comparison_lines, comparison_markdown, gate_lines
from tests.bench.beside import a_beside
from tests.bench.conftest import a_phase, a_record


def compared(**changes: Any) -> Comparison:  # noqa: ANN401 - any field of the new run's records
    """Return a comparison of two runs of two arms, one of which is 15 % slower and ten points worse."""
    phases = [a_phase({"base": 1000.0, "other": 900.0})]
    base = run_of_records(
        "old|run", [a_record(arm, seed, order=order) for order, arm in enumerate(ARMS) for seed in range(5)], phases
    )
    records = [
        a_record(arm, seed, accuracy=0.9 if arm == "base" else 0.8, order=order, **changes)
        for order, arm in enumerate(ARMS)
        for seed in range(5)
    ]
    return compare(base, [run_of_records("new", records, phases, [a_beside({"other": 0.85})])])[0]


ARMS = ("base", "other")


def test_the_terminals_table_has_all_there_is() -> None:
    """Accuracy of both, their difference with its interval and verdict, speed with its own."""
    lines = comparison_lines(compared(threads=1))

    text = "\n".join(lines)
    assert lines[:2] == ["new beside old|run", "  threads: 2 → 1"]
    (other,) = [line for line in lines if line.startswith("norm") and " other " in line]
    assert "−10.00 [" in other
    assert "worse  ×0.850 [0.850, 0.850]" in other
    assert "×1.000" in text
    assert "no verdict" in text


def test_nothing_that_differs_is_said() -> None:
    """Runs under the same conditions say so."""
    assert comparison_lines(compared())[1] == "  no condition that is recorded differs"


def test_markdown_escapes_what_users_wrote() -> None:
    """A name with a bar does not break the table."""
    text = comparison_markdown(compared())

    assert "## new beside old\\|run" in text
    assert text.count("\n| norm") == 2
    assert "speed-beside" in text


def test_what_is_not_compared_is_told() -> None:
    """Each reason stands once, with the number of arms."""
    text = "\n".join(comparison_lines(compared(data_sha256="e" * 64)))

    assert "accuracy of 2 arms not compared: data dddddddddddd and eeeeeeeeeeee" in text


def test_csv_has_a_row_an_arm() -> None:
    """Numbers are unrounded, 0 to 1; what does not exist is an empty cell."""
    rows = {row["arm"]: row for row in csv.DictReader(io.StringIO(comparison_csv([compared(threads=1)])))}

    assert (rows["base"]["difference"], rows["base"]["accuracy_verdict"]) == ("0", "same answers")
    assert float(rows["other"]["difference"]) == pytest.approx(-0.1)
    assert float(rows["other"]["speed_ratio"]) == pytest.approx(0.85)
    assert (rows["base"]["speed_ratio_low"], rows["base"]["differing"]) == ("", "threads: 2 → 1")


def test_gates_name_the_arms_that_did_not_hold() -> None:
    """A line a gate with how many held, then the others one by one."""
    lines = gate_lines(check([compared()], [parse_gate("accuracy:1"), parse_gate("speed:10%")]))

    assert lines[0] == "gate accuracy:1: dropped (1 of 2 arms held)"
    assert lines[1] == "gate speed:10%: dropped (0 of 2 arms held)"
    assert any(line.startswith("  dropped: new, norm other, −10.00 [") for line in lines)
    assert any(line.startswith("  dropped: new, norm other, −15.0 % [") for line in lines)
