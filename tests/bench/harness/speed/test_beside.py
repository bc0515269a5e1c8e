"""Tests of bench.harness.speed.beside: two sides that take turns, with processes that only pretend."""

import sys
from pathlib import Path
from typing import Any, Self

import pytest

from bench.harness.errors import UserError
from bench.harness.records.beside import BesideRecord
from bench.harness.speed import beside
from bench.harness.speed.beside import STARTS, TURNS, Place, Worker, measure_beside
from tests.bench.conftest import ENVIRONMENT

PLACE = Place(Path(sys.executable), Path.cwd(), Path("records.jsonl"))
RECORDED = {name: ENVIRONMENT[name] for name in ("commit", "torch")}


class Pretended:
    """A side's process that answers at once."""

    started = 0
    asked: list[tuple[str, dict[str, Any]]] = []  # noqa: RUF012 - shared by all, and emptied by each test
    facts: dict[str, dict[str, Any]] = {}  # noqa: RUF012 - as above

    def __init__(self, name: str, _place: Place) -> None:
        self.name = name

    def __enter__(self) -> Self:
        """Count it."""
        Pretended.started += 1
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing ends."""

    def ask(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - any request
        """Answer."""
        self.asked.append((self.name, request))
        if request["do"] == "measure":
            return {"images_per_second": 850.0 if self.name == "new" else 1000.0}
        facts = {"threads": request["threads"] or 2, "device": "cpu", "protocol": "quick", "data_sha256": "d" * 64}
        return {**facts, "environment": ENVIRONMENT, "recorded": RECORDED, **self.facts.get(self.name, {})}


@pytest.fixture(autouse=True)
def pretended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no process start."""
    monkeypatch.setattr(beside, "Worker", Pretended)
    Pretended.started, Pretended.asked[:], Pretended.facts = 0, [], {}


def measure(**options: object) -> BesideRecord:
    """Return the measurement of two arms."""
    return measure_beside(
        "norm",
        ["base", "other"],
        {"base": PLACE, "new": PLACE},
        options={"data_root": None, "device": "cpu", "threads": None, **options},
        turn_ended=lambda *_: None,
    )


def test_both_sides_take_the_same_turns() -> None:
    """Every arm has a value of either side in every turn, and both sides were started some times."""
    record = measure()

    assert {len(values) for arm in record.arms for values in (arm["base"], arm["new"])} == {len(record.turns)}
    assert len(record.turns) >= TURNS
    assert record.arms[0]["new"][0] / record.arms[0]["base"][0] == 0.85
    assert (Pretended.started, record.starts) == (2 * STARTS, STARTS)


def test_both_sides_have_as_many_threads_as_the_base_chose() -> None:
    """The base's first start chooses and everything later is told: other threads would be another question."""
    Pretended.facts = {"base": {"threads": 7}}

    record = measure()

    threads = [request["threads"] for _, request in Pretended.asked if request["do"] == "prepare"]
    assert threads == [None, 7, None, 7, *[7] * 4 * (STARTS - 1)]
    assert {arm["threads"] for arm in record.arms} == {7}


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ({"new": {"data_sha256": "e" * 64}}, "the base trains on other images"),
        ({"base": {"recorded": {"commit": "old", "torch": "2.14.1"}}}, "records are of commit old, torch 2.14.1, but"),
    ],
)
def test_sides_that_do_not_fit_are_refused(facts: dict[str, dict[str, Any]], problem: str) -> None:
    """Other data, or a checkout that the base's records are not of: before a turn is taken."""
    Pretended.facts = facts

    with pytest.raises(UserError, match=problem):
        measure()

    assert not [request for _, request in Pretended.asked if request["do"] == "measure"]


def test_a_python_that_is_not_there_is_an_error() -> None:
    """The message says which side it was."""
    with (
        pytest.raises(UserError, match=r"the base's process cannot be started: .*no-python"),
        Worker("base", Place(Path("/no-python"), Path.cwd(), Path())),
    ):
        pass


def test_a_checkout_without_the_module_is_an_error(tmp_path: Path) -> None:
    """Another one's, which this Python may know, is not measured in its place."""
    with (
        pytest.raises(UserError, match=r"the base's checkout .* has no bench\.harness\.speed\.worker"),
        Worker("base", Place(Path(sys.executable), tmp_path, Path())),
    ):
        pass


def test_a_process_that_ends_is_an_error(tmp_path: Path) -> None:
    """A checkout with a broken module ends it: the message says what to look for."""
    for folder in ("bench", "bench/harness", "bench/harness/speed"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "bench" / "harness" / "speed" / "worker.py").write_text("raise SystemExit(1)")
    with (
        Worker("base", Place(Path(sys.executable), tmp_path, Path())) as worker,
        pytest.raises(UserError, match=r"the base's process ended .*: does .* have bench\.harness\.speed\.worker"),
    ):
        worker.ask(do="measure", arm="base")
