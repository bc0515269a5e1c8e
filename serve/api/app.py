"""Routes: from a request to a reply, without waiting: an inference is answered by callback when its batch has run."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from time import monotonic

from export.repository.golden import Pixels
from images.fit import fit_of
from images.ground import ground_of
from serve.api import classify, infer_request, infer_response
from serve.api.exchange import NO_CONTENT, Reply, Request, Send, error_reply, expanded, guarded, json_reply
from serve.api.infer_response import Answering
from serve.api.metadata import (
    model_metadata,
    model_settings,
    no_overrides,
    parameters_of,
    repository_index,
    server_metadata,
)
from serve.api.metrics import CONTENT_TYPE, metrics
from serve.api.openapi import document
from serve.api.picture import Picture, pictures
from serve.api.routes import ROUTES, Who, who_may
from serve.api.routes import find as find_route
from serve.api.url import Target
from serve.errors import RequestError
from serve.inference.background import Beside
from serve.inference.batcher import Batcher
from serve.inference.catalogue import Catalogue
from serve.inference.helper import Helper
from serve.inference.request_queue import Done, Job
from serve.inference.statistics import Statistics
from serve.inference.version import Version
from serve.security.access import Access
from serve.security.cors import LETS_ASK, Cors
from serve.website.files import model_list, page_file

JSON_BYTES_A_VALUE = 12  # of a generous JSON encoding of one pixel
PICTURES_WAITING, CHANGES_WAITING = 64, 16  # requests whose pictures are to be read, loads and unloads
NO_ORIGIN = Cors()
UNLOADS = ("unload_dependents",)  # Triton's clients always send it; no model here depends on another
OVERHEAD_BYTES = 16_384  # of a request beside its pixels


class App:
    """The server without its network: `handle` answers a request through `send`, at once or later.

    Args:
        catalogue: the models that are served.
        batcher: the queues and threads that run them.
        access: who may ask.
        statistics: the counters of requests, batches and replies.
        cors: the origins whose pages may ask.
    """

    def __init__(
        self, catalogue: Catalogue, batcher: Batcher, access: Access, statistics: Statistics, cors: Cors = NO_ORIGIN
    ) -> None:
        self.catalogue, self.batcher, self.access, self.statistics = catalogue, batcher, access, statistics
        self.cors = cors
        self.ready, self.loading = False, True  # every model has its first look
        self.pictures, self.reader = Beside("pictures", PICTURES_WAITING), Helper("pictures")
        self.administration = Beside("administration", CHANGES_WAITING)

    def handle(self, request: Request, send: Send) -> None:
        """Answer a request; `send` is called exactly once, unless the client leaves first."""
        shared = self.cors.headers(request.headers) if self.cors.origins else {}
        if shared:
            send = partial(_sent_with, send, shared)
        guarded(send, self._route, request, send)

    def close(self) -> None:
        """Give the threads back; batches that run end first."""
        self.pictures.close()
        self.reader.close()
        self.administration.close()
        self.batcher.close()

    def check_access(self, wanted: Target, headers: Mapping[bytes, bytes]) -> None:
        """Let a request pass or refuse it: health and the page are everybody's.

        Raises:
            RequestError: 401 or 403.
        """
        if wanted.model:
            self.access.check(headers)
        elif page_file(wanted.path[1:]) is None and (who := who_may(wanted)) is not Who.EVERYBODY:
            self.access.check(headers, administrator=who is Who.ADMINISTRATOR)

    @property
    def answers(self) -> bool:
        """Whether the server may be asked: it has models, and does not stop."""
        return self.ready and bool(self.catalogue.all_served())

    def body_limit(self, wanted: Target) -> int:
        """Return how many bytes a request may have."""
        limit = self.infer_limit(wanted.model)
        return classify.BODY_BYTES if wanted.action == "classify" and limit > OVERHEAD_BYTES else limit

    def infer_limit(self, name: str) -> int:
        """Return how many bytes may ask a model to infer: it follows from its largest batch."""
        model = self.catalogue.models.get(name)
        version = None if model is None else model.newest
        return OVERHEAD_BYTES if version is None else _largest_body(version.config.max_batch, version.config.dims)

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
        if self.loading and name not in self.catalogue.models:
            raise RequestError(503, "the models are being loaded", {"retry-after": "1"})
        return self.catalogue.find(name, number)

    def _route(self, request: Request, send: Send) -> None:
        wanted = request.target
        if self.cors.is_question(request.method, request.headers):
            send(Reply(NO_CONTENT, headers=dict(LETS_ASK)))
            return
        self.check_access(wanted, request.headers)
        version = self.find(wanted.model, wanted.number) if wanted.model else None
        route = find_route(wanted)
        if route is not None:
            _method(request, route.method)
            handler = HANDLERS[route.handler]
            handler(self, request, send, *(() if version is None else (version,)))
        elif version is None and (file := page_file(wanted.path[1:])) is not None:
            _method(request, "GET")
            send(Reply(200, file.content, dict(file.headers)))
        else:
            raise RequestError(404, f"no such path: {wanted.path[:100]}; /openapi.json lists them")

    def live(self, _: Request, send: Send) -> None:
        """Say that the server runs."""
        send(json_reply(200, {"live": True}))

    def health(self, _: Request, send: Send) -> None:
        """Say whether the server may be asked."""
        ready = self.answers
        send(json_reply(200 if ready else 503, {"ready": ready}))

    def server_metadata(self, _: Request, send: Send) -> None:
        """Say the server's name, version and extensions."""
        send(json_reply(200, server_metadata()))

    def all_statistics(self, _: Request, send: Send) -> None:
        """Say how often, and for how long, every model was asked."""
        send(json_reply(200, self.statistics.of(self.catalogue.all_served())))

    def list_models(self, _: Request, send: Send) -> None:
        """Say of every model what the page shows."""
        send(json_reply(200, model_list(self.catalogue.all_served())))

    def metrics(self, _: Request, send: Send) -> None:
        """Say the counters as Prometheus reads them."""
        send(Reply(200, metrics(self.statistics, self.catalogue, self.batcher), {"content-type": CONTENT_TYPE}))

    def describe(self, _: Request, send: Send) -> None:
        """Give the OpenAPI document, with the models that are served."""
        served = {name: model.served for name, model in list(self.catalogue.models.items()) if model.served}
        send(json_reply(200, document(served)))

    def index(self, request: Request, send: Send) -> None:
        """List every model and version with its state."""
        send(json_reply(200, repository_index(self.catalogue, request.body)))

    def load(self, request: Request, send: Send) -> None:
        """Load a model, beside the event loop."""
        no_overrides(parameters_of(request.body))
        self._change(request, send, self.catalogue.load)

    def unload(self, request: Request, send: Send) -> None:
        """Unload a model, beside the event loop."""
        no_overrides(parameters_of(request.body), UNLOADS)
        self._change(request, send, self.catalogue.unload)

    def _change(self, request: Request, send: Send, change: Callable[[str], None]) -> None:
        def changed(error: RequestError | None) -> None:
            send(json_reply(200, {}) if error is None else error_reply(error))

        request.job = self.administration.submit(partial(change, request.target.parts[-2]), changed)

    def model_metadata(self, _: Request, send: Send, version: Version) -> None:
        """Say a model's versions, inputs and outputs."""
        send(json_reply(200, model_metadata(self.catalogue, version)))

    def model_ready(self, _: Request, send: Send, version: Version) -> None:
        """Say that a model is served."""
        send(json_reply(200, {"name": version.name, "ready": True}))

    def model_settings(self, _: Request, send: Send, version: Version) -> None:
        """Say how a model is configured."""
        send(json_reply(200, model_settings(version)))

    def model_statistics(self, _: Request, send: Send, version: Version) -> None:
        """Say how often, and for how long, one model was asked."""
        send(json_reply(200, self.statistics.of([version])))

    def infer(self, request: Request, send: Send, version: Version) -> None:
        """Parse pixels and queue them."""
        body = expanded(request, self.body_limit(request.target))
        inference = infer_request.parse(version, request.headers.get(infer_request.HEADER_LENGTH), body)
        done = Answering(send, partial(infer_response.response, version, inference))
        request.job = self.submit(version, inference.images, done, inference.timeout, trace=_trace(request))

    def classify(self, request: Request, send: Send, version: Version) -> None:
        """Decode pictures in another process, then run them as any other request."""
        invert = classify.polarity(request.target.query)
        content_type = request.headers.get(b"content-type", b"").decode("latin-1")
        arrived, config = monotonic(), version.config

        def read() -> list[Picture]:
            card = version.card
            body = expanded(request, self.body_limit(request.target))
            how = partial(pictures, invert=invert, ground=ground_of(card), fit=fit_of(card), most=config.max_batch)
            remaining = arrived + config.timeout - monotonic()
            return self.reader.call(remaining, how, content_type, body, config.dims)

        def decoded(read_pictures: Sequence[Picture] | RequestError) -> None:
            if isinstance(read_pictures, RequestError):
                raise read_pictures

            done = Answering(send, lambda answers: json_reply(200, classify.answer(version, read_pictures, answers)))
            images = classify.stacked(read_pictures)
            request.job = self.submit(version, images, done, arrived=arrived, trace=_trace(request))

        request.job = self.pictures.submit(read, lambda outcome: guarded(send, decoded, outcome), config.timeout)

    def submit(
        self,
        version: Version,
        images: Pixels,
        done: Done,
        timeout: float | None = None,
        *,
        arrived: float | None = None,
        trace: bytes = b"",
    ) -> Job:
        """Queue images; `done` is called once with their answers, or with why there are none.

        Args:
            version: the version that is asked.
            images: (n, channels, height, width).
            done: called on the loop's thread.
            timeout: seconds that the request gives itself; None: what the model is configured for.
            arrived: on `time.monotonic`, where that was before now.
            trace: the client's header `traceparent`.

        Raises:
            RequestError: 429, the queue is full or the deadline would be missed.
        """
        config, since = version.config, monotonic() if arrived is None else arrived
        seconds = config.timeout
        if timeout is not None and config.timeout_override:
            seconds = min(timeout, config.timeout)
        job = Job(version, images, since, since + seconds, done, trace=trace)
        self.batcher.submit(job)
        return job


def _trace(request: Request) -> bytes:
    return request.headers.get(b"traceparent", b"")


def _sent_with(send: Send, headers: Mapping[str, str], reply: Reply) -> None:
    reply.headers.update(headers)
    send(reply)


HANDLERS: Mapping[str, Callable[..., None]] = {route.handler: getattr(App, route.handler) for route in ROUTES}


def _method(request: Request, wanted: str) -> None:
    if request.method != wanted and not (wanted == "GET" and request.method == "HEAD"):
        raise RequestError(405, f"{request.method} is not answered here: use {wanted}", {"allow": wanted})


@lru_cache
def _largest_body(images: int, dims: tuple[int, ...]) -> int:
    return OVERHEAD_BYTES + images * math.prod(dims) * JSON_BYTES_A_VALUE
