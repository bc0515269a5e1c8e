"""Tests of serve.transport.http.clients, with connections that only count what is asked of them."""

import asyncio
import contextlib
from collections.abc import Callable
from time import monotonic

import pytest

from serve.transport.http import clients as module
from serve.transport.http.clients import Clients, Limits


class Connection:
    """A client that is there until it is told to go.

    Attributes:
        deadline: Its time to have sent more.
        asked: Whether it has begun a request.
        expired: The number of times that it was turned away.
        stopped: The number of times that it was asked to close.
    """

    def __init__(self, clients: Clients, deadline: float = float("inf"), *, stops_needed: float = 1) -> None:
        self.clients, self.deadline, self.stops_needed = clients, deadline, stops_needed
        self.asked = True
        self.expired = self.stopped = 0

    def expire(self) -> None:
        """Go, as a connection does whose deadline has passed."""
        self.expired += 1
        self.clients.forget(self)

    def stop(self) -> None:
        """Go once this was asked often enough, as a connection does that first answers what it has read."""
        self.stopped += 1
        if self.stopped >= self.stops_needed:
            self.clients.forget(self)


def watched(clients: Clients, until: Callable[[], bool]) -> None:
    """Watch the clients until something holds, for ten seconds at most."""

    async def run() -> None:
        watch = asyncio.create_task(clients.watch())
        for _ in range(1000):
            if until():
                break
            await asyncio.sleep(0.01)
        watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watch

    asyncio.run(run())


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_as_many_are_admitted_as_there_may_be(limit: int) -> None:
    """The one too many is told that it is."""
    clients = Clients(Limits(connections=limit))

    beyond = [clients.admit(Connection(clients)) for _ in range(limit + 1)]

    assert beyond == list(range(1 - limit, 2))


def test_the_log_says_how_many_were_turned_away_and_not_at_every_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three at first; two more within the minute wait for the next line."""
    lines: list[str] = []
    monkeypatch.setattr(module, "TICK", 0.001)
    clients = Clients(Limits(connections=1), say=lines.append)
    for _ in range(4):
        clients.admit(Connection(clients))
    watched(clients, lambda: bool(lines))
    for _ in range(2):
        clients.admit(Connection(clients))

    looks = iter(range(5))
    watched(clients, lambda: next(looks, None) is None)
    within = list(lines)
    monkeypatch.setattr(module, "TELLING", 0.0)
    watched(clients, lambda: len(lines) > 1)

    words = "too many connections: there may be 1, {} more were answered health at most"
    assert within == [words.format(3)]
    assert lines == [words.format(3), words.format(2)]


def test_one_that_was_refused_counts_until_it_is_forgotten() -> None:
    """Its answer is still being written; then its place is free, and so is that of one which was admitted."""
    clients = Clients(Limits(connections=1))
    first, refused = Connection(clients), Connection(clients)
    clients.admit(first)
    clients.admit(refused)

    clients.forget(refused)
    still_full = clients.admit(refused) > 0
    clients.forget(refused)
    clients.forget(first)

    assert still_full
    assert clients.admit(Connection(clients)) == 0


def test_forgetting_twice_is_no_error() -> None:
    """A connection may be lost while it is turned away."""
    clients = Clients(Limits())
    client = Connection(clients)
    clients.admit(client)

    clients.forget(client)
    clients.forget(client)

    assert not clients.connections


def test_a_client_that_is_too_slow_is_turned_away() -> None:
    """Once its deadline has passed; the others stay."""
    clients = Clients(Limits())
    slow, patient = Connection(clients, monotonic() - 1), Connection(clients, monotonic() + 60)
    clients.admit(slow)
    clients.admit(patient)

    watched(clients, until=lambda: slow.expired > 0)

    assert (slow.expired, patient.expired) == (1, 0)
    assert clients.connections == {patient}


def test_the_time_is_that_of_the_last_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests read it instead of asking the clock, so that it must go on."""
    monkeypatch.setattr(module, "TICK", 0.01)
    clients = Clients(Limits())
    before = clients.now

    watched(clients, until=lambda: clients.now > before + 0.02)

    assert before < clients.now <= monotonic()


def test_a_stop_waits_for_answers() -> None:
    """A connection is asked to close until it has answered what it read."""
    clients = Clients(Limits())
    idle, busy = Connection(clients), Connection(clients, stops_needed=3)
    clients.admit(idle)
    clients.admit(busy)

    asyncio.run(clients.finish())

    assert not clients.connections
    assert (idle.stopped, busy.stopped) == (1, 3)


def test_a_stop_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that never ends is left behind after the grace."""
    monkeypatch.setattr(module, "GRACE", 0.05)
    clients = Clients(Limits())
    stuck = Connection(clients, stops_needed=float("inf"))
    clients.admit(stuck)
    start = monotonic()

    asyncio.run(clients.finish())

    assert stuck.stopped >= 1
    assert 0.05 <= monotonic() - start < 10
