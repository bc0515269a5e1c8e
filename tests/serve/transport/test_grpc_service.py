"""Tests of `grpc_service`: Triton's own gRPC client against the server, and the errors that it is told."""

from typing import Any

import numpy as np
import pytest

from serve.inference.request_queue import Job
from serve.security.access import Access
from tests.serve.conftest import ADMIN, LABELS_OF, SHAPE, PutModel, Running, Start, expected
from tests.serve.fakes import Fake, image, soon, version

triton = pytest.importorskip("tritonclient.grpc", reason="gRPC is an optional extra")
from tritonclient.grpc import service_pb2 as messages  # noqa: E402 - where it is installed
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
