"""Tests of the sections of docs/comparing.md."""

import json

from bench.commands.runs.page import compare_picture, compare_sections
from bench.harness.paths import EVIDENCE


def test_gates_are_counted_by_kind() -> None:
    """Each kind of comparison has a row with how many held, could not tell and dropped: as many as were made."""
    rows = [line.split("|")[1:-1] for line in compare_sections()["gates"].splitlines() if line.startswith("| ")][1:]
    made = json.loads((EVIDENCE / "gate.json").read_text("utf-8"))["comparisons"]

    counts = [[int(cell) for cell in row[1:5]] for row in rows]

    assert sum(row[0] for row in counts) == len(made)
    assert all(row[0] == sum(row[1:]) for row in counts)


def test_unchanged_code_never_dropped() -> None:
    """The evidence has a comparison of slower code that dropped, and none of unchanged code."""
    made = json.loads((EVIDENCE / "gate.json").read_text("utf-8"))["comparisons"]

    assert {one["kind"] for one in made if one["state"] == "dropped"} == {"slow"}
    assert {one["kind"] for one in made} == {"quiet", "busy", "slow"}


def test_drift_is_of_every_phase() -> None:
    """The table's ends are the least and the largest of an arm's phases."""
    phases = json.loads((EVIDENCE / "drift.json").read_text("utf-8"))["phases"]
    steps = [phase["milliseconds_per_step"]["linear"] for phase in phases]

    (row,) = [line for line in compare_sections()["drift"].splitlines() if line.startswith("| linear ")]

    assert [cell.strip() for cell in row.split("|")[2:4]] == [f"{min(steps):.1f}", f"{max(steps):.1f}"]


def test_the_picture_has_every_run() -> None:
    """Runs with other seeds stand on its axis."""
    svg = compare_picture()

    assert all(f">{name}<" in svg for name in ("seeds from 0", "seeds from 100", "seeds from 200"))
