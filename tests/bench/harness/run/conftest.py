"""A backend that makes records without training anything, and sessions that run on it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from bench.harness.machine.environment import environment
from bench.harness.records.record import Record
from bench.harness.run import session as module
from bench.harness.run.backends.backend import Ended
from bench.harness.run.session import Session
from bench.harness.run.settings import Settings
from bench.harness.run.wanted import Wanted
from bench.harness.study.discovery import load_studies
from bench.harness.study.planned import Planned
from bench.harness.trackers.tracker import Standing, Tracker

MakeRecord = Callable[..., Record]
STUDY = load_studies("activation")[0]
RELU, TANH = "lenet5-relu", "lenet5-tanh"
WANTED: Sequence[Wanted] = [(STUDY, RELU, 0), (STUDY, TANH, 0)]


class Fake:
    """A backend that takes trials, so many at a time, and ends the last one taken first.

    Attributes:
        taken: The trials that it was handed, as arm and seed.
        failing: Arms that end by an error.
        closed: The number of times that it was closed.
        accuracies: The test accuracy of arms, 0 to 1, where it is not to be the usual one.
        hardware: The machine that its records are of.
    """

    by_arm = False

    def __init__(self, make_record: MakeRecord, *, at_once: int = 1) -> None:
        self.make_record, self.at_once = make_record, at_once
        self.taken: list[tuple[str, int]] = []
        self.failing: set[str] = set()
        self.closed = 0
        self.accuracies: dict[str, float] = {}
        self.hardware = environment("cpu")["hardware"]

    def train(self, trials: Iterator[Planned]) -> Iterator[Ended]:
        """Yield each trial with a record of its own, or with an error."""
        in_flight: list[Planned] = []
        while True:
            while len(in_flight) < self.at_once and (planned := next(trials, None)):
                self.taken.append((planned.trial.arm, planned.trial.seed))
                in_flight.append(planned)
            if not in_flight:
                return
            planned = in_flight.pop()
            yield Ended(planned, self._result(planned), 1.0)

    def _result(self, planned: Planned) -> Record | Exception:
        arm, seed = planned.trial.arm, planned.trial.seed
        if arm in self.failing:
            return ValueError(f"{arm} failed")
        place = {"hardware": self.hardware}
        changes = {"accuracy": self.accuracies[arm], "images": 4000} if arm in self.accuracies else {}
        context = planned.trial.context
        return self.make_record(
            arm, seed, study=STUDY.name, key=planned.key, environment=place, context=context, **changes
        )

    def close(self) -> None:
        """Count."""
        self.closed += 1


class Events(Tracker):
    """A tracker that keeps what it is told, each with the trials done by then."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []

    def run_begins(self, standing: Standing) -> None:
        """Keep it."""
        self.told.append(("run begins", standing.done))

    def trial_begins(self, planned: Planned, standing: Standing) -> None:
        """Keep the trial's arm."""
        self.told.append((f"{planned.trial.arm} begins", standing.done))

    def trial_ended(self, planned: Planned, result: Record | Exception, standing: Standing) -> None:
        """Keep the trial's arm, and how it ended."""
        ending = "failed" if isinstance(result, Exception) else "ended"
        self.told.append((f"{planned.trial.arm} {ending}", standing.done))

    def run_ends(self) -> None:
        """Keep it."""
        self.told.append(("run ends", -1))


Begin = Callable[..., Session]


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """Return a maker of sessions in one results folder, called as `begin(backend, tracker, fresh=True)`."""
    sessions: list[Session] = []

    def make(
        backend: Fake,
        *trackers: Events,
        fresh: bool = False,
        minutes: float | None = None,
        seeds: Sequence[int] = (0, 1),
        most_seeds: int | None = None,
    ) -> Session:
        settings = Settings(
            protocol="smoke", seeds=tuple(seeds), dataset=None, studies=(), time_limit_minutes=minutes, device="cpu",
            data_root=None, download=False, results=tmp_path, fresh=fresh, threads=1, deterministic=False, workers=0,
            compiled=False, precision="float32", batch_seeds=False, most_seeds=most_seeds,
        )  # fmt: skip
        monkeypatch.setattr(module, "make_backend", lambda *_: backend)
        monkeypatch.setattr(module, "expect_seconds", lambda *_: 1.0)
        sessions.append(Session(settings, trackers))
        return sessions[-1]

    yield make
    for session in sessions:
        session.store.__exit__()


def run(session: Session, wanted: Sequence[Wanted] = WANTED) -> list[Record]:
    """Return the records of a whole run, whose folder is free afterwards; tables are not made."""
    records = [session.record(planned) for planned in session.prepare(wanted)]
    session.store.__exit__()
    return records
