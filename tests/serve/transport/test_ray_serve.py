"""Tests of serve.transport.ray_serve: the same answers through Ray Serve, on a Ray of the tests' own."""

import json
import secrets
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from tests.serve.conftest import PutModel, request

ray = pytest.importorskip("ray", reason="Ray is an optional extra")
ray_serve = pytest.importorskip("ray.serve", reason="Ray is an optional extra")
ray_app = pytest.importorskip("serve.transport.ray_serve")

LARGEST = 8  # images of a batch, as put_model configures it


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Return where a local Ray Serve answers; it reports nothing to anybody, and is stopped afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))  # else Ray makes one and keeps it at home
        ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False)
        ray_serve.start(http_options={"host": "127.0.0.1", "port": port})
        yield f"http://127.0.0.1:{port}"
        ray_serve.shutdown()
        ray.shutdown()


def ask(url: str, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
    """Return status and body, parsed where it is JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, body, named), timeout=20)  # noqa: S310 - our own
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        content = answer.read()
        return answer.status, json.loads(content) if answer.headers["content-type"] == "application/json" else content


def logits_of(model: Path, images: np.ndarray) -> np.ndarray:
    """Return what onnxruntime answers, at the batch size at which the server's answers are the same to the bit."""
    padded = np.zeros((LARGEST, *images.shape[1:]), np.uint8)
    padded[: len(images)] = images
    (logits,) = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).run(
        ["logits"], {"image": padded}
    )
    return np.asarray(logits[: len(images)])


def test_answers_are_those_of_onnxruntime(
    url: str, put_model: PutModel, images: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Health, metadata, inference as JSON and as bytes to the bit, and an error with its own words."""
    version = put_model()
    monkeypatch.chdir(tmp_path)
    ray_serve.run(ray_app.build({"repository": "repository"}))
    wanted = logits_of(version / "model.onnx", images)

    assert ask(f"{url}/v2/health/ready") == (200, {"ready": True})
    status, metadata = ask(f"{url}/v2/models/net")
    assert (status, metadata["inputs"][0]["shape"]) == (200, [-1, 1, 4, 4])
    status, answer = ask(f"{url}/v2/models/net/infer", json.dumps(request(images)).encode())
    assert status == 200
    assert np.array_equal(np.array(answer["outputs"][0]["data"], np.float32).reshape(wanted.shape), wanted)
    for place, image in enumerate(images):
        status, content = ask(f"{url}/v2/models/net/infer", image.tobytes(), Inference_Header_Content_Length="0")
        assert status == 200
        assert wanted[place].tobytes() in content
    status, answer = ask(f"{url}/v2/models/nothing")
    assert status == 404
    assert "unknown model 'nothing': known are net" in answer["error"]


def test_tokens_are_those_of_the_environment(
    url: str, put_model: PutModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tokens are those of the process that builds the application: replicas may run where they are not set."""
    put_model()
    monkeypatch.setenv("CONVBENCH_TOKENS", "one,two")
    monkeypatch.setenv("CONVBENCH_ADMIN_TOKENS", "three")
    ray_serve.run(ray_app.build({"repository": str(tmp_path / "repository"), "workers": "1"}))
    load = f"{url}/v2/repository/models/net/load"

    assert ask(f"{url}/v2/health/ready") == (200, {"ready": True})
    assert ask(f"{url}/v2")[0] == 401
    assert ask(f"{url}/v2", Authorization="Bearer two")[0] == 200
    assert ask(load, b"{}", Authorization="Bearer two")[0] == 403
    assert ask(load, b"{}", Authorization="Bearer three") == (200, {})


def test_a_misspelt_argument_is_refused() -> None:
    """Before anything is started, with the names that are known."""
    with pytest.raises(ValueError, match="unknown argument 'repo': known are repository, replicas, workers"):
        ray_app.build({"repo": "model_repository"})
