"""HTTP/1.1 on a connection: requests are read, answers go out in order, and who is too slow is turned away."""

import asyncio
from collections import deque
from enum import Enum
from functools import partial
from http import HTTPStatus
from time import monotonic

from serve.api.app import App
from serve.api.exchange import NO_CONTENT, Reply, Request, error_reply
from serve.api.routes import Who, who_may
from serve.errors import RequestError
from serve.transport.access_log import line
from serve.transport.http.clients import RESERVE, Clients
from serve.transport.http.reading import CLOSE, Reader

PIPELINED = 16  # requests that are taken before the first of them is answered
STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}


class State(Enum):
    """The state of a connection; it only goes onwards."""

    OPEN = "requests are read and answered"
    DEAF = "nothing more is read, what was read is answered"
    REFUSED = "as DEAF; its client may still send what is refused, and shall read why"
    CLOSING = "the last answer is written"


OPEN, DEAF, REFUSED, CLOSING = State  # a member's own name takes as long as ten others


class Exchange:
    """One request and its place among the answers."""

    __slots__ = ("arrived", "ending", "held", "reply", "request")

    def __init__(self, request: Request, arrived: float, ending: str, held: int) -> None:
        self.request, self.arrived, self.ending, self.held = request, arrived, ending, held
        self.reply: Reply | None = None


class Connection(asyncio.Protocol):
    """One client."""

    def __init__(self, app: App, clients: Clients) -> None:
        self.app, self.clients = app, clients
        self.transport: asyncio.Transport | None = None
        self.exchanges: deque[Exchange] = deque()
        self.deadline = 0.0  # when the client must have sent more, of `time.monotonic`
        self.asked = False
        self.state = OPEN
        self._stuck = False  # the client does not read its answers
        self._crowded = False  # there are too many connections: this one is for health alone
        self._reader = Reader(app, clients.heads, clients.bodies, self)

    def _allow(self, seconds: float) -> None:
        """Give the client so long to send more, unless it has to read what it was answered, first or last."""
        if not self._stuck and self.state is not CLOSING:
            self.deadline = self.clients.now + seconds

    # asyncio calls these.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the client in, or turn it away where there are too many."""
        self.transport = transport  # type: ignore[assignment]  # TCP and TLS give a Transport
        self._allow(self.clients.limits.idle)
        beyond = self.clients.admit(self)
        self._crowded = beyond > 0
        if beyond > RESERVE:
            self._refuse(_too_many())

    def connection_lost(self, exc: Exception | None) -> None:
        """Drop the work of a client that left."""
        del exc
        for exchange in self.exchanges:
            self.clients.bodies.give_back(exchange.held)
            if exchange.request.job is not None:
                exchange.request.job.cancel()
        self.exchanges.clear()
        self.state = CLOSING
        self.clients.forget(self)
        self._reader.close()
        self.transport = None

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        if self.state is OPEN:
            try:
                self._reader.feed(data)
            except RequestError as error:
                self._refuse(error)

    @property
    def waits(self) -> bool:
        """Whether nothing more is read: the client does not read its answers, or has many to wait for."""
        return self._stuck or len(self.exchanges) >= PIPELINED

    def eof_received(self) -> bool:
        """Answer what was read from a client that sends no more, then close; TLS cannot stay half open."""
        if self.state is OPEN:
            self.state = DEAF
        if not self.exchanges or self.transport is None or not self.transport.can_write_eof():
            return False
        self.exchanges[-1].ending = CLOSE
        return True

    def pause_writing(self) -> None:
        """Read nothing more from a client that does not read its answers; it has until the deadline."""
        self._allow(self.clients.limits.body)
        self._stuck = True
        if self.transport is not None:
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        """Read on."""
        self._stuck = False
        self._allow(self.clients.limits.idle)
        self._read_on()

    def _read_on(self) -> None:
        """Read from a client that reads its answers, and has not too many to wait for."""
        if self.state is OPEN:
            try:
                self._reader.go_on()
            except RequestError as error:
                self._refuse(error)
        if self.transport is not None and self.state is not CLOSING and not self.waits:
            self.transport.resume_reading()

    # The reader calls these.

    def begun(self) -> None:
        """Give a request its time."""
        self.asked = True
        self._allow(self.clients.limits.header)

    def head_read(self, *, asks_to_go_on: bool) -> None:
        """Give a body its time."""
        self._allow(self.clients.limits.body)
        if asks_to_go_on and self.transport is not None:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def take(self, request: Request, ending: str, held: int) -> None:
        """Answer a request; read no more where enough wait for their answers."""
        if self._crowded and who_may(request.target) is not Who.EVERYBODY:
            self.clients.bodies.give_back(held)
            self._refuse(_too_many(), request)
            return
        exchange = Exchange(request, monotonic(), CLOSE if self._crowded else ending, held)
        self.exchanges.append(exchange)
        self.asked = True
        if len(self.exchanges) == PIPELINED and self.transport is not None:
            self.transport.pause_reading()
        self._allow(self.clients.limits.idle)
        self.app.handle(request, partial(self._answered, exchange))

    # Answers.

    def _answered(self, exchange: Exchange, reply: Reply) -> None:
        exchange.reply = reply
        if b"x-request-id" in exchange.request.headers:
            reply.headers["x-request-id"] = exchange.request.headers[b"x-request-id"].decode("latin-1")
        while self.exchanges and self.exchanges[0].reply is not None and self.state is not CLOSING:
            first = self.exchanges.popleft()
            self.clients.bodies.give_back(first.held)
            if len(self.exchanges) == PIPELINED - 1:
                self._read_on()
            ending = CLOSE if self.clients.stopping and not self.exchanges else first.ending
            self._write(first.request.method, first.reply, ending)  # type: ignore[arg-type]  # it is there
            if self.clients.access_log is not None:
                entry = line(first.request, first.reply, first.arrived, self._address())  # type: ignore[arg-type]  # as above
                self.clients.access_log(entry)

    def _address(self) -> str:
        """Return the client's, nothing where it is not known."""
        peer = None if self.transport is None else self.transport.get_extra_info("peername")
        return str(peer[0]) if peer else ""

    def _write(self, method: str, reply: Reply, ending: str) -> None:
        if self.transport is None:
            return
        self.app.statistics.replies[reply.status] += 1
        head = STATUS_LINES[reply.status] + self.clients.date
        for name, value in reply.headers.items():
            head += f"{name}: {value}\r\n"
        if reply.status != NO_CONTENT:
            head += f"content-length: {len(reply.body)}\r\n"
        head += f"{ending}\r\n"
        self.transport.write(head.encode("latin-1") + (b"" if method == "HEAD" else reply.body))
        if ending == CLOSE:
            self._close(linger=self.state is REFUSED)

    def _refuse(self, error: RequestError, request: Request | None = None) -> None:
        """Answer a request that cannot be read, or is not taken, in its turn, and close: what follows is not read."""
        if self.state is OPEN:
            self.state = REFUSED
            reader = self._reader
            asked = request or Request(reader.method, reader.target, reader.headers)
            reader.close()
            exchange = Exchange(asked, monotonic(), CLOSE, 0)
            self.exchanges.append(exchange)
            reply = error_reply(error)
            reply.headers.update(self.app.cors.headers(asked.headers))
            self._answered(exchange, reply)

    def _close(self, *, linger: bool = False) -> None:
        """Close; where a client may still send, let it read what it was answered before the connection is reset."""
        self.state = CLOSING
        if self.transport is None:
            return
        limits = self.clients.limits
        sent = limits.linger if self.clients.stopping else limits.close
        self.deadline = self.clients.now + (limits.body if self.transport.get_write_buffer_size() else sent)
        if linger and self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    def expire(self) -> None:
        """Turn away a client that is too slow, or that has nothing to say."""
        if (self._stuck or self.state is CLOSING) and self.transport is not None:
            self.state = CLOSING
            self.transport.abort()  # it will not read a reason either
        elif self.exchanges:
            return  # it waits for us
        elif not self._reader.idle:
            self._refuse(RequestError(408, "the request came too slowly"))
        else:
            self._close()

    def stop(self) -> None:
        """Close once every request that was read is answered; what crosses the closing is read, and not reset."""
        if not self.exchanges and self._reader.idle and self.state is not CLOSING:
            self._close(linger=True)


def _too_many() -> RequestError:
    return RequestError(503, "too many connections", {"retry-after": "1"})
