"""Tests of bench.harness.analysis.runs.pytest_benchmark: runs read from the JSON that pytest-benchmark writes."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.harness.analysis.runs.pytest_benchmark import run_of_json
from bench.harness.validation import ContentError

MACHINE = {"python_version": "3.11.7", "cpu": {"brand_raw": "Test CPU", "count": 2}}
TRIAL = {"kind": "trial", "study": "norm", "arm": "base", "protocol": "quick", "dataset": "mnist-5k", "reduced": False}


def row(info: dict[str, Any], rounds: list[float] | None = None) -> dict[str, Any]:
    """Return a row with its rounds."""
    return {"extra_info": info, "stats": {"data": rounds or [1.0]}}


def written(tmp_path: Path, *rows: dict[str, Any]) -> Path:
    """Return a JSON of pytest-benchmark with rows."""
    path = tmp_path / "out.json"
    content = {"machine_info": MACHINE, "commit_info": {"id": "0123456789abcdef"}, "benchmarks": list(rows)}
    path.write_text(json.dumps(content), "utf-8")
    return path


def test_trials_become_an_arm(tmp_path: Path) -> None:
    """Each seed's accuracy is read; label, margin and the number of images where the row says them."""
    rows = [row({**TRIAL, "seed": seed, "test_accuracy": 0.9 + seed / 100}) for seed in (1, 0)]
    rows[0]["extra_info"].update(label="no normalisation", margin=0.002, test_images=1000)
    rows[1]["extra_info"].update(label="no normalisation", margin=0.002, test_images=1000)

    arm = run_of_json(written(tmp_path, *rows)).arms["norm", "base"]

    assert arm.accuracies == {0: 0.9, 1: 0.91}
    assert (arm.label, arm.margin, arm.test_images, arm.answers) == ("no normalisation", 0.002, 1000, None)
    assert arm.accuracy is not None
    assert (arm.accuracy.n, arm.accuracy.low) == (2, None)


def test_conditions_are_the_rows_and_the_machines(tmp_path: Path) -> None:
    """Whatever a row does not say is taken from pytest-benchmark's own account of the machine."""
    arm = run_of_json(written(tmp_path, row({**TRIAL, "seed": 0, "test_accuracy": 0.9, "torch": "2.14.1"}))).arms[
        "norm", "base"
    ]

    expected = {
        "torch": "2.14.1",
        "hardware": "Test CPU",
        "reduced": "no",
        "commit": "0123456789ab",
        "data set": "mnist-5k",
    }
    assert {name: arm.conditions[name] for name in expected} == expected


def test_rounds_become_turns(tmp_path: Path) -> None:
    """The rounds of a speed row are its turns, but for those that were disturbed."""
    speed = {"kind": "speed", "study": "norm", "arm": "base", "disturbed_turns": [1]}

    arm = run_of_json(written(tmp_path, row(speed, [0.5, 9.0, 0.7]))).arms["norm", "base"]

    assert arm.phase is not None
    assert (arm.phase.seconds, arm.phase.turns, len(arm.phase.disturbances)) == ((0.5, 0.7), 3, 1)
    assert arm.accuracies == {}


def test_rows_of_others_are_passed_over(tmp_path: Path) -> None:
    """Benchmarks that are not convbench's are no arms."""
    assert run_of_json(written(tmp_path, row({}), row({"kind": "warmth"}))).arms == {}


def test_a_json_of_something_else_is_refused(tmp_path: Path) -> None:
    """The message names the file and what would be one."""
    path = tmp_path / "other.json"
    path.write_text('{"rows": []}', "utf-8")

    with pytest.raises(ContentError, match=r"other\.json: .*benchmarks.*--benchmark-json"):
        run_of_json(path)
