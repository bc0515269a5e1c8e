"""Tests of bench.commands.pages.agreement: runs with other seeds beside each other."""

from collections.abc import Mapping
from pathlib import Path

from bench.commands.pages.agreement import agreement_runs, agreement_text
from tests.bench.conftest import MakeRecord


def write(path: Path, make_record: MakeRecord, first: int, accuracies: Mapping[str, float]) -> Path:
    """Write the records of a run with five seeds of each arm."""
    records = [
        make_record(arm, seed, accuracy=accuracy)
        for arm, accuracy in accuracies.items()
        for seed in range(first, first + 5)
    ]
    path.write_text("".join(f"{record.to_json()}\n" for record in records), "utf-8")
    return path


def test_runs_that_agree_and_runs_that_do_not(tmp_path: Path, make_record: MakeRecord) -> None:
    """A verdict that is shared counts, an open one does not contradict, better against worse does."""
    runs = [
        write(tmp_path / "a.jsonl", make_record, 0, {"base": 0.6, "other": 0.9, "third": 0.3}),
        write(tmp_path / "b.jsonl", make_record, 100, {"base": 0.6, "other": 0.9, "third": 0.9}),
        write(tmp_path / "c.jsonl", make_record, 200, {"base": 0.6, "other": 0.6, "third": 0.9}),
    ]

    text = agreement_text(runs)

    assert text.startswith("Of 2 comparisons any two of 3 runs share 1, 0, 1 verdicts; 2 contradict (better against")
    assert "| norm" in text
    assert "better at 5 (+30.00)" in text
    assert "worse at 5 (−30.00)" in text
    assert "seeds from 200" in text


def test_a_comparison_that_a_run_lacks_is_a_dash(tmp_path: Path, make_record: MakeRecord) -> None:
    """It is not counted as shared."""
    runs = [
        write(tmp_path / "a.jsonl", make_record, 0, {"base": 0.6, "other": 0.9}),
        write(tmp_path / "b.jsonl", make_record, 100, {"base": 0.6}),
    ]

    text = agreement_text(runs)

    assert text.startswith("Of 1 comparison any two of 2 runs share 0 verdicts; none contradict")
    assert "| –" in text


def test_the_committed_runs_are_there() -> None:
    """The run of the tables and two with other seeds."""
    assert [path.is_file() for path in agreement_runs()] == [True, True, True]
