"""Routes: from a request to a reply, without waiting: an inference is answered by callback when its batch has run."""

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from serve import answers, classify, oip
from serve.access import Access
from serve.batching import Batcher, Job
from serve.description import model_metadata, model_settings, server_metadata
from serve.engine import Answers, Pixels, Version
from serve.errors import RequestError
from serve.lifecycle import Catalogue
from serve.metrics import CONTENT_TYPE, metrics
from serve.openapi import document
from serve.picture import Picture, pictures
from serve.statistics import Statistics
from serve.website import model_list, page_file

JSON_BYTES_A_VALUE = 12  # of a generous JSON encoding of one pixel
OVERHEAD_BYTES = 16_384  # of a request beside its pixels


@dataclass
class Request:
    """One request: header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    job: Job | None = None  # what answers it, so that it can be dropped when the client leaves


@dataclass
class Reply:
    """One answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Send = Callable[[Reply], None]


class Asked(NamedTuple):
    """What a request wants run, and the seconds that it gives itself (None: what the model is configured for)."""

    version: Version
    images: Pixels
    timeout: float | None


class App:
    """The server without its network: `handle` answers a request through `send`, at once or later.

    Args:
        catalogue: what is served.
        batcher: what runs it.
        access: who may ask.
        statistics: what happened.
    """

    def __init__(self, catalogue: Catalogue, batcher: Batcher, access: Access, statistics: Statistics) -> None:
        self.catalogue, self.batcher, self.access, self.statistics = catalogue, batcher, access, statistics
        self.ready = False

    def handle(self, request: Request, send: Send) -> None:
        """Answer a request; `send` is called exactly once, unless the client leaves first."""
        try:
            self._route(request, send)
        except RequestError as error:
            send(error_reply(error))
        except Exception as error:  # noqa: BLE001 - a defect must not take the connection or the server along
            send(error_reply(defect(error)))

    def body_limit(self, path: str) -> int:
        """Return how many bytes a request to this path may have: it follows from the largest batch of its model."""
        parts = path.split("/")
        if len(parts) > 3 and parts[2] == "models":  # noqa: PLR2004 - "", "v2", "models", name
            model = self.catalogue.models.get(parts[3])
            version = None if model is None else model.newest
            if version is not None:
                wants_picture = path.partition("?")[0].endswith("/classify")
                return classify.BODY_BYTES if wants_picture else _largest_body(version)
        return OVERHEAD_BYTES

    def _route(self, request: Request, send: Send) -> None:
        path = request.path.partition("?")[0]
        parts = path.strip("/").split("/")
        if path in ("/v2/health/live", "/v2/health/ready"):
            alive = path.endswith("live") or self.ready
            send(_json(200 if alive else 503, {path.rpartition("/")[2]: alive}))
            return
        file = page_file(path[1:])
        if file is not None:
            _method(request, "GET")
            send(Reply(200, file.content, dict(file.headers)))
            return
        self.access.check(request.headers, administrator=parts[:2] == ["v2", "repository"] and parts[-1] != "index")
        match parts:
            case ["openapi.json" | "models" | "metrics" as name]:
                self._overview(request, send, name)
            case ["v2", "models", "stats"]:
                self._get(request, send, self.statistics.of(self.catalogue.all_served()))
            case ["v2", "models", name, "versions", number, *rest]:
                self._model(request, send, self.catalogue.find(name, number), rest)
            case ["v2", "models", name, *rest]:
                self._model(request, send, self.catalogue.find(name), rest)
            case ["v2"]:
                self._get(request, send, server_metadata())
            case ["v2", "repository", *rest]:
                self._repository(request, send, rest)
            case _:
                raise RequestError(404, f"no such path: {path[:100]}")

    def _overview(self, request: Request, send: Send, name: str) -> None:
        _method(request, "GET")
        if name == "metrics":
            content = metrics(self.statistics, self.catalogue, self.batcher)
            send(Reply(200, content, {"content-type": CONTENT_TYPE}))
        else:
            send(_json(200, document() if name == "openapi.json" else model_list(self.catalogue.all_served())))

    def _repository(self, request: Request, send: Send, rest: list[str]) -> None:
        _method(request, "POST")
        match rest:
            case ["index"]:
                send(_json(200, self._index(request.body)))
            case ["models", name, ("load" | "unload") as action]:
                change = self.catalogue.load if action == "load" else self.catalogue.unload

                def changed(error: RequestError | None) -> None:
                    send(_json(200, {}) if error is None else error_reply(error))

                self.batcher.aside(lambda: change(name), changed)
            case _:
                raise RequestError(404, f"no such path: {request.path[:100]}")

    def _model(self, request: Request, send: Send, version: Version, rest: list[str]) -> None:
        match rest:
            case ["infer"]:
                _method(request, "POST")
                self._infer(request, send, version)
            case ["classify"]:
                _method(request, "POST")
                self._classify(request, send, version)
            case []:
                self._get(request, send, model_metadata(self.catalogue, version))
            case ["ready"]:
                self._get(request, send, {"name": version.name, "ready": True})
            case ["config"]:
                self._get(request, send, model_settings(version))
            case ["stats"]:
                self._get(request, send, self.statistics.of([version]))
            case _:
                raise RequestError(404, f"no such path: {request.path[:100]}")

    def _infer(self, request: Request, send: Send, version: Version) -> None:
        if request.headers.get("content-encoding", "identity") != "identity":
            encoding = request.headers["content-encoding"]
            raise RequestError(415, f"content-encoding {encoding!r} is not taken: send plain bytes")
        inference = oip.parse(version, request.headers.get(oip.HEADER_LENGTH), request.body)

        def answered(found: Answers) -> Reply:
            body, headers = answers.response(version, inference, found)
            return Reply(200, body, headers)

        self._run(request, send, Asked(version, inference.images, inference.timeout), answered)

    def _classify(self, request: Request, send: Send, version: Version) -> None:
        """Decode pictures beside the event loop, then run them as any other request."""
        invert = classify.polarity(request.path)
        content_type = request.headers.get("content-type", "")

        def decoded(found: Sequence[Picture] | RequestError) -> None:
            if isinstance(found, RequestError):
                send(error_reply(found))
                return
            try:
                images = classify.stacked(version, found)
                self._run(
                    request,
                    send,
                    Asked(version, images, None),
                    lambda said: _json(200, classify.answer(version, found, said)),
                )
            except RequestError as error:
                send(error_reply(error))
            except Exception as error:  # noqa: BLE001 - as in `handle`
                send(error_reply(defect(error)))

        self.batcher.aside(lambda: pictures(content_type, request.body, version.config.dims, invert=invert), decoded)

    def _run(self, request: Request, send: Send, asked: Asked, answered: Callable[[Answers], Reply]) -> None:
        """Queue images; `answered` makes the reply of their answers."""

        def done(job: Job, result: Answers | RequestError) -> None:
            if isinstance(result, RequestError):
                send(error_reply(result))
                return
            try:
                reply = answered(result)
                reply.headers["server-timing"] = _timing(job, self.batcher.loop.time())
                send(reply)
            except RequestError as error:
                send(error_reply(error))
            except Exception as error:  # noqa: BLE001 - as in `handle`
                send(error_reply(defect(error)))

        request.job = self.submit(asked, done)

    def submit(self, asked: Asked, done: Callable[[Job, Answers | RequestError], None]) -> Job:
        """Queue images; `done` is called once with their answers, or with why there are none.

        Raises:
            RequestError: 429, the queue is full or the deadline would be missed.
        """
        config, arrived = asked.version.config, self.batcher.loop.time()
        timeout = config.timeout
        if asked.timeout is not None and config.timeout_override:
            timeout = min(asked.timeout, config.timeout)

        def counted(result: Answers | RequestError) -> None:
            self.statistics.answered(job, self.batcher.loop.time(), result)
            done(job, result)

        job = Job(asked.version, asked.images, arrived, arrived + timeout, counted)
        self.batcher.submit(job)
        return job

    @staticmethod
    def _get(request: Request, send: Send, content: object) -> None:
        _method(request, "GET")
        send(_json(200, content))

    def _index(self, body: bytes) -> list[dict[str, str]]:
        try:
            wanted = orjson.loads(body) if body else {}
        except orjson.JSONDecodeError as error:
            raise RequestError(400, f"the request is not JSON: {error}") from None
        only_ready = isinstance(wanted, dict) and wanted.get("ready") is True
        return [row for row in self.catalogue.index() if not only_ready or row["state"] == "READY"]


def _timing(job: Job, now: float) -> str:
    """Return what a browser shows of a request: milliseconds waited and run."""
    return f"queue;dur={1e3 * (job.started - job.arrived):.3f}, run;dur={1e3 * (now - job.started):.3f}"


def defect(error: Exception) -> RequestError:
    """Return what a client is told of an error that nobody expected; the log has the rest."""
    traceback.print_exception(error)
    return RequestError(500, f"the server has a defect ({type(error).__name__}): its log says more")


def error_reply(error: RequestError) -> Reply:
    """Return what a client is told."""
    reply = _json(error.status, {"error": str(error)})
    reply.headers.update(error.headers)
    return reply


def _json(status: int, content: object) -> Reply:
    return Reply(status, orjson.dumps(content), {"content-type": oip.JSON})


def _method(request: Request, wanted: str) -> None:
    if request.method != wanted and not (wanted == "GET" and request.method == "HEAD"):
        raise RequestError(405, f"{request.method} is not answered here: use {wanted}", {"allow": wanted})


def _largest_body(version: Version) -> int:
    values = version.config.max_batch
    for length in version.config.dims:
        values *= length
    return OVERHEAD_BYTES + values * JSON_BYTES_A_VALUE
