"""The gRPC server: who calls is looked at before a message is read; as many and as large messages as memory allows."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tritonclient.grpc import service_pb2_grpc as services

from serve.api.app import App
from serve.errors import RequestError
from serve.security.certificate import Certificate
from serve.transport.grpc_service import Context, Service, code_of

CALLS = 128  # at the same time: beyond, RESOURCE_EXHAUSTED at once
WATCHERS = 32  # beyond these: who watches the server's health stays, and needs no token
PROBES = 32  # beyond both: who asks for the server's health once, or is told that there are too many
PLACES = CALLS + WATCHERS + PROBES
SECONDS = 10  # for a handshake, and for the message of a call that needs no token
IDLE_SECONDS = 75  # of a connection without calls
LARGEST_MESSAGE = 32_000_000  # bytes, where there is memory for so many
OPEN = ("ServerLive", "ServerReady", "Check", "Watch", "List")  # health is everybody's
ADMINISTRATION = ("RepositoryModelLoad", "RepositoryModelUnload")
INFERENCE = ("ModelInfer", "ModelStreamInfer")
HEALTH_SECONDS = 1.0  # between looks for those who watch
Status = health_pb2.HealthCheckResponse


async def start(app: App, address: str, certificate: Certificate | None, memory: int) -> "Server":
    """Return a server that listens on an address such as 127.0.0.1:8001.

    Args:
        app: answers.
        address: to listen on.
        certificate: for TLS; None: without.
        memory: bytes that all messages in flight may have.

    Raises:
        OSError: the address cannot be listened on.
    """
    largest = min(LARGEST_MESSAGE, memory // PLACES)
    server = grpc.aio.server(
        interceptors=[Gate(app)],
        maximum_concurrent_rpcs=PLACES,
        options=[
            ("grpc.max_receive_message_length", largest),
            ("grpc.so_reuseport", 0),
            ("grpc.server_handshake_timeout_ms", 1000 * SECONDS),
            ("grpc.max_connection_idle_ms", 1000 * IDLE_SECONDS),
        ],
    )
    service, health = Service(app, CALLS), Health(app)
    services.add_GRPCInferenceServiceServicer_to_server(service, server)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    try:
        if certificate is None:
            port = server.add_insecure_port(address)
        else:
            port = server.add_secure_port(address, _credentials(certificate))
    except RuntimeError as error:
        raise OSError(f"gRPC cannot listen on {address}: {error}") from error
    await server.start()
    return Server(server, port, service, health)


class Server:
    """A server that listens.

    Args:
        server: grpcio's.
        port: the port that it listens on.
        service: answers inference.
        health: answers health.
    """

    def __init__(self, server: grpc.aio.Server, port: int, service: Service, health: "Health") -> None:
        self.port = port
        self._server, self._service, self._health = server, service, health

    async def stop(self, grace: float) -> None:
        """Take no more calls, and answer those that were taken, for so many seconds at most; streams end then."""
        self._health.stopping.set()
        self._service.stopping.set()
        await self._server.stop(grace)


class Gate(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # without types
    """Refuses a caller without a token before its message is read, and hands on inference unparsed."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler | None:
        """Return what answers a call, None where there is no such method."""
        name = handler_call_details.method.rpartition("/")[2]
        try:
            if name not in OPEN:
                self.app.access.check(_headers(handler_call_details), administrator=name in ADMINISTRATION)
        except RequestError as error:
            self.app.statistics.calls[code_of(error).name] += 1
            return _refusal(error)
        handler = await continuation(handler_call_details)
        if handler is not None and name in INFERENCE:
            return handler._replace(request_deserializer=None)  # bytes: the service looks at their number first
        unary = handler is not None and handler.unary_unary is not None
        return _in_time(handler) if unary and name in OPEN else handler


def _in_time(handler: grpc.RpcMethodHandler) -> grpc.RpcMethodHandler:
    """Return what answers a call that anybody may make, if its message comes in time: silent ones take no place."""

    async def answer(messages: AsyncIterator[Any], context: Context) -> Any:  # noqa: ANN401 - messages without types
        try:
            message = await asyncio.wait_for(anext(messages), SECONDS)
        except (TimeoutError, StopAsyncIteration):
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, f"the message did not come within {SECONDS} s")
        return await handler.unary_unary(message, context)

    return grpc.stream_unary_rpc_method_handler(answer, handler.request_deserializer, handler.response_serializer)


def _refusal(error: RequestError) -> grpc.RpcMethodHandler:
    """Return what refuses a call; as a stream's, it is called before a message was read."""

    async def refuse(_: object, context: Context) -> None:
        await context.abort(code_of(error), str(error))

    return grpc.stream_stream_rpc_method_handler(refuse)


def _headers(details: grpc.HandlerCallDetails) -> Mapping[bytes, bytes]:
    return {key.encode(): value.encode() for key, value in details.invocation_metadata or () if isinstance(value, str)}


class Health(health_pb2_grpc.HealthServicer):  # type: ignore[misc]  # generated, without types
    """The protocol grpc.health.v1, of the server as a whole, as load balancers ask it."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.stopping = asyncio.Event()
        self._watchers = 0

    async def Check(self, request: Any, context: Context) -> Any:  # noqa: ANN401, N802 - the service's names and messages
        """Return whether the server may be asked."""
        status = self._status(request.service)
        if status == Status.SERVICE_UNKNOWN:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"there is no service {request.service[:100]!r}")
        return Status(status=status)

    async def Watch(self, request: Any, context: Context) -> AsyncIterator[Any]:  # noqa: ANN401, N802 - as above
        """Yield whether the server may be asked, and every change of that, until it stops."""
        if self._watchers >= WATCHERS:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"{WATCHERS} watch already: use Check")
        self._watchers += 1
        try:
            told = None
            while True:
                status = self._status(request.service)
                if status != told:
                    yield Status(status=status)
                told = status
                if self.stopping.is_set():
                    return
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.stopping.wait(), HEALTH_SECONDS)
        finally:
            self._watchers -= 1

    def _status(self, service: str) -> Any:  # noqa: ANN401 - an enumeration without types
        if service not in ("", "inference.GRPCInferenceService"):
            return Status.SERVICE_UNKNOWN
        return Status.SERVING if self.app.answers else Status.NOT_SERVING


def _credentials(certificate: Certificate) -> grpc.ServerCredentials:
    """Return credentials that follow a certificate's files, as far as they were read again."""
    given = certificate.pem

    def renewed() -> grpc.ServerCertificateConfiguration | None:
        nonlocal given
        if certificate.pem is given:
            return None
        given = certificate.pem
        return _configuration(given)

    return grpc.dynamic_ssl_server_credentials(_configuration(given), renewed)


def _configuration(pem: tuple[bytes, bytes]) -> grpc.ServerCertificateConfiguration:
    chain, key = pem
    return grpc.ssl_server_certificate_configuration([(key, chain)])
