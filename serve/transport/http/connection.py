"""HTTP/1.1 on a connection: httptools reads it, limits hold while it is read, answers go out in order."""

import asyncio
from collections import deque
from functools import partial
from http import HTTPStatus
from time import monotonic

import httptools

from serve.api.app import OVERHEAD_BYTES, App
from serve.api.exchange import Reply, Request, error_reply
from serve.api.url import target
from serve.errors import RequestError
from serve.transport.access_log import line
from serve.transport.clients import Clients
from serve.transport.head_cache import Head

HEADER_BYTES = 16_384
CHUNK_OVERHEAD = 9  # bytes on the wire a byte of a body, in chunks of one byte
PIPELINED = 16  # requests that are taken before the first of them is answered
STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}
NO_TARGET = target(b"")
CLOSE, KEEP = "connection: close\r\n", "connection: keep-alive\r\n"
OFFERS = (b"upgrade", b"connection", b"http2-settings", b"expect")  # of another protocol: they are declined


class Exchange:
    """One request and its place among the answers."""

    __slots__ = ("arrived", "ending", "reply", "request")

    def __init__(self, request: Request, arrived: float, ending: str) -> None:
        self.request, self.arrived, self.ending = request, arrived, ending
        self.reply: Reply | None = None


class Connection(asyncio.Protocol):
    """One client."""

    def __init__(self, app: App, clients: Clients) -> None:
        self.app, self.clients = app, clients
        self.transport: asyncio.Transport | None = None
        self.exchanges: deque[Exchange] = deque()
        self.deadline = 0.0  # when the client must have sent more, of `time.monotonic`
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        self._closing = self._stuck = self._deaf = self._refused = self._encrypted = False
        self._data = b""  # that is being read, where it starts with a request
        self._begin()

    def _begin(self) -> None:
        self._url, self._headers, self._body = b"", {}, []  # type: bytes, dict[bytes, bytes], list[bytes]
        self._target = NO_TARGET
        self._header_bytes = self._body_bytes = self._raw_bytes = 0
        self._limit: int | None = None  # of the body; the head is complete where there is one
        self._reading = False

    def _allow(self, seconds: float) -> None:
        """Give the client so long to send more, unless it has first to read what it was answered."""
        if not self._stuck:
            self.deadline = self.clients.now + seconds

    # asyncio calls these.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the client in, or turn it away where there are too many."""
        self.transport = transport  # type: ignore[assignment]  # TCP and TLS give a Transport
        self._encrypted = transport.get_extra_info("sslcontext") is not None
        self._allow(self.clients.limits.idle)
        if not self.clients.admit(self):
            self._refuse(RequestError(503, "too many connections", {"retry-after": "1"}))

    def connection_lost(self, exc: Exception | None) -> None:
        """Drop the work of a client that left."""
        del exc
        for exchange in self.exchanges:
            if exchange.request.job is not None:
                exchange.request.job.cancel()
        self.exchanges.clear()
        self._closing = True
        self.clients.forget(self)
        self._begin()
        self._data, self._parser, self.transport = b"", None, None  # the parser knows us: a circle would stay for long

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        if self._closing or self._deaf:
            return
        try:
            known = None if self._reading else self.clients.heads.split(data)
            if known is None:
                self._data = b"" if self._reading else data
                self._feed(data)
            else:
                head, body = known
                self._take(Request(head.method, head.target, head.headers, body), head.ending)
        except RequestError as error:
            self._refuse(error)
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._refuse(cause if isinstance(cause, RequestError) else RequestError(400, f"not HTTP/1.1: {error}"))

    def _feed(self, data: bytes) -> None:
        """Let the parser read; what is no body is bounded, also where a single header has no end.

        Raises:
            RequestError: 431, the head or what is between the chunks is too long.
        """
        while data and self._parser is not None:
            part, data = data[:HEADER_BYTES], data[HEADER_BYTES:]
            self._raw_bytes += len(part)
            try:
                self._parser.feed_data(part)
            except httptools.HttpParserUpgrade as offer:
                if not self._offered():
                    return  # CONNECT: what follows is for the other end of a tunnel, that is not made
                data = self._declined() + part[offer.args[0] :] + data
            if self._raw_bytes > 2 * HEADER_BYTES + CHUNK_OVERHEAD * self._body_bytes:
                raise RequestError(431, f"the headers have more than {HEADER_BYTES} bytes")

    def _offered(self) -> bool:
        """Return whether the request that is being read offers to speak another protocol."""
        return self._parser is not None and self._parser.should_upgrade() and b"upgrade" in self._headers

    def _declined(self) -> bytes:
        """Return the head that was read without its offer to speak another protocol, to be read by a new parser.

        The parser takes what follows an offer for the other protocol; it is the request's body.
        """
        if self._parser is None:
            return b""
        words = [self._parser.get_method(), self._url, f"HTTP/{self._parser.get_http_version()}".encode()]
        headers = [b"%s: %s\r\n" % item for item in self._headers.items() if item[0] not in OFFERS]
        self._parser = httptools.HttpRequestParser(self)
        self._data = b""
        self._begin()
        return b" ".join(words) + b"\r\n" + b"".join(headers) + b"\r\n"

    def eof_received(self) -> bool:
        """Answer what was read from a client that sends no more, then close; TLS cannot stay half open."""
        self._deaf = True
        if not self.exchanges or self._encrypted:
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
        if self.transport is not None and not (self._closing or self._stuck or len(self.exchanges) >= PIPELINED):
            self.transport.resume_reading()

    # httptools calls these.

    def on_message_begin(self) -> None:
        """Give a request its time."""
        self._reading = True
        self._allow(self.clients.limits.header)

    def on_url(self, url: bytes) -> None:
        """Collect the path."""
        self._url += url
        self._count_header(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header."""
        self._count_header(len(name) + len(value) + 4)
        if self._limit is None:  # not behind the body: a trailer is no header
            name = name.lower()
            if name == b"host" and name in self._headers:
                raise RequestError(400, "the request has two Host headers")
            self._headers[name] = value

    def _count_header(self, count: int) -> None:
        self._header_bytes += count
        if self._header_bytes > HEADER_BYTES:
            raise RequestError(431, f"the headers have more than {HEADER_BYTES} bytes")

    def on_headers_complete(self) -> None:
        """Refuse a body that is too large before it is sent."""
        self._target = target(self._url)
        newest = self._parser is not None and self._parser.get_http_version() == "1.1"
        if newest and b"host" not in self._headers:
            raise RequestError(400, "the request has no Host header")
        self._limit = self.app.body_limit(self._target)
        told = self._headers.get(b"content-length", b"0")
        length = int(told) if told.isdigit() else 0
        if b"transfer-encoding" in self._headers or length > OVERHEAD_BYTES:  # before much of it is sent
            self.app.check_access(self._target, self._headers)
        if length > self._limit:
            raise self.app.too_large(self._target, f"{length} bytes", self._limit)
        self._allow(self.clients.limits.body)
        if newest and self._headers.get(b"expect", b"").lower() == b"100-continue" and self.transport is not None:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Collect the body; chunks count too."""
        self._body_bytes += len(body)
        if self._limit is not None and self._body_bytes > self._limit:
            raise self.app.too_large(self._target, f"more than {self._limit} bytes", self._limit)
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Answer a whole request."""
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        parser = self._parser
        if parser is None or self._offered():
            return
        stays = parser.should_keep_alive() and not parser.should_upgrade()
        ending = (KEEP if parser.get_http_version() == "1.0" else "") if stays else CLOSE
        head = Head(parser.get_method().decode("latin-1"), self._target, self._headers, len(body), ending)
        self.clients.heads.learn(self._data, head)
        self._data = b""
        self._begin()
        self._take(Request(head.method, head.target, head.headers, body), ending)

    def _take(self, request: Request, ending: str) -> None:
        """Answer a request; read no more where enough wait for their answers."""
        exchange = Exchange(request, monotonic(), ending)
        self.exchanges.append(exchange)
        if len(self.exchanges) == PIPELINED and self.transport is not None:
            self.transport.pause_reading()
        self._allow(self.clients.limits.idle)
        self.app.handle(request, partial(self._answered, exchange))

    # Answers.

    def _answered(self, exchange: Exchange, reply: Reply) -> None:
        exchange.reply = reply
        if b"x-request-id" in exchange.request.headers:
            reply.headers["x-request-id"] = exchange.request.headers[b"x-request-id"].decode("latin-1")
        while self.exchanges and self.exchanges[0].reply is not None and not self._closing:
            first = self.exchanges.popleft()
            if len(self.exchanges) == PIPELINED - 1:
                self._read_on()
            ending = CLOSE if self.clients.stopping and not self.exchanges else first.ending
            self._write(first.request.method, first.reply, ending)  # type: ignore[arg-type]  # it is there
            if self.clients.access_log is not None:
                self.clients.access_log(line(first.request, first.reply, first.arrived))  # type: ignore[arg-type]  # as above

    def _write(self, method: str, reply: Reply, ending: str) -> None:
        if self.transport is None:
            return
        self.app.statistics.replies[reply.status] += 1
        head = STATUS_LINES[reply.status] + self.clients.date
        for name, value in reply.headers.items():
            head += f"{name}: {value}\r\n"
        head += f"content-length: {len(reply.body)}\r\n{ending}\r\n"
        self.transport.write(head.encode("latin-1") + (b"" if method == "HEAD" else reply.body))
        if ending == CLOSE:
            self._close(linger=self._refused)

    def _refuse(self, error: RequestError) -> None:
        """Answer a request that cannot be read, in its turn, and close: what follows cannot be read either."""
        if not self._closing and not self._deaf:
            self._deaf = self._refused = True
            exchange = Exchange(Request("", self._target, {}), monotonic(), CLOSE)
            self.exchanges.append(exchange)
            self._answered(exchange, error_reply(error))

    def _close(self, *, linger: bool = False) -> None:
        """Close; where a client still sends what is refused, let it read why before the connection is reset."""
        self._closing = True
        self.deadline = self.clients.now + self.clients.limits.close
        if self.transport is None:
            return
        if linger and self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    def expire(self) -> None:
        """Turn away a client that is too slow, or that has nothing to say."""
        if (self._stuck or self._closing) and self.transport is not None:
            self._closing = True
            self.transport.abort()  # it will not read a reason either
        elif self.exchanges:
            return  # it waits for us
        elif self._reading:
            self._refuse(RequestError(408, "the request came too slowly"))
        else:
            self._close()

    def stop(self) -> None:
        """Close once every request that was read is answered."""
        if not self.exchanges and not self._reading:
            self._close()
