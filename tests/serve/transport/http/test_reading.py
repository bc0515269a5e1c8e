"""Tests of `reading`: what it costs to read what a client sends, whatever that is."""

import tracemalloc
from typing import Any, cast

import pytest

from serve.api.app import App
from serve.api.exchange import Request
from serve.transport.bodies import Bodies
from serve.transport.http.head_cache import Heads
from serve.transport.http.reading import Reader

CHUNKED = b"POST /v2/models/net/infer HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
PLAIN = b"GET /v2 HTTP/1.1\r\nhost: x\r\n\r\n"
OFFER = b"GET /v2 HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"


class Counted(bytes):
    """Bytes that count how many of them are copied."""

    copied = 0

    def __getitem__(self, part: Any) -> Any:  # noqa: ANN401 - as bytes have it
        """Return a part."""
        return self._copy(super().__getitem__(part))

    def __add__(self, other: Any) -> Any:  # noqa: ANN401 - as above
        """Return both in a row."""
        return self._copy(super().__add__(other))

    def __radd__(self, other: Any) -> Any:  # noqa: ANN401 - as above
        """Return both in a row."""
        return self._copy(bytes(other) + bytes(self))

    @staticmethod
    def _copy(content: bytes) -> "Counted":
        Counted.copied += len(content)
        return Counted(content)


class Everything:
    """An application that takes whatever comes."""

    def body_limit(self, _: object) -> int:
        """Return more than is sent."""
        return 2**40

    def check_access(self, *_: object) -> None:
        """Let everybody pass."""


class Slow:
    """Takes so many requests, then none before it is told to."""

    def __init__(self, most: int) -> None:
        self.most, self.taken = most, list[Request]()

    @property
    def waits(self) -> bool:
        """Whether it has as many as it takes."""
        return len(self.taken) >= self.most

    def begun(self) -> None:
        """Give it all the time that it needs."""

    def head_read(self, *, asks_to_go_on: bool) -> None:
        """Give it all the time that it needs."""

    def take(self, request: Request, ending: str, held: int) -> None:
        """Keep a request."""
        del ending, held
        self.taken.append(request)


def reader_of(taker: Slow) -> Reader:
    """Return a reader whose bodies have all the room that they need."""
    return Reader(cast(App, Everything()), Heads(), Bodies(2**30), taker)


@pytest.mark.parametrize("content", [CHUNKED + 20_000 * b"2\r\n\r\n\r\n", 4_000 * PLAIN, 2_000 * OFFER])
def test_what_comes_at_once_is_copied_once_or_twice(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the rest of it for every chunk and every request: small ones would cost the square of their number."""
    monkeypatch.setattr(Counted, "copied", 0)
    reader = reader_of(Slow(10_000))

    reader.feed(Counted(content))

    assert Counted.copied <= 2 * len(content)


def test_what_waits_for_answers_is_not_copied_for_every_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """One request is read for every answer that its client gets."""
    monkeypatch.setattr(Counted, "copied", 0)
    taker = Slow(0)
    reader = reader_of(taker)
    content = 2_000 * PLAIN
    reader.feed(Counted(content))

    while not reader.idle:
        taker.most += 1
        reader.go_on()

    assert [request.target.path for request in taker.taken] == ["/v2"] * 2_000
    assert Counted.copied <= 3 * len(content)


def test_a_body_in_small_chunks_takes_the_memory_that_is_counted() -> None:
    """A list of pieces would take twenty times as much."""
    reader = reader_of(Slow(1))
    reader.feed(CHUNKED)
    piece = 1_000 * b"2\r\nxy\r\n"
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(50):
            reader.feed(piece)
        held = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()

    assert reader.bodies.held == 100_000
    assert held < 2 * reader.bodies.held
