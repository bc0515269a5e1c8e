"""Routes: from a request to a reply, without waiting: an inference is answered by callback when its batch has run."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from time import monotonic
from typing import Any

from export.repository.golden import Answers, Pixels
from images.ground import ground_of
from serve.api import classify, infer_request, infer_response
from serve.api.administration import index, no_overrides
from serve.api.exchange import Reply, Request, Send, error_reply, guarded, json_reply
from serve.api.metadata import model_metadata, model_settings, server_metadata
from serve.api.metrics import CONTENT_TYPE, metrics
from serve.api.openapi import document
from serve.api.picture import Picture, pictures
from serve.api.url import Target
from serve.errors import RequestError
from serve.inference.background import Beside
from serve.inference.batcher import Batcher
from serve.inference.catalogue import Catalogue
from serve.inference.request_queue import Done, Job
from serve.inference.statistics import Statistics
from serve.inference.version import Version
from serve.security.access import Access
from serve.website.files import model_list, page_file

JSON_BYTES_A_VALUE = 12  # of a generous JSON encoding of one pixel
HEALTH = ("/v2/health/live", "/v2/health/ready")
PICTURES_WAITING, CHANGES_WAITING = 64, 16  # requests whose pictures are to be read, loads and unloads
OVERHEAD_BYTES = 16_384  # of a request beside its pixels


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
        self.pictures = Beside("pictures", PICTURES_WAITING)
        self.administration = Beside("administration", CHANGES_WAITING)

    def handle(self, request: Request, send: Send) -> None:
        """Answer a request; `send` is called exactly once, unless the client leaves first."""
        guarded(send, self._route, request, send)

    def close(self) -> None:
        """Give the threads back; batches that run end first."""
        self.pictures.close()
        self.administration.close()
        self.batcher.close()

    def check_access(self, wanted: Target, headers: Mapping[bytes, bytes]) -> None:
        """Let a request pass or refuse it: health and the page are everybody's.

        Raises:
            RequestError: 401 or 403.
        """
        if wanted.model:
            self.access.check(headers)
        elif wanted.path not in HEALTH and page_file(wanted.path[1:]) is None:
            parts = wanted.parts
            self.access.check(headers, administrator=parts[:2] == ("v2", "repository") and parts[-1] != "index")

    def body_limit(self, wanted: Target) -> int:
        """Return how many bytes a request may have: it follows from the largest batch of its model."""
        model = self.catalogue.models.get(wanted.model)
        version = None if model is None else model.newest
        if version is None:
            return OVERHEAD_BYTES
        if wanted.action == "classify":
            return classify.BODY_BYTES
        return _largest_body(version.config.max_batch, version.config.dims)

    def too_large(self, wanted: Target, what: str, limit: int) -> RequestError:
        """Return why a body is refused: that its model is not served comes first."""
        try:
            if wanted.model:
                self.find(wanted.model, wanted.number)
        except RequestError as error:
            return error
        return RequestError(413, f"the body has {what}: at most {limit} are taken here")

    def find(self, name: str, number: str | None = None) -> Version:
        """Return the version that answers.

        Raises:
            RequestError: 404, no such model or version; 503, it is there but cannot be served, or not yet.
        """
        if not self.ready and name not in self.catalogue.models:
            raise RequestError(503, "the models are being loaded", {"retry-after": "1"})
        return self.catalogue.find(name, number)

    def _route(self, request: Request, send: Send) -> None:
        wanted = request.target
        self.check_access(wanted, request.headers)
        if wanted.model:
            self._model(request, send, self.find(wanted.model, wanted.number))
            return
        path, parts = wanted.path, wanted.parts
        if path in HEALTH:
            _method(request, "GET")
            alive = path.endswith("live") or (self.ready and bool(self.catalogue.all_served()))
            send(json_reply(200 if alive else 503, {path.rpartition("/")[2]: alive}))
            return
        file = page_file(path[1:])
        if file is not None:
            _method(request, "GET")
            send(Reply(200, file.content, dict(file.headers)))
            return
        match parts:
            case ("openapi.json" | "models" | "metrics" as name,):
                self._overview(request, send, name)
            case ("v2", "models", "stats"):
                self._get(request, send, self.statistics.of(self.catalogue.all_served()))
            case ("v2",):
                self._get(request, send, server_metadata())
            case ("v2", "repository", *rest):
                self._repository(request, send, rest)
            case _:
                raise _no_such_path(path)

    def _overview(self, request: Request, send: Send, name: str) -> None:
        _method(request, "GET")
        if name == "metrics":
            content = metrics(self.statistics, self.catalogue, self.batcher)
            send(Reply(200, content, {"content-type": CONTENT_TYPE}))
        else:
            served = self.catalogue.all_served()
            send(json_reply(200, self._document() if name == "openapi.json" else model_list(served)))

    def _document(self) -> dict[str, Any]:
        served = {name: model.served for name, model in self.catalogue.models.items() if model.served}
        return document(served)

    def _repository(self, request: Request, send: Send, rest: list[str]) -> None:
        _method(request, "POST")
        match rest:
            case ["index"]:
                send(json_reply(200, index(self.catalogue, request.body)))
            case ["models", name, ("load" | "unload") as action]:
                change = self.catalogue.load if action == "load" else self.catalogue.unload

                def changed(error: RequestError | None) -> None:
                    send(json_reply(200, {}) if error is None else error_reply(error))

                no_overrides(request.body)
                request.job = self.administration.submit(lambda: change(name), changed)
            case _:
                raise _no_such_path(request.target.path)

    def _model(self, request: Request, send: Send, version: Version) -> None:
        match request.target.action:
            case "infer":
                _method(request, "POST")
                self._infer(request, send, version)
            case "classify":
                _method(request, "POST")
                self._classify(request, send, version)
            case "":
                self._get(request, send, model_metadata(self.catalogue, version))
            case "ready":
                self._get(request, send, {"name": version.name, "ready": True})
            case "config":
                self._get(request, send, model_settings(version))
            case "stats":
                self._get(request, send, self.statistics.of([version]))
            case _:
                raise _no_such_path(request.target.path)

    def _infer(self, request: Request, send: Send, version: Version) -> None:
        encoding = request.headers.get(b"content-encoding")
        if encoding is not None and encoding.lower() != b"identity":
            name = encoding.decode("latin-1")
            raise RequestError(415, f"content-encoding {name!r} is not taken: send plain bytes")
        inference = infer_request.parse(version, request.headers.get(infer_request.HEADER_LENGTH), request.body)
        done = _answering(send, partial(infer_response.response, version, inference))
        request.job = self.submit(version, inference.images, done, inference.timeout)

    def _classify(self, request: Request, send: Send, version: Version) -> None:
        """Decode pictures beside the event loop, then run them as any other request."""
        invert = classify.polarity(request.target.query)
        content_type = request.headers.get(b"content-type", b"").decode("latin-1")
        arrived, config = monotonic(), version.config

        def read() -> list[Picture]:
            ground = ground_of(version.card)
            return pictures(
                content_type, request.body, config.dims, invert=invert, ground=ground, most=config.max_batch
            )

        def decoded(found: Sequence[Picture] | RequestError) -> None:
            if isinstance(found, RequestError):
                raise found

            done = _answering(send, lambda said: json_reply(200, classify.answer(version, found, said)))
            request.job = self.submit(version, classify.stacked(found), done, arrived=arrived)

        request.job = self.pictures.submit(read, lambda found: guarded(send, decoded, found), config.timeout)

    def submit(
        self,
        version: Version,
        images: Pixels,
        done: Done,
        timeout: float | None = None,
        *,
        arrived: float | None = None,
    ) -> Job:
        """Queue images; `done` is called once with their answers, or with why there are none.

        Args:
            version: that is asked.
            images: (n, channels, height, width).
            done: called on the loop's thread.
            timeout: seconds that the request gives itself; None: what the model is configured for.
            arrived: on `time.monotonic`, where that was before now.

        Raises:
            RequestError: 429, the queue is full or the deadline would be missed.
        """
        config, since = version.config, monotonic() if arrived is None else arrived
        seconds = config.timeout
        if timeout is not None and config.timeout_override:
            seconds = min(timeout, config.timeout)
        job = Job(version, images, since, since + seconds, done)
        self.batcher.submit(job)
        return job

    @staticmethod
    def _get(request: Request, send: Send, content: object) -> None:
        _method(request, "GET")
        send(json_reply(200, content))


def _answering(send: Send, reply: Callable[[Answers], Reply]) -> Done:
    """Return what answers a request when its images have run; `reply` makes the reply of their answers."""
    return lambda job, result: guarded(send, _answer, send, reply, job, result)


def _answer(send: Send, reply: Callable[[Answers], Reply], job: Job, result: Answers | RequestError) -> None:
    """Answer; an error is not raised, it would keep the request through the frames of its traceback."""
    if isinstance(result, RequestError):
        send(error_reply(result))
        return
    made = reply(result)
    made.headers["server-timing"] = _timing(job, monotonic())
    send(made)


def _no_such_path(path: str) -> RequestError:
    return RequestError(404, f"no such path: {path[:100]}; /openapi.json lists them")


def _timing(job: Job, now: float) -> str:
    """Return what a browser shows of a request: milliseconds waited and run."""
    return f"queue;dur={1e3 * (job.started - job.arrived):.3f}, run;dur={1e3 * (now - job.started):.3f}"


def _method(request: Request, wanted: str) -> None:
    if request.method != wanted and not (wanted == "GET" and request.method == "HEAD"):
        raise RequestError(405, f"{request.method} is not answered here: use {wanted}", {"allow": wanted})


@lru_cache
def _largest_body(images: int, dims: tuple[int, ...]) -> int:
    return OVERHEAD_BYTES + images * math.prod(dims) * JSON_BYTES_A_VALUE
