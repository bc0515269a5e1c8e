"""A request and its answer, whatever carries them; and how a client is told what went wrong."""

import traceback
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVarTuple

import orjson

from serve.api.url import Target
from serve.errors import RequestError
from serve.inference.background import Ticket
from serve.inference.request_queue import Job

GZIP, ZLIB, BARE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS  # containers, as zlib names them
CONTAINERS = {b"gzip": (GZIP,), b"x-gzip": (GZIP,), b"deflate": (ZLIB, BARE)}  # some clients send deflate bare
MEMBERS = 16  # of gzip in a body; each costs a copy of what is behind it
NO_CONTENT = 204  # such an answer has no Content-Length either (RFC 9110, section 8.6)
JSON, BINARY = "application/json", "application/octet-stream"


@dataclass(slots=True)
class Request:
    """One request: header names in lower case, values as they came."""

    method: str
    target: Target
    headers: Mapping[bytes, bytes]
    body: bytes = b""
    job: Job | Ticket | None = None  # what answers it, so that it can be dropped when the client leaves


def expanded(request: Request, limit: int) -> bytes:
    """Return a request's body as it was before its client compressed it (RFC 9110, section 8.4).

    Args:
        request: says how in its header Content-Encoding, if at all.
        limit: most bytes of the whole.

    Raises:
        RequestError: 415, it is compressed in another way; 400, it is damaged; 413, it expands beyond the limit.
    """
    encoding = request.headers.get(b"content-encoding", b"identity").lower()
    if encoding == b"identity":
        return request.body
    name = encoding.decode("latin-1")
    if encoding not in CONTAINERS:
        raise RequestError(415, f"content-encoding {name!r} is not taken: send gzip, deflate or plain bytes")
    for bits in CONTAINERS[encoding]:
        body = _unpacked(request.body, bits, limit + 1)
        if body is not None and len(body) > limit:
            raise RequestError(413, f"the body expands to more than {limit} bytes")
        if body is not None:
            return body
    raise RequestError(400, f"the body is not {name}, as its content-encoding says, or it is cut short")


def _unpacked(content: bytes, container: int, most: int) -> bytes | None:
    """Return what is in a container, no more than so many bytes; None where it is none, or cut short.

    A file of gzip may be several, one after the other (RFC 1952, section 2.2).
    """
    body = b""
    for _ in range(MEMBERS):
        reader = zlib.decompressobj(container)
        try:
            body += reader.decompress(content, most - len(body))
        except zlib.error:
            return None
        if len(body) == most:
            return body
        content = reader.unused_data
        if not content:
            return body if reader.eof else None
        if container != GZIP:
            return None
    return None


@dataclass(slots=True)
class Reply:
    """One answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Send = Callable[[Reply], None]
Arguments = TypeVarTuple("Arguments")


def json_reply(status: int, content: object) -> Reply:
    """Return an answer in JSON."""
    return Reply(status, orjson.dumps(content), {"content-type": JSON})


def defect(error: Exception) -> RequestError:
    """Return what a client is told of an error that nobody expected; the log has the rest."""
    traceback.print_exception(error)
    return RequestError(500, f"the server has a defect ({type(error).__name__}): its log says more")


def refusal(error: Exception) -> RequestError:
    """Return what a client is told of an error: itself where it is for clients, else that there is a defect."""
    return error if isinstance(error, RequestError) else defect(error)


def error_reply(error: RequestError) -> Reply:
    """Return what a client is told."""
    reply = json_reply(error.status, {"error": str(error)})
    reply.headers.update(error.headers)
    return reply


def guarded(send: Send, work: Callable[[*Arguments], None], *arguments: *Arguments) -> None:
    """Do some work for a request; tell the client what went wrong."""
    try:
        work(*arguments)
    except Exception as error:  # noqa: BLE001 - a defect must not take the connection or the server along
        send(error_reply(refusal(error)))
