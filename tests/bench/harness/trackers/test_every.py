"""Tests of bench.harness.trackers.every: all are told, and one that fails costs nothing."""

from pathlib import Path
from typing import Any

from bench.harness.trackers.every import Every
from bench.harness.trackers.tracker import Standing, Tracker

STANDING = Standing(done=0, trials=1, seconds_left=1.0)


class Kept(Tracker):
    """Keeps the names of the events that it is told of."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def run_begins(self, standing: Standing) -> None:  # noqa: ARG002 - a tracker's
        """Keep it."""
        self.told.append("run begins")

    def run_ends(self) -> None:
        """Keep it."""
        self.told.append("run ends")

    def report_written(self, folder: Path) -> None:
        """Keep it."""
        self.told.append(f"report in {folder}")


class Broken(Kept):
    """Fails at the first event."""

    def run_begins(self, standing: Standing) -> None:
        """Fail."""
        super().run_begins(standing)
        raise ConnectionError("no route\nto host")


def test_a_tracker_that_fails_is_told_nothing_more() -> None:
    """The others are, in their order; a line says what happened."""
    broken, whole = Broken(), Kept()
    every = Every([broken, whole])

    every.run_begins(STANDING)
    every.run_ends()
    every.report_written(Path("results"))

    assert broken.told == ["run begins"]
    assert whole.told == ["run begins", "run ends", "report in results"]
    assert every.failures == ["warning: Broken failed and was told nothing more (no route to host)"]


def test_every_event_is_passed_on() -> None:
    """Whatever a tracker may be told, several may: none is forgotten here."""
    events = [name for name in vars(Tracker) if not name.startswith("_")]

    class Counted(Tracker):
        """Counts what it is told."""

    told: list[str] = []
    for name in events:
        setattr(Counted, name, lambda _self, *_, name=name: told.append(name))
    every: Any = Every([Counted()])
    arguments = {
        "epoch_ended": 3,
        "trial_ended": 3,
        "turn_ended": 4,
        "trial_begins": 2,
        "phase_ended": 0,
        "run_ends": 0,
    }
    for name in events:
        getattr(every, name)(*[None] * arguments.get(name, 1))

    assert told == events
