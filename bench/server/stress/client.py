"""An HTTP/1.1 client for the scenarios: one connection, requests as bytes, answers in order, every way to misbehave."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bench.server.formats import OIP_BYTES, OIP_JSON
from bench.server.golden import Floats, Pixels, alike

OK = 200
ANSWER_SECONDS = 40.0  # longer than any limit of the server


@dataclass(frozen=True)
class Answer:
    """An answer of the server.

    Attributes:
        status: HTTP's number.
        head: status line and headers in lower case.
        body: the bytes behind the head.
    """

    status: int
    head: bytes
    body: bytes

    @property
    def closes(self) -> bool:
        """Whether the server ends the connection with this answer."""
        return b"connection: close" in self.head

    def json(self) -> dict[str, Any]:
        """Return the body, read as JSON."""
        content: dict[str, Any] = json.loads(self.body)
        return content

    def logits(self) -> Floats:
        """Return the logits of an answer in JSON, of one image."""
        logits: Floats = OIP_JSON.decode(self.body, 1)[0]
        return logits

    def says(self, right: Floats) -> bool:
        """Return whether it is an answer in bytes, of one image, with the right logits."""
        try:
            return self.status == OK and alike(OIP_BYTES.decode(self.body, 1)[0], right)
        except (ValueError, KeyError, TypeError):  # it is no such answer
            return False


class Client:
    """A connection to a server on loopback; made by `connected`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.reset = False  # by the server, while an answer was waited for

    def send(self, request: bytes) -> None:
        """Send some bytes."""
        self.writer.write(request)

    async def answer(self) -> Answer | None:
        """Return the next answer, None where the connection ends before it; interim answers are skipped.

        Raises:
            TimeoutError: there is none in time.
        """
        async with asyncio.timeout(ANSWER_SECONDS):
            try:
                while True:
                    head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
                    status = int(head.split(b" ", 2)[1])
                    if status >= 200:  # noqa: PLR2004 - what is below is no answer yet
                        break
                length = int(head.partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0])
                return Answer(status, head, await self.reader.readexactly(length))
            except asyncio.IncompleteReadError:
                return None
            except ConnectionError:
                self.reset = True
                return None

    async def rest(self) -> bytes:
        """Return everything until the server ends the connection.

        Raises:
            TimeoutError: it does not.
        """
        async with asyncio.timeout(ANSWER_SECONDS):
            return await self.reader.read()

    async def ask(self, request: bytes) -> Answer | None:
        """Send a request and return its answer, None where the connection ends before it."""
        self.send(request)
        return await self.answer()


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Client]:
    """Connect to a server on loopback; the connection ends at the end, unsent bytes and all."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()


def post(path: str, body: bytes, *headers: str) -> bytes:
    """Return a request as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", "host: localhost", f"content-length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def get(path: str) -> bytes:
    """Return a request as it goes over the wire."""
    return f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode()


def inference(model: str, image: Pixels, identity: str) -> bytes:
    """Return an inference as JSON with an id that the answer repeats."""
    tensor = {"name": "image", "shape": [1, *image.shape], "datatype": "UINT8", "data": image.ravel().tolist()}
    body = json.dumps({"id": identity, "inputs": [tensor], "outputs": [{"name": "logits"}]}, separators=(",", ":"))
    return post(f"/v2/models/{model}/infer", body.encode(), "content-type: application/json")


def raw_inference(model: str, images: Pixels) -> bytes:
    """Return an inference with images (n, channels, height, width) as bytes; one alone needs no header of its own."""
    body, headers = OIP_BYTES.encode(images)
    return post(f"/v2/models/{model}/infer", body, *(f"{name.lower()}: {value}" for name, value in headers.items()))
