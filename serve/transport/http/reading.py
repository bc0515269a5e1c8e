"""Reads the requests of one connection: httptools parses HTTP/1.1, and limits hold while it does."""

import re
from collections.abc import Mapping
from typing import Protocol

import httptools

from serve.api.app import OVERHEAD_BYTES, App
from serve.api.exchange import Request
from serve.api.url import target
from serve.errors import RequestError
from serve.transport.bodies import Bodies
from serve.transport.http.head_cache import END, Head, Heads

HEADER_BYTES = 16_384
CHUNK_OVERHEAD = 9  # bytes on the wire a byte of a body, in chunks of one byte
NO_TARGET = target(b"")
CLOSE, KEEP = "connection: close\r\n", "connection: keep-alive\r\n"  # at the end of an answer's head
OFFERS = (b"upgrade", b"connection", b"http2-settings", b"expect")  # of another protocol: they are declined


class Taker(Protocol):
    """Takes what was read, and has its client go on."""

    @property
    def waits(self) -> bool:
        """Whether it takes no more requests for now."""

    def begun(self) -> None:
        """A request has begun: its head must come."""

    def head_read(self, *, asks_to_go_on: bool) -> None:
        """A head was read and is taken: its body must come; some clients wait until they are asked for it."""

    def take(self, request: Request, ending: str, held: int) -> None:
        """Answer a whole request.

        Args:
            request: as it was read.
            ending: end of its answer's head.
            held: bytes that its body has of `Bodies`, to be given back when it is answered.
        """


class Reader:
    """Makes requests of the bytes that come.

    Args:
        app: says who may ask, and how much.
        heads: heads of requests that were read before.
        bodies: the memory for bodies.
        taker: is called for what was read.

    Attributes:
        reading: Whether a request has begun and is not whole.
        target: The URL of the request that is being read, as far as it is known.
    """

    def __init__(self, app: App, heads: Heads, bodies: Bodies, taker: Taker) -> None:
        self.app, self.heads, self.bodies = app, heads, bodies
        self.taker: Taker | None = taker
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        self._data = b""  # that is being read, where it starts with a request
        self._rest = b""  # is not read yet: its client does not read its answers, or waits for many
        self._from = 0  # where that starts
        self._busy = False
        self._room = bodies.room()
        self._begin()

    def _begin(self) -> None:
        self._url, self._headers = b"", {}  # type: bytes, dict[bytes, bytes]
        self._body: bytes | bytearray = b""
        self.target = NO_TARGET
        self._header_bytes = self._body_bytes = self._raw_bytes = self._length = 0
        self._limit: int | None = None  # of the body; the head is complete where there is one
        self.reading = False

    @property
    def method(self) -> str:
        """The method of the request that is being read, nothing where it is not known yet."""
        if self._parser is None or not self._url:
            return ""
        return self._parser.get_method().decode("latin-1")

    @property
    def headers(self) -> Mapping[bytes, bytes]:
        """The headers of the request that is being read, as far as they are known."""
        return self._headers

    @property
    def idle(self) -> bool:
        """Whether there is nothing more to be taken of what came."""
        return not self.reading and not self._rest

    def close(self) -> None:
        """Forget what is not whole."""
        self._begin()
        self._room.leave()
        self._data = self._rest = b""
        self._parser = self.taker = None  # the parser knows us: a circle would stay for long

    def feed(self, data: bytes) -> None:
        """Read what came, as far as the taker takes more.

        Raises:
            RequestError: it is no request, or one that is not taken; nothing behind it can be read.
        """
        if self._rest or self._busy or (self.taker is not None and self.taker.waits):
            self._rest, self._from = self._rest[self._from :] + data, 0
            return
        known = None if self.reading else self.heads.split(data)
        if known is not None:
            head, body = known
            self.bodies.take(len(body))
            self._hand_over(head, body, len(body))
            return
        self._data = b"" if self.reading else data
        self._read(data)

    def go_on(self) -> None:
        """Read what is left, as far as the taker takes more now.

        Raises:
            RequestError: as of `feed`.
        """
        if self._rest and not self._busy:
            data, self._rest = self._rest, b""
            self._data = b""
            self._read(data, self._from)

    def _read(self, data: bytes, start: int = 0) -> None:
        self._busy = True
        try:
            self._parse(data, start)
        except httptools.HttpParserError as error:
            cause = error.__context__
            raise cause if isinstance(cause, RequestError) else RequestError(400, f"not HTTP/1.1: {error}") from None
        finally:
            self._busy = False

    def _parse(self, data: bytes, start: int) -> None:
        """Let the parser read, a request at a time; what is no body is bounded, also where a header has no end.

        What is behind a part that is read stays where it is: copied every time, it would cost the square of its length.

        Raises:
            RequestError: 431, the head or what is between the chunks is too long.
        """
        while start < len(data) and self.taker is not None and self._parser is not None:
            if self.taker.waits:
                self._rest, self._from = (data[start:] + self._rest, 0) if self._rest else (data, start)
                return
            part = data[start : start + self._size(data, start)]
            start += len(part)
            self._raw_bytes += len(part)
            try:
                self._parser.feed_data(part)
            except httptools.HttpParserUpgrade as offer:
                if not self._offered():
                    return  # CONNECT: what follows is for the other end of a tunnel, that is not made
                start -= len(part) - offer.args[0]
                self._read_declined()
            if self._raw_bytes > 2 * HEADER_BYTES + CHUNK_OVERHEAD * self._body_bytes:
                raise RequestError(431, f"the headers have more than {HEADER_BYTES} bytes")

    def _size(self, data: bytes, start: int) -> int:
        """Return how many bytes the parser may have: never more than a whole request, which may be the last taken."""
        if self._limit is not None and b"content-length" in self._headers:
            return max(1, self._length - self._body_bytes)
        end = data.find(END, start, start + HEADER_BYTES)  # of a head or of the last chunk; or within one: no harm
        return HEADER_BYTES if end < 0 else end + len(END) - start

    def _offered(self) -> bool:
        """Return whether the request that is being read offers to speak another protocol."""
        return self._parser is not None and self._parser.should_upgrade() and b"upgrade" in self._headers

    def _read_declined(self) -> None:
        """Let a new parser read the same head without its offer to speak another protocol.

        The parser takes what follows an offer for the other protocol; it is the request's body.
        """
        if self._parser is None:
            return
        words = [self._parser.get_method(), self._url, f"HTTP/{self._parser.get_http_version()}".encode()]
        headers = [b"%s: %s\r\n" % item for item in self._headers.items() if item[0] not in OFFERS]
        if b"close" in re.split(rb"[\s,]+", self._headers.get(b"connection", b"").lower()):
            headers.append(b"connection: close\r\n")
        self._parser = httptools.HttpRequestParser(self)
        self._data = b""
        self._room.leave()
        self._begin()
        head = b" ".join(words) + b"\r\n" + b"".join(headers) + b"\r\n"
        self._raw_bytes = len(head)
        self._parser.feed_data(head)

    # httptools calls these.

    def on_message_begin(self) -> None:
        """Give a request its time."""
        self.reading = True
        if self.taker is not None:
            self.taker.begun()

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
            self._headers[name] = value.strip(b" \t")

    def _count_header(self, count: int) -> None:
        self._header_bytes += count
        if self._header_bytes > HEADER_BYTES:
            raise RequestError(431, f"the headers have more than {HEADER_BYTES} bytes")

    def on_headers_complete(self) -> None:
        """Refuse a body that is too large, or that somebody sends who may not, before it is sent."""
        self.target = target(self._url)
        newest = self._parser is not None and self._parser.get_http_version() == "1.1"
        if newest and b"host" not in self._headers:
            raise RequestError(400, "the request has no Host header")
        if (coding := self._headers.get(b"transfer-encoding", b"chunked")).lower() != b"chunked":
            raise RequestError(501, f"transfer-encoding {coding.decode('latin-1')[:60]!r} is not taken: send chunked")
        self._limit = self.app.body_limit(self.target)
        told = self._headers.get(b"content-length", b"0")
        length = self._length = int(told) if told.isdigit() else 0
        if b"transfer-encoding" in self._headers or length > OVERHEAD_BYTES:  # before much of it is sent
            self.app.check_access(self.target, self._headers)
        if length > self._limit:
            raise self.app.too_large(self.target, f"{length} bytes", self._limit)
        self._room.hold(length)
        if self.taker is not None:
            asks = newest and self._headers.get(b"expect", b"").lower() == b"100-continue"
            self.taker.head_read(asks_to_go_on=asks)

    def on_body(self, body: bytes) -> None:
        """Collect the body; chunks count too."""
        self._body_bytes += len(body)
        if self._limit is not None and self._body_bytes > self._limit:
            raise self.app.too_large(self.target, f"more than {self._limit} bytes", self._limit)
        self._room.hold(self._body_bytes)
        if not self._body:
            self._body = body
            return
        if isinstance(self._body, bytes):  # a list of pieces would take more than their bytes, that are counted
            self._body = bytearray(self._body)
        self._body += body

    def on_message_complete(self) -> None:
        """Hand over a whole request."""
        body = bytes(self._body)  # itself, where it came in one piece
        parser = self._parser
        if parser is None or self._offered():
            return
        stays = parser.should_keep_alive() and not parser.should_upgrade()
        ending = (KEEP if parser.get_http_version() == "1.0" else "") if stays else CLOSE
        head = Head(parser.get_method().decode("latin-1"), self.target, self._headers, len(body), ending)
        self.heads.learn(self._data, head)
        self._data = b""
        self._begin()
        self._hand_over(head, body, self._room.handed_over())

    def _hand_over(self, head: Head, body: bytes, held: int) -> None:
        if self.taker is not None:
            self.taker.take(Request(head.method, head.target, head.headers, body), head.ending, held)
