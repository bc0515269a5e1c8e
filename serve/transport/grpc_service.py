"""The Open Inference Protocol over gRPC, an optional extra: the same models, batches, limits and tokens.

The messages and the service are those of tritonclient, which are KServe's with Triton's extensions.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from tritonclient.grpc import service_pb2 as messages
from tritonclient.grpc import service_pb2_grpc as services

from export.repository.golden import Answers
from serve.api.app import UNLOADS, App
from serve.api.exchange import refusal
from serve.api.metadata import model_metadata, model_settings, server_metadata
from serve.errors import RequestError
from serve.inference.version import Version
from serve.transport.grpc_messages import as_it_lies, first_name, images_of, response, seconds_of, wanted_of

CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    413: grpc.StatusCode.RESOURCE_EXHAUSTED,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    503: grpc.StatusCode.UNAVAILABLE,
    504: grpc.StatusCode.DEADLINE_EXCEEDED,
}
HEALTH = ("ServerLive", "ServerReady")  # always answered: a crowd shall not look like a death
IN_FLIGHT = 16  # requests of a stream that are taken before the first of them is answered

Context = Any  # grpc.aio.ServicerContext, which is generic over messages


def code_of(error: RequestError) -> grpc.StatusCode:
    """Return a refusal's gRPC status."""
    return CODES.get(error.status, grpc.StatusCode.INTERNAL)


def guarded(method: Callable[["Service", Any, Context], Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Answer a RequestError with its gRPC status, and count the call."""

    async def call(self: "Service", request: Any, context: Context) -> Any:  # noqa: ANN401 - a message
        calls = self.app.statistics.calls
        try:
            with self.room() if method.__name__ not in HEALTH else nullcontext():
                answer = await method(self, request, context)
        except asyncio.CancelledError:
            calls[grpc.StatusCode.CANCELLED.name] += 1
            raise
        except Exception as error:  # noqa: BLE001 - a defect must not take the connection or the server along
            told = refusal(error)
            calls[code_of(told).name] += 1
            await context.abort(code_of(told), str(told))
        calls[grpc.StatusCode.OK.name] += 1
        return answer

    return call


class Service(services.GRPCInferenceServiceServicer):  # type: ignore[misc]  # generated, without types
    """The calls that a client may make."""

    def __init__(self, app: App, calls: int) -> None:
        self.app, self.calls = app, calls
        self.stopping = asyncio.Event()
        self._running = 0

    @contextmanager
    def room(self) -> Iterator[None]:
        """Count a call in while it runs.

        Raises:
            RequestError: 429, too many run.
        """
        if self._running >= self.calls:
            raise RequestError(429, f"{self.calls} calls run already")
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1

    @guarded
    async def ServerLive(self, request: Any, context: Context) -> Any:  # noqa: ANN401, N802 - the service's names and messages
        """Return that it lives."""
        del request, context
        return messages.ServerLiveResponse(live=True)

    @guarded
    async def ServerReady(self, request: Any, context: Context) -> Any:  # noqa: ANN401, N802 - as above
        """Return whether every model has been looked at, and it is not stopping."""
        del request, context
        return messages.ServerReadyResponse(ready=self.app.answers)

    @guarded
    async def ModelReady(self, request: Any, context: Context) -> Any:  # noqa: ANN401, N802 - as above
        """Return whether a model is served."""
        del context
        try:
            self._find(request.name, request.version)
        except RequestError:
            return messages.ModelReadyResponse(ready=False)
        return messages.ModelReadyResponse(ready=True)

    @guarded
    async def ServerMetadata(self, request: Any, context: Context) -> Any:  # noqa: ANN401, N802 - as above
        """Return name, version and extensions."""
        del request, context
        return messages.ServerMetadataResponse(**server_metadata())

    @guarded
    async def ModelMetadata(self, request: Any, context: Context) -> Any:  # noqa: ANN401, N802 - as above
        """Return inputs, outputs and versions."""
        del context
        version = self._find(request.name, request.version)
        return messages.ModelMetadataResponse(**model_metadata(self.app.catalogue, version))

    @guarded
    async def ModelConfig(self, request: Any, context: Context) -> Any:  # noqa: ANN401, N802 - as above
        """Return config.pbtxt."""
        from google.protobuf.json_format import ParseDict  # noqa: PLC0415 - for this call alone

        del context
        settings = model_settings(self._find(request.name, request.version))
        return ParseDict({"config": settings}, messages.ModelConfigResponse())

    @guarded
    async def ModelStatistics(self, request: Any, context: Context) -> Any:  # noqa: ANN401, N802 - as above
        """Return counts and nanoseconds."""
        from google.protobuf.json_format import ParseDict  # noqa: PLC0415 - for this call alone

        del context
        versions = [self._find(request.name, request.version)] if request.name else self.app.catalogue.all_served()
        return ParseDict(self.app.statistics.of(versions), messages.ModelStatisticsResponse())

    @guarded
    async def RepositoryIndex(self, request: Any, context: Context) -> Any:  # noqa: ANN401, N802 - as above
        """Return every model with its state."""
        del context
        rows = [row for row in self.app.catalogue.index() if not request.ready or row["state"] == "READY"]
        return messages.RepositoryIndexResponse(models=rows)

    @guarded
    async def RepositoryModelLoad(self, request: Any, context: Context) -> Any:  # noqa: ANN401, N802 - as above
        """Load a model."""
        del context
        as_it_lies(request)
        await asyncio.to_thread(self.app.catalogue.load, request.model_name)
        return messages.RepositoryModelLoadResponse()

    @guarded
    async def RepositoryModelUnload(self, request: Any, context: Context) -> Any:  # noqa: ANN401, N802 - as above
        """Unload a model."""
        del context
        as_it_lies(request, UNLOADS)
        await asyncio.to_thread(self.app.catalogue.unload, request.model_name)
        return messages.RepositoryModelUnloadResponse()

    @guarded
    async def ModelInfer(self, request: bytes, context: Context) -> Any:  # noqa: ANN401, N802 - as above
        """Return the answers of a model; the caller's deadline is the request's."""
        return await self._infer(self._read(request), context.time_remaining())

    async def ModelStreamInfer(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[Any]:  # noqa: N802 - as above
        """Yield the answers of a stream's requests in their order; one that is refused does not end the stream."""
        try:
            with self.room():
                async for answer in self._stream(requests):
                    yield answer
        except RequestError as error:
            await context.abort(code_of(error), str(error))

    async def _stream(self, requests: AsyncIterator[bytes]) -> AsyncIterator[Any]:
        tasks: asyncio.Queue[asyncio.Task[Any] | None] = asyncio.Queue(IN_FLIGHT)

        async def read() -> None:
            try:
                async for content in requests:
                    await tasks.put(asyncio.ensure_future(self._streamed(content)))
            finally:
                await tasks.put(None)

        async def stop() -> None:
            await self.stopping.wait()
            reading.cancel()  # what was read is answered

        reading, stopped = asyncio.ensure_future(read()), asyncio.ensure_future(stop())
        ended = grpc.StatusCode.CANCELLED
        try:
            while (task := await tasks.get()) is not None:
                current = task
                yield await current
            ended = grpc.StatusCode.OK
        finally:
            self.app.statistics.calls[ended.name] += 1
            reading.cancel()
            stopped.cancel()
            while not tasks.empty():
                if (task := tasks.get_nowait()) is not None:
                    task.cancel()

    async def _streamed(self, content: bytes) -> Any:  # noqa: ANN401 - a message
        """Return the answer to one request of a stream, with an error's words where it is refused."""
        request = messages.ModelInferRequest()
        try:
            request = self._read(content)
            return messages.ModelStreamInferResponse(infer_response=await self._infer(request, None))
        except Exception as error:  # noqa: BLE001 - as in `guarded`
            about = messages.ModelInferResponse(model_name=request.model_name, id=request.id)
            return messages.ModelStreamInferResponse(error_message=str(refusal(error)), infer_response=about)

    def _read(self, content: bytes) -> Any:  # noqa: ANN401 - a message
        """Return a request; one that is too large is refused before it is parsed.

        Raises:
            RequestError: 413; 404 where its model is unknown; 400, it is no message.
        """
        name = first_name(content)
        limit = self.app.infer_limit(name)
        if len(content) > limit:
            if name:
                self._find(name, "")  # that its model is not served comes first
            raise RequestError(413, f"the message has {len(content)} bytes: at most {limit} are taken here")
        try:
            return messages.ModelInferRequest.FromString(content)
        except DecodeError:
            raise RequestError(400, "the request is no ModelInferRequest") from None

    async def _infer(self, request: Any, remaining: float | None) -> Any:  # noqa: ANN401 - messages
        """Return the response to a request that has so many seconds, None for as many as its model gives it."""
        version = self._find(request.model_name, request.model_version)
        images = images_of(version, request)
        wanted = wanted_of(version, request)
        future: asyncio.Future[Answers | RequestError] = asyncio.get_running_loop().create_future()

        def done(_: object, answers: Answers | RequestError) -> None:
            if not future.done():
                future.set_result(answers)

        job = self.app.submit(version, images, done, seconds_of(request, remaining))
        try:
            answers = await future
        except asyncio.CancelledError:
            job.cancel()
            raise
        if isinstance(answers, RequestError):
            raise answers
        return response(version, request.id, wanted, answers)

    def _find(self, name: str, number: str) -> Version:
        return self.app.find(name, number or None)
