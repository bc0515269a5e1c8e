"""A request and its answer, whatever carries them; and how a client is told what went wrong."""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVarTuple

import orjson

from serve.api.url import Target
from serve.errors import RequestError
from serve.inference.background import Ticket
from serve.inference.request_queue import Job

JSON, BINARY = "application/json", "application/octet-stream"


@dataclass(slots=True)
class Request:
    """One request: header names in lower case, values as they came."""

    method: str
    target: Target
    headers: Mapping[bytes, bytes]
    body: bytes = b""
    job: Job | Ticket | None = None  # what answers it, so that it can be dropped when the client leaves


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


def error_reply(error: RequestError) -> Reply:
    """Return what a client is told."""
    reply = json_reply(error.status, {"error": str(error)})
    reply.headers.update(error.headers)
    return reply


def guarded(send: Send, work: Callable[[*Arguments], None], *arguments: *Arguments) -> None:
    """Do some work for a request; tell the client what went wrong."""
    try:
        work(*arguments)
    except RequestError as error:
        send(error_reply(error))
    except Exception as error:  # noqa: BLE001 - a defect must not take the connection or the server along
        send(error_reply(defect(error)))
