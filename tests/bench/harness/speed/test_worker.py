"""Tests of bench.harness.speed.worker: what a side answers to its requests."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from bench.__main__ import main
from bench.harness.speed import worker
from bench.harness.speed.subject import Budget
from bench.harness.speed.worker import Side, answer, serve

SMALL = ("mlp", "-o", "hidden=(8,)", "-r", "train_images=64", "-r", "epochs=1")


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the records of a small net; torch's settings stay as they are, and slices are short."""
    for module in ("machine.execution", "speed.worker"):
        monkeypatch.setattr(f"bench.harness.{module}.apply", lambda _: None)
    monkeypatch.setattr(worker, "budget_of", lambda _: Budget(seconds=0.01, least_steps=1, tried_seconds=0.01))
    assert main(["train", *SMALL, "--device", "cpu", "--threads", "1", "--results", str(tmp_path)]) == 0
    return tmp_path / "train" / "records.jsonl"


def prepare(path: Path, **changes: object) -> dict[str, Any]:
    """Return the request to make the small net ready."""
    arm = json.loads(path.read_text("utf-8"))
    shared = {"study": arm["study"], "arm": arm["arm"], "data_root": None, "device": "cpu", "threads": 1}
    return {"do": "prepare", "records": str(path), **shared, **changes}


def test_an_arm_is_made_ready_and_measured(records: Path) -> None:
    """The first answer says how it runs and what its record is of, the second how fast a slice was."""
    side, request = Side(), prepare(records)

    ready = answer(side, json.dumps(request))
    measured = answer(side, json.dumps({"do": "measure", "arm": request["arm"]}))

    assert (ready["threads"], ready["device"]) == (1, "cpu")
    assert ready["recorded"] == {name: ready["environment"][name] for name in ("commit", "torch")}
    assert measured["images_per_second"] > 0


@pytest.mark.parametrize(
    ("changes", "problem"),
    [({"arm": "other"}, "has no record of"), ({"records": "gone.jsonl"}, "no records at gone.jsonl")],
)
def test_an_error_is_an_answer(records: Path, changes: dict[str, str], problem: str) -> None:
    """The process goes on, and the other end hears what is in the way."""
    assert problem in answer(Side(), json.dumps(prepare(records, **changes)))["error"]


@pytest.mark.parametrize("line", ["no JSON", "{}", '{"do": "dance"}'])
def test_an_unknown_request_is_answered(line: str) -> None:
    """Whatever it is, there is one answer."""
    assert set(answer(Side(), line)) == {"error"}


def test_there_is_an_answer_a_line() -> None:
    """Requests are answered in their order until there are no more."""
    answers = io.StringIO()

    serve(io.StringIO('{"do": "dance"}\nno JSON\n'), answers)

    assert ["error" in json.loads(line) for line in answers.getvalue().splitlines()] == [True, True]
