"""Tests of `connection`: what is said of a refusal, how long a last answer may take; the network only keeps bytes."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import pytest

from serve.api.app import App
from serve.api.exchange import Reply, Request, Send
from serve.errors import RequestError
from serve.inference.statistics import Statistics
from serve.security.cors import Cors
from serve.transport.http.clients import Clients, Limits
from serve.transport.http.connection import Connection

LAST = b"GET /v2 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


class Wire(asyncio.Transport):
    """A network that keeps what it is told.

    Attributes:
        sent: The bytes that were written.
        unsent: The number of them that the client has not read.
        ended: The way it was closed, nothing where it is open.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sent, self.unsent, self.ended = b"", 0, ""

    def write(self, data: Any) -> None:  # noqa: ANN401 - bytes of several kinds
        """Keep it."""
        self.sent += data

    def get_write_buffer_size(self) -> int:
        """Return what the client has not read."""
        return self.unsent

    def close(self) -> None:
        """Close once everything is sent."""
        self.ended = "closed"

    def abort(self) -> None:
        """Close at once."""
        self.ended = "aborted"

    def can_write_eof(self) -> bool:
        """Return that it may be closed at one end."""
        return True

    def write_eof(self) -> None:
        """Close this end."""
        self.ended = "half closed"

    def pause_reading(self) -> None:
        """Read no more."""

    def resume_reading(self) -> None:
        """Read on."""


class Application:
    """An application that answers everything at once."""

    def __init__(self) -> None:
        self.statistics, self.cors = Statistics(), Cors()

    def handle(self, request: Request, send: Send) -> None:
        """Answer with the path."""
        send(Reply(200, request.target.path.encode()))

    def body_limit(self, _: object) -> int:
        """Return a few bytes."""
        return 10

    def check_access(self, *_: object) -> None:
        """Let everybody pass."""

    def too_large(self, *_: object) -> RequestError:
        """Return why a body is refused."""
        return RequestError(413, "the body is too large")


def connected(clients: Clients) -> tuple[Connection, Wire]:
    """Return a connection that was made, and its network."""
    connection, wire = Connection(cast(App, Application()), clients), Wire()
    connection.connection_made(wire)
    return connection, wire


@pytest.mark.parametrize(
    ("unsent", "stopping", "seconds"), [(0, False, 5), (0, True, 0.5), (1, False, 30), (1, True, 30)]
)
def test_a_last_answer_may_be_read_as_long_as_any_other(unsent: int, stopping: bool, seconds: float) -> None:
    """Once it is sent, there is nothing to wait for but the client's own end."""
    clients = Clients(Limits())
    connection, wire = connected(clients)
    clients.stopping, wire.unsent = stopping, unsent

    connection.data_received(LAST)

    assert wire.ended == "closed"
    assert connection.deadline == clients.now + seconds


def test_a_client_that_reads_its_last_answer_has_no_more_time_for_that() -> None:
    """It has nothing more to send."""
    clients = Clients(Limits())
    connection, _ = connected(clients)
    connection.data_received(LAST)
    before = connection.deadline

    connection.pause_writing()
    connection.resume_writing()

    assert connection.deadline == before


def refused(clients: Clients, *parts: bytes) -> tuple[Mapping[str, Any], bytes]:
    """Return the last line of the access log and the last answer, of a connection that gets these parts."""
    lines: list[Mapping[str, Any]] = []
    clients.access_log = lines.append
    connection, wire = connected(clients)
    for part in parts:
        wire.sent = b""
        connection.data_received(part)
    if wire.ended != "half closed":
        connection.expire()
    return lines[-1], wire.sent


BIG = b"%s /v2/models/net/infer HTTP/1.1\r\nhost: x\r\nx-request-id: 7\r\ncontent-length: 99\r\n\r\n"
SLOW = b"%s /v2/models/net/infer HTTP/1.1\r\nhost: x\r\nx-request-id: 7\r\ncontent-length: 9\r\n\r\n"


@pytest.mark.parametrize("method", ["POST", "HEAD"])
@pytest.mark.parametrize(("head", "status"), [(BIG, 413), (SLOW, 408)], ids=["large", "slow"])
def test_a_refusal_is_logged_with_what_is_known_of_its_request(method: str, head: bytes, status: int) -> None:
    """And HEAD has no body, whatever it is answered."""
    entry, answer = refused(Clients(Limits()), head % method.encode())

    told = {name: entry[name] for name in ("method", "path", "id", "status")}
    assert told == {"method": method, "path": "/v2/models/net/infer", "id": "7", "status": status}
    assert answer.endswith(b"\r\n\r\n") == (method == "HEAD")


def test_a_refusal_before_a_request_is_logged_without_one() -> None:
    """The second is none; it has nothing of the first."""
    entry, _ = refused(Clients(Limits()), b"GET /v2 HTTP/1.1\r\nhost: x\r\n\r\n", b"\x00")

    assert (entry["method"], entry["path"], entry["status"]) == ("", "", 400)


def test_one_connection_too_many_is_logged_with_its_request() -> None:
    """It was read whole."""
    entry, answer = refused(Clients(Limits(connections=0)), b"HEAD /v2 HTTP/1.1\r\nhost: x\r\nx-request-id: 7\r\n\r\n")

    assert (entry["method"], entry["path"], entry["id"], entry["status"]) == ("HEAD", "/v2", "7", 503)
    assert answer.endswith(b"\r\n\r\n")
