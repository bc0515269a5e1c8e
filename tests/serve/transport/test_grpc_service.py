"""Tests of `grpc_service`: Triton's own gRPC client against the server, and the errors that it is told."""

import asyncio
import queue
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest

from serve.inference.request_queue import Job
from serve.security.access import Access
from tests.serve.certificates import Pair, made_pair
from tests.serve.conftest import ADMIN, LABELS_OF, SHAPE, PutModel, Running, Start, expected
from tests.serve.fakes import Fake, image, soon, version

triton = pytest.importorskip("tritonclient.grpc", reason="gRPC is an optional extra")
import grpc  # noqa: E402 - where it is installed
from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: E402 - as above
from tritonclient.grpc import service_pb2 as messages  # noqa: E402 - as above
from tritonclient.grpc import service_pb2_grpc as services  # noqa: E402 - as above
from tritonclient.utils import InferenceServerException  # noqa: E402 - as above

Client = Any  # triton.InferenceServerClient, which has no types


@pytest.fixture
def running(put_model: PutModel, start: Start) -> Running:
    """Return a server with one model that answers gRPC too."""
    put_model()
    return start(grpc_port=0)


@pytest.fixture
def client(running: Running) -> Client:
    """Return Triton's client."""
    return triton.InferenceServerClient(f"127.0.0.1:{running.server.grpc_port}")


def tensor(images: np.ndarray) -> object:
    """Return the one input."""
    pixels = triton.InferInput("image", list(images.shape), "UINT8")
    pixels.set_data_from_numpy(images)
    return pixels


def test_tritons_client_gets_its_answers(client: Client, images: np.ndarray) -> None:
    """Health, metadata, configuration, statistics, index, inference and classification: unchanged."""
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("net")
    assert not client.is_model_ready("nothing")
    assert client.get_server_metadata().name == "convbench"
    assert list(client.get_model_metadata("net").inputs[0].shape) == [-1, 1, 4, 4]
    assert client.get_model_config("net").config.max_batch_size == 8
    assert client.get_model_repository_index().models[0].state == "READY"
    reply = client.infer("net", [tensor(images)], request_id="x")
    np.testing.assert_allclose(reply.as_numpy("logits"), expected(images), rtol=1e-5)
    assert reply.get_response().id == "x"
    best = client.infer("net", [tensor(images)], outputs=[triton.InferRequestedOutput("logits", class_count=1)])
    labels = [text.decode().split(":")[2] for text in best.as_numpy("logits").ravel()]
    assert labels == [LABELS_OF[place] for place in expected(images).argmax(axis=1)]
    assert client.get_inference_statistics("net").model_stats[0].inference_count == 10


def test_numbers_are_taken_as_bytes_are(client: Client, images: np.ndarray) -> None:
    """As `contents`, for clients that have no bytes."""
    request = messages.ModelInferRequest(model_name="net")
    made = request.inputs.add(name="image", datatype="UINT8", shape=images.shape)
    made.contents.uint_contents.extend(images.ravel().tolist())

    reply = client._client_stub.ModelInfer(request)  # noqa: SLF001 - its own calls send bytes only

    logits = np.frombuffer(reply.raw_output_contents[0], np.float32).reshape(5, 3)
    np.testing.assert_allclose(logits, expected(images), rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "shape", "status", "message"),
    [
        ("nothing", (1, 1, 4, 4), "NOT_FOUND", "unknown model 'nothing'"),
        ("net", (1, 1, 4, 5), "INVALID_ARGUMENT", "net takes [n, 1, 4, 4]"),
        ("net", (9, 1, 4, 4), "INVALID_ARGUMENT", "net takes 1 to 8 images a request"),
    ],
)
def test_a_wrong_request_says_what(
    name: str, shape: tuple[int, ...], status: str, message: str, client: Client
) -> None:
    """With its gRPC status."""
    with pytest.raises(InferenceServerException) as caught:
        client.infer(name, [tensor(np.zeros(shape, np.uint8))])

    assert caught.value.status() == f"StatusCode.{status}"
    assert message in caught.value.message()


def test_tokens_hold_for_grpc_too(put_model: PutModel, start: Start, images: np.ndarray) -> None:
    """As metadata; administration needs its own."""
    put_model()
    running = start(grpc_port=0, access=Access(["secret"], [ADMIN]))
    client = triton.InferenceServerClient(f"127.0.0.1:{running.server.grpc_port}")
    user, administrator = ({"authorization": f"Bearer {token}"} for token in ("secret", ADMIN))

    with pytest.raises(InferenceServerException, match="a bearer token is needed"):
        client.infer("net", [tensor(images)])
    assert client.infer("net", [tensor(images)], headers=user).as_numpy("logits").shape == (5, 3)
    with pytest.raises(InferenceServerException, match="administrator"):
        client.unload_model("net", headers=user)
    client.unload_model("net", headers=administrator)
    with pytest.raises(InferenceServerException, match="it was unloaded"):
        client.infer("net", [tensor(images)], headers=user)


def test_the_work_of_a_caller_that_cancels_is_dropped(
    running: Running, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its waiting work does not run; the others are answered."""
    session = Fake()
    served = version(session)
    running.server.catalogue.models["net"].serve({1: served})
    session.gate.clear()
    request = messages.ModelInferRequest(model_name="net")
    request.inputs.add(name="image", datatype="UINT8", shape=(1, *SHAPE))
    request.raw_input_contents.append(image(1).tobytes())
    infer = client._client_stub.ModelInfer  # noqa: SLF001 - its own calls cannot be cancelled
    jobs: list[Job] = []
    submit = running.server.batcher.submit

    def noted(job: Job) -> None:
        jobs.append(job)
        submit(job)

    monkeypatch.setattr(running.server.batcher, "submit", noted)
    calls = [infer.future(request)]
    soon(lambda: session.sizes == [1])
    calls += [infer.future(request) for _ in range(2)]
    soon(lambda: len(jobs) == 3)
    calls[2].cancel()
    soon(lambda: any(job.over for job in jobs))
    session.gate.set()

    assert [call.result().model_name for call in calls[:2]] == ["net", "net"]
    assert session.sizes == [1, 1]


def streamed(client: Client, requests: list[tuple[str, np.ndarray, str]]) -> list[tuple[Any, Any]]:
    """Return the answers and errors that a stream of (model, images, id) gets, in their order."""
    answers: queue.SimpleQueue[tuple[Any, Any]] = queue.SimpleQueue()
    client.start_stream(callback=lambda result, error: answers.put((result, error)))
    for name, pixels, identity in requests:
        client.async_stream_infer(name, [tensor(pixels)], request_id=identity)
    try:
        return [answers.get(timeout=10) for _ in requests]
    finally:
        client.stop_stream()


def test_a_stream_gets_its_answers_in_order(client: Client, images: np.ndarray) -> None:
    """More of them than are taken at once."""
    answers = streamed(client, [("net", images[place % 5 : place % 5 + 1], str(place)) for place in range(100)])

    assert [error for _, error in answers] == [None] * 100
    assert [result.get_response().id for result, _ in answers] == [str(place) for place in range(100)]
    logits = np.concatenate([result.as_numpy("logits") for result, _ in answers])
    np.testing.assert_allclose(logits, np.tile(expected(images), (20, 1)), rtol=1e-5)


def test_a_refused_request_does_not_end_its_stream(client: Client, images: np.ndarray) -> None:
    """It is answered in words, the others as asked."""
    answers = streamed(client, [("net", images, "a"), ("nothing", images, "b"), ("net", images, "c")])

    assert [None if error is None else error.message() for _, error in answers] == [
        None,
        "unknown model 'nothing': known are net",
        None,
    ]


def test_the_health_protocol_is_answered(running: Running) -> None:
    """grpc.health.v1, as Kubernetes and load balancers ask it: without a token."""
    running.server.app.access.change(["secret"], [])
    with grpc.insecure_channel(f"127.0.0.1:{running.server.grpc_port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest()
        assert stub.Check(request).status == health_pb2.HealthCheckResponse.SERVING
        watching = stub.Watch(request)
        assert next(watching).status == health_pb2.HealthCheckResponse.SERVING
        running.server.app.ready = False
        assert next(watching).status == health_pb2.HealthCheckResponse.NOT_SERVING
        watching.cancel()
        with pytest.raises(grpc.RpcError) as caught:
            stub.Check(health_pb2.HealthCheckRequest(service="nothing"))
        assert caught.value.code() == grpc.StatusCode.NOT_FOUND


def test_a_server_without_models_is_not_ready(client: Client, running: Running) -> None:
    """As over HTTP."""
    running.server.catalogue.unload("net")

    assert not client.is_server_ready()


def test_grpc_is_encrypted_where_http_is(put_model: PutModel, start: Start, pair: Pair, images: np.ndarray) -> None:
    """With the same certificate, read again when it is renewed."""
    put_model()
    certificate = pair.server()
    running = start(grpc_port=0, tls=certificate)
    where = f"127.0.0.1:{running.server.grpc_port}"

    def ask() -> Any:  # noqa: ANN401 - a client's answer
        trust = pair.certificate.read_bytes()
        client = triton.InferenceServerClient(where, creds=grpc.ssl_channel_credentials(trust))
        return client.infer("net", [tensor(images)]).as_numpy("logits")

    np.testing.assert_allclose(ask(), expected(images), rtol=1e-5)
    with pytest.raises(InferenceServerException):
        triton.InferenceServerClient(where).is_server_live()
    renewed = made_pair(pair.certificate.parent, "renewed", "rsa")
    renewed.certificate.replace(pair.certificate)
    renewed.key.replace(pair.key)
    assert certificate.refresh() == [f"{pair.certificate} was read again: new connections get it"]
    np.testing.assert_allclose(ask(), expected(images), rtol=1e-5)


def test_a_large_message_is_refused_before_it_is_parsed(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have what its model needs, as over HTTP; and nothing is read of who has no token."""
    request = messages.ModelInferRequest(model_name="net")
    request.raw_input_contents.append(bytes(3_000_000))
    parsed: list[bytes] = []
    monkeypatch.setattr(messages.ModelInferRequest, "FromString", parsed.append)
    with grpc.insecure_channel(f"127.0.0.1:{running.server.grpc_port}") as channel:
        infer = services.GRPCInferenceServiceStub(channel).ModelInfer
        with pytest.raises(grpc.RpcError, match=r"the message has \d+ bytes: at most \d+ are taken here"):
            infer(request)
        running.server.app.access.change(["secret"], [])
        with pytest.raises(grpc.RpcError, match="a bearer token is needed"):
            infer(request)

    assert parsed == []
    assert running.server.statistics.calls == {"RESOURCE_EXHAUSTED": 1, "UNAUTHENTICATED": 1}


def test_calls_are_counted_by_their_status(client: Client, running: Running, images: np.ndarray) -> None:
    """Where Prometheus reads them."""
    client.infer("net", [tensor(images)])
    with pytest.raises(InferenceServerException):
        client.infer("nothing", [tensor(images)])
    streamed(client, [("net", images, "")])

    _, text, _ = running.ask("GET", "/metrics")
    lines = text.decode().splitlines()
    assert 'convbench_grpc_calls_total{code="NOT_FOUND"} 1.0' in lines
    assert any(line.startswith('convbench_grpc_calls_total{code="OK"}') for line in lines)


def test_the_asynchronous_client_is_answered(running: Running, images: np.ndarray) -> None:
    """Triton's, one by one and as a stream."""
    aio = pytest.importorskip("tritonclient.grpc.aio")

    async def main() -> list[Any]:
        async with aio.InferenceServerClient(f"127.0.0.1:{running.server.grpc_port}") as client:
            alone = await client.infer("net", [tensor(images)])

            async def requests() -> AsyncIterator[dict[str, Any]]:
                for _ in range(3):
                    yield {"model_name": "net", "inputs": [tensor(images)]}

            stream = client.stream_infer(requests())
            return [alone, *[result async for result, _ in stream]]

    for result in asyncio.run(main()):
        np.testing.assert_allclose(result.as_numpy("logits"), expected(images), rtol=1e-5)
