"""Tests of `python -m serve`: the command in a process of its own, and Triton's own client against it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from tritonclient import http as triton

from tests.serve.conftest import LABELS_OF, PROJECT, Command, PutModel, expected


def test_tritons_client_gets_its_answers(command: Command, images: np.ndarray) -> None:
    """Health, metadata, configuration, statistics, index; inference in JSON, binary and by class: unchanged."""
    _, port = command()
    client = triton.InferenceServerClient(f"127.0.0.1:{port}")
    plain = triton.InferInput("image", list(images.shape), "UINT8")
    plain.set_data_from_numpy(images, binary_data=False)
    binary = triton.InferInput("image", list(images.shape), "UINT8")
    binary.set_data_from_numpy(images)

    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("net")
    assert client.get_server_metadata()["name"] == "convbench"
    assert client.get_model_metadata("net")["inputs"][0]["shape"] == [-1, 1, 4, 4]
    assert client.get_model_config("net")["max_batch_size"] == 8
    assert client.get_model_repository_index()[0]["state"] == "READY"
    for tensor in (plain, binary):
        for as_bytes in (True, False):
            outputs = [triton.InferRequestedOutput("logits", binary_data=as_bytes)]
            found = client.infer("net", [tensor], outputs=outputs, request_id="x")
            np.testing.assert_allclose(found.as_numpy("logits"), expected(images), rtol=1e-5)
            assert found.get_response()["id"] == "x"
    best = client.infer("net", [binary], outputs=[triton.InferRequestedOutput("logits", class_count=1)])
    labels = [text.decode().split(":")[2] for text in best.as_numpy("logits").ravel()]
    assert labels == [LABELS_OF[place] for place in expected(images).argmax(axis=1)]
    assert client.get_inference_statistics("net")["model_stats"][0]["inference_count"] == 25
    client.close()


def test_sigterm_ends_it_with_0(command: Command) -> None:
    """At once where nothing is in flight."""
    process, port = command()
    assert json.loads(urllib.request.urlopen(f"http://127.0.0.1:{port}/v2").read())["name"] == "convbench"

    process.send_signal(signal.SIGTERM)

    assert process.wait(10) == 0


def test_sighup_looks_for_new_versions(command: Command, put_model: PutModel) -> None:
    """Without waiting for the next look."""
    process, port = command("--poll", "0")
    put_model("net", 3)
    process.send_signal(signal.SIGHUP)

    for _ in range(100):
        found = json.loads(urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/models/net").read())
        if found["versions"] == ["2"]:
            return
        time.sleep(0.05)
    pytest.fail("the new version was not served")


def test_grpc_is_answered_on_a_port_of_its_own(command: Command, images: np.ndarray) -> None:
    """Beside HTTP, on the same event loop."""
    grpc = pytest.importorskip("tritonclient.grpc", reason="gRPC is an optional extra")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command("--grpc-port", str(port))
    tensor = grpc.InferInput("image", list(images.shape), "UINT8")
    tensor.set_data_from_numpy(images)

    found = grpc.InferenceServerClient(f"127.0.0.1:{port}").infer("net", [tensor])

    np.testing.assert_allclose(found.as_numpy("logits"), expected(images), rtol=1e-5)


def test_the_access_log_has_a_line_a_request(put_model: PutModel, tmp_path: Path) -> None:
    """As JSON on standard output, with the client's own request id; off by default."""
    put_model()
    words = [sys.executable, "-m", "serve", str(tmp_path / "repository"), "--port", "0", "--access-log"]
    with subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        assert process.stderr is not None
        port = next(int(line.split(":")[-1].partition("/")[0]) for line in process.stderr if line.startswith("ready:"))
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/v2", headers={"X-Request-Id": "mine"})
        urllib.request.urlopen(asked).close()  # noqa: S310 - our own server
        process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=10)

    (entry,) = map(json.loads, printed.splitlines())
    assert (entry["id"], entry["method"], entry["path"], entry["status"]) == ("mine", "GET", "/v2", 200)
    assert entry["milliseconds"] >= 0
    assert entry["bytes_out"] > 0


def test_no_torch_is_loaded(command: Command) -> None:
    """Nor anything of what trains and exports but the repository's layout."""
    process, _ = command()
    maps = Path(f"/proc/{process.pid}/maps")
    if not maps.exists():
        pytest.skip("needs /proc")
    files = maps.read_text("utf-8")

    assert "onnxruntime" in files
    assert "libtorch" not in files


def failing(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command where it cannot start."""
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "serve", *words],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "no model repository at nowhere"),
        (["nowhere", "--host", "0.0.0.0"], "without a token only loopback is listened on"),  # noqa: S104 - what is refused
        (["nowhere", "--workers", "0"], "--workers is 0"),
        (["nowhere", "--certificate", "c.pem"], "TLS needs both"),
        (["nowhere", "--certificate", "c.pem", "--key", "k.pem"], "--certificate c.pem and --key k.pem must be PEM"),
        (["nowhere", "--tokens", "missing"], "No such file"),
    ],
)
def test_a_server_that_cannot_start_says_why(words: list[str], message: str) -> None:
    """One line, exit status 2."""
    done = failing(*words, "--port", "0")

    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_tokens_come_from_the_environment(command: Command) -> None:
    """Commas between."""
    _, port = command(CONVBENCH_TOKENS="one,two")
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/v2", headers={"Authorization": "Bearer two"})

    assert urllib.request.urlopen(asked).status == 200  # noqa: S310 - our own server
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/v2")
