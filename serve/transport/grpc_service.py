"""The Open Inference Protocol over gRPC, an optional extra: the same models, batches, limits and tokens.

The messages and the service are those of tritonclient, which are KServe's with Triton's extensions.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import grpc
from tritonclient.grpc import service_pb2 as messages
from tritonclient.grpc import service_pb2_grpc as services

from export.repository.golden import Answers, Pixels
from export.repository.layout import INPUT
from serve.api import infer_request
from serve.api.app import App
from serve.api.infer_response import output_of
from serve.api.metadata import model_metadata, model_settings, server_metadata
from serve.errors import RequestError
from serve.inference.version import Version

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
LARGEST_MESSAGE = 32_000_000

Context = Any  # grpc.aio.ServicerContext, which is generic over messages


async def start(app: App, address: str) -> grpc.aio.Server:
    """Return a server that listens on an address such as 127.0.0.1:8001.

    Raises:
        OSError: the address cannot be listened on.
    """
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", LARGEST_MESSAGE), ("grpc.so_reuseport", 0)])
    services.add_GRPCInferenceServiceServicer_to_server(Service(app), server)
    try:
        port = server.add_insecure_port(address)
    except RuntimeError as error:
        raise OSError(f"gRPC cannot listen on {address}: {error}") from error
    await server.start()
    server.port = port
    return server


def guarded(method: Callable[[Any, Any, Context], Awaitable[Any]]) -> Callable[[Any, Any, Context], Awaitable[Any]]:
    """Answer a RequestError with its gRPC status."""

    async def call(self: "Service", request: Any, context: Context) -> Any:  # noqa: ANN401 - a message
        try:
            administrator = method.__name__ in ("RepositoryModelLoad", "RepositoryModelUnload")
            if method.__name__ not in ("ServerLive", "ServerReady"):
                self.app.access.check(_headers(context), administrator=administrator)
            return await method(self, request, context)
        except RequestError as error:
            await context.abort(CODES.get(error.status, grpc.StatusCode.INTERNAL), str(error))

    return call


class Service(services.GRPCInferenceServiceServicer):  # type: ignore[misc]  # generated, without types
    """The calls that a client may make."""

    def __init__(self, app: App) -> None:
        self.app = app

    @guarded
    async def ServerLive(self, request: Any, context: Context) -> Any:  # noqa: ANN401, N802 - the service's names and messages
        """Return that it lives."""
        del request, context
        return messages.ServerLiveResponse(live=True)

    @guarded
    async def ServerReady(self, request: Any, context: Context) -> Any:  # noqa: ANN401, N802 - as above
        """Return whether every model has been looked at, and it is not stopping."""
        del request, context
        return messages.ServerReadyResponse(ready=self.app.ready)

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
        await asyncio.to_thread(self.app.catalogue.load, request.model_name)
        return messages.RepositoryModelLoadResponse()

    @guarded
    async def RepositoryModelUnload(self, request: Any, context: Context) -> Any:  # noqa: ANN401, N802 - as above
        """Unload a model."""
        del context
        await asyncio.to_thread(self.app.catalogue.unload, request.model_name)
        return messages.RepositoryModelUnloadResponse()

    @guarded
    async def ModelInfer(self, request: Any, context: Context) -> Any:  # noqa: ANN401, N802 - as above
        """Return the answers of a model; the caller's deadline is the request's."""
        version = self._find(request.model_name, request.model_version)
        images = _images(version, request)
        wanted = _wanted(version, request)
        remaining = _seconds(request, context)
        future: asyncio.Future[Answers | RequestError] = asyncio.get_running_loop().create_future()

        def done(_: object, answers: Answers | RequestError) -> None:
            if not future.done():
                future.set_result(answers)

        job = self.app.submit(version, images, done, remaining)
        try:
            answers = await future
        except asyncio.CancelledError:
            job.cancel()
            raise
        if isinstance(answers, RequestError):
            raise answers
        return _response(version, request.id, wanted, answers)

    def _find(self, name: str, number: str) -> Version:
        return self.app.find(name, number or None)


def _headers(context: Context) -> Mapping[bytes, bytes]:
    return {
        key.encode(): value.encode() for key, value in context.invocation_metadata() or () if isinstance(value, str)
    }


def _images(version: Version, request: Any) -> Pixels:  # noqa: ANN401 - a message
    """Return the pixels of the one input, raw or as numbers.

    Raises:
        RequestError: 400.
    """
    if len(request.inputs) != 1:
        raise RequestError(400, f"inputs must be the one input {INPUT!r}; there are {len(request.inputs)}")
    (tensor,) = request.inputs
    numbers = list(tensor.contents.uint_contents)
    if request.raw_input_contents and numbers:
        raise RequestError(400, "the input comes both raw and as contents: send one of them")
    head = {"name": tensor.name, "datatype": tensor.datatype, "shape": list(tensor.shape)}
    shape = infer_request.checked_shape(version, head)
    if len(request.raw_input_contents) > 1:
        raise RequestError(400, f"there are {len(request.raw_input_contents)} raw contents for one input")
    if request.raw_input_contents:
        return infer_request.from_bytes(request.raw_input_contents[0], shape)
    return infer_request.from_json(numbers, shape)


def _seconds(request: Any, context: Context) -> float | None:  # noqa: ANN401 - a message
    """Return the seconds that a request gives itself: its deadline, or its parameter `timeout` in microseconds."""
    asked = request.parameters["timeout"].int64_param / 1e6 if "timeout" in request.parameters else 0.0
    limits = [seconds for seconds in (asked or None, context.time_remaining()) if seconds is not None]
    return min(limits, default=None)


def _wanted(version: Version, request: Any) -> tuple[infer_request.Wanted, ...]:  # noqa: ANN401 - a message
    for tensor in (*request.inputs, *request.outputs):
        infer_request.no_shared_memory(tensor.parameters, tensor.name)
    outputs = [
        {"name": output.name, "parameters": {"classification": output.parameters["classification"].int64_param}}
        for output in request.outputs
    ]
    return infer_request.wanted_outputs(version, outputs or None, binary=True)


def _response(version: Version, identity: str, wanted: tuple[infer_request.Wanted, ...], answers: Answers) -> Any:  # noqa: ANN401 - a message
    reply = messages.ModelInferResponse(model_name=version.name, model_version=str(version.number), id=identity)
    for output_wanted in wanted:
        output, content = output_of(version, answers, output_wanted)
        reply.outputs.add(name=output_wanted.name, datatype=output["datatype"], shape=output["shape"])
        reply.raw_output_contents.append(content or b"")
    return reply
