"""Tests of the gRPC server's limits: strangers take no places from others, and nothing holds up its end."""

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from serve.transport.http.clients import Limits
from tests.serve.conftest import ADMIN, PutModel, Running, Start
from tests.serve.fakes import soon

triton = pytest.importorskip("tritonclient.grpc", reason="gRPC is an optional extra")
import grpc  # noqa: E402 - where it is installed
import tritonclient.http  # noqa: E402 - as above
from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: E402 - as above
from tritonclient.grpc import service_pb2 as messages  # noqa: E402 - as above
from tritonclient.grpc import service_pb2_grpc as services  # noqa: E402 - as above

from serve.transport import grpc_server  # noqa: E402 - as above

TOKEN = (("authorization", f"Bearer {ADMIN}"),)
CHECK = health_pb2.HealthCheckRequest()


@pytest.fixture
def running(put_model: PutModel, start: Start) -> Running:
    """Return a server with one model that answers gRPC too."""
    put_model()
    return start(grpc_port=0, limits=Limits(linger=0.02))


@pytest.fixture
def channel(running: Running) -> Iterator[grpc.Channel]:
    """Return a channel to it."""
    with grpc.insecure_channel(f"127.0.0.1:{running.server.grpc_port}") as made:
        yield made


def inference(images: np.ndarray) -> Any:  # noqa: ANN401 - a message
    """Return a request with some images."""
    request = messages.ModelInferRequest(model_name="net")
    request.inputs.add(name="image", datatype="UINT8", shape=images.shape)
    request.raw_input_contents.append(images.tobytes())
    return request


def test_watchers_take_no_places_from_others(
    channel: grpc.Channel, images: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They need no token, so that there may be few; one more is told, and comes in where one has left."""
    monkeypatch.setattr(grpc_server, "WATCHERS", 2)
    health = health_pb2_grpc.HealthStub(channel)
    watchers = [health.Watch(CHECK) for _ in range(2)]
    assert [next(watcher).status for watcher in watchers] == [health_pb2.HealthCheckResponse.SERVING] * 2

    with pytest.raises(grpc.RpcError, match="2 watch already: use Check"):
        next(health.Watch(CHECK))

    assert services.GRPCInferenceServiceStub(channel).ModelInfer(inference(images)).model_name == "net"
    watchers[0].cancel()
    soon(lambda: next(health.Watch(CHECK), None) is not None)
    watchers[1].cancel()


def test_a_call_whose_message_does_not_come_is_ended(channel: grpc.Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Health needs no token, so that anybody may make such calls."""
    monkeypatch.setattr(grpc_server, "SECONDS", 0.05)
    silent = channel.stream_unary("/grpc.health.v1.Health/Check", request_serializer=bytes)

    with pytest.raises(grpc.RpcError, match=r"the message did not come within 0\.05 s"):
        silent(_nothing())


def _nothing() -> Iterator[bytes]:
    threading.Event().wait(5)
    yield from ()


def test_health_is_answered_where_there_are_too_many_calls(
    running: Running, channel: grpc.Channel, images: np.ndarray
) -> None:
    """A crowd shall not look like a death, though all who may watch do."""
    gate = threading.Event()
    stub, health = services.GRPCInferenceServiceStub(channel), health_pb2_grpc.HealthStub(channel)

    def requests() -> Iterator[Any]:
        gate.wait(10)
        yield from ()

    watchers = [health.Watch(CHECK) for _ in range(grpc_server.WATCHERS)]
    assert {next(watcher).status for watcher in watchers} == {health_pb2.HealthCheckResponse.SERVING}
    streams = [stub.ModelStreamInfer(requests()) for _ in range(grpc_server.CALLS)]
    try:
        soon(lambda: _refused(stub, images))

        assert health.Check(CHECK).status == health_pb2.HealthCheckResponse.SERVING
        assert stub.ServerReady(messages.ServerReadyRequest()).ready
    finally:
        gate.set()
        for watcher in watchers:
            watcher.cancel()
    assert [list(stream) for stream in streams] == [[]] * grpc_server.CALLS
    assert running.server.statistics.calls["RESOURCE_EXHAUSTED"] > 0


def _refused(stub: Any, images: np.ndarray) -> bool:  # noqa: ANN401 - generated, without types
    try:
        stub.ModelInfer(inference(images))
    except grpc.RpcError as error:
        return bool(error.details() == f"{grpc_server.CALLS} calls run already")
    return False


@pytest.mark.parametrize("kind", ["watch", "stream"])
def test_the_stop_waits_for_nobody_who_only_listens(
    running: Running, channel: grpc.Channel, images: np.ndarray, kind: str
) -> None:
    """A stream without a request in flight ends as if its client had closed it, after the answers that are due."""
    gate = threading.Event()

    def requests() -> Iterator[Any]:
        yield inference(images)
        gate.wait(20)

    stub = services.GRPCInferenceServiceStub(channel)
    call = health_pb2_grpc.HealthStub(channel).Watch(CHECK) if kind == "watch" else stub.ModelStreamInfer(requests())
    next(call)

    running.server.loop.call_soon_threadsafe(running.server.request_stop)
    rest = list(call)
    gate.set()

    assert call.code() == grpc.StatusCode.OK
    assert [answer.status for answer in rest] == [health_pb2.HealthCheckResponse.NOT_SERVING] * (kind == "watch")


def test_tritons_clients_unload(running: Running) -> None:
    """They send that no dependents are to be unloaded, and there are none."""
    http = tritonclient.http.InferenceServerClient(f"127.0.0.1:{running.port}")
    rpc = triton.InferenceServerClient(f"127.0.0.1:{running.server.grpc_port}")
    for client in (http, rpc):
        client.load_model("net", headers=dict(TOKEN))
        client.unload_model("net", headers=dict(TOKEN))

        assert not client.is_model_ready("net")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parameters": {"config": "{}"}}, "parameter 'config' is not offered"),
        ({"repository_name": "other"}, "repository_name is 'other': there is one, without a name"),
    ],
)
def test_a_load_is_of_what_lies_there(channel: grpc.Channel, change: dict[str, Any], message: str) -> None:
    """Who asks for something else is not told that it was done."""
    request = messages.RepositoryModelLoadRequest(model_name="net", repository_name=change.get("repository_name", ""))
    for name, value in change.get("parameters", {}).items():
        request.parameters[name].string_param = value

    with pytest.raises(grpc.RpcError, match=message):
        services.GRPCInferenceServiceStub(channel).RepositoryModelLoad(request, metadata=TOKEN)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("timeout", "parameters.timeout is '5': it must be microseconds"),
        ("classification", "parameters.classification is '5': it must be how many classes"),
        ("int_contents", "the input comes as int_contents: UINT8 comes raw or as uint_contents"),
        ("nothing", "the input has no content: it comes raw or as uint_contents"),
    ],
)
def test_what_would_be_passed_over_is_refused(
    channel: grpc.Channel, images: np.ndarray, field: str, message: str
) -> None:
    """As over HTTP."""
    request = inference(images)
    if field == "timeout":
        request.parameters[field].string_param = "5"
    elif field == "classification":
        request.outputs.add(name="logits").parameters[field].string_param = "5"
    else:
        del request.raw_input_contents[:]
        request.inputs[0].contents.int_contents.extend([0] * (field == "int_contents"))

    with pytest.raises(grpc.RpcError, match=message):
        services.GRPCInferenceServiceStub(channel).ModelInfer(request)


@pytest.mark.parametrize("form", ["int64_param", "uint64_param"])
def test_whole_numbers_have_two_forms(channel: grpc.Channel, images: np.ndarray, form: str) -> None:
    """A client may send either."""
    request = inference(images)
    setattr(request.parameters["timeout"], form, 5_000_000)
    setattr(request.outputs.add(name="logits").parameters["classification"], form, 1)

    (output,) = services.GRPCInferenceServiceStub(channel).ModelInfer(request).outputs

    assert (output.datatype, list(output.shape)) == ("BYTES", [5, 1])
