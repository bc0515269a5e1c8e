"""Tests of `python -m serve`: the command in a process of its own, and Triton's own client against it."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from tritonclient import http as triton

from bench.harness.paths import PROJECT
from tests.serve.conftest import LABELS_OF, Command, PutModel, expected


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
            reply = client.infer("net", [tensor], outputs=outputs, request_id="x")
            np.testing.assert_allclose(reply.as_numpy("logits"), expected(images), rtol=1e-5)
            assert reply.get_response()["id"] == "x"
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
        metadata = json.loads(urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/models/net").read())
        if metadata["versions"] == ["2"]:
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

    reply = grpc.InferenceServerClient(f"127.0.0.1:{port}").infer("net", [tensor])

    np.testing.assert_allclose(reply.as_numpy("logits"), expected(images), rtol=1e-5)


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
        (["nowhere", "--tokens", "missing"], "--tokens missing cannot be read"),
        (["nowhere", "--admin-tokens", "missing"], "--admin-tokens missing cannot be read"),
        (["nowhere", "--poll", "-1"], "--poll is -1"),
        (["nowhere", "--poll", "nan"], "--poll is nan"),
        (["nowhere", "--poll", "inf"], "--poll is inf"),
        (["nowhere", "--port", "80800"], "'80800' is no port: 0 to 65535"),
        (["nowhere", "--grpc-port", "x"], "'x' is no port"),
        (["nowhere", "--process", "2"], "unrecognized arguments: --process"),
        (["nowhere", "--processes", "0"], "--processes is 0"),
        (["nowhere", "--processes", "2", "--grpc-port", "0"], "gRPC is answered by one process"),
    ],
)
def test_a_server_that_cannot_start_says_why(words: list[str], message: str) -> None:
    """One line, exit status 2."""
    done = failing("--port", "0", *words)

    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_file_of_tokens_is_no_permission(tmp_path: Path) -> None:
    """Comments and empty lines are no tokens: a server that anybody may ask must be asked for."""
    (tmp_path / "tokens").write_text("# nobody\n\n  # yet\n", "utf-8")

    done = failing("nowhere", "--tokens", str(tmp_path / "tokens"))

    assert done.returncode == 2
    assert f"--tokens {tmp_path / 'tokens'} has no token" in done.stderr


def starting(*words: str, sending: int = 0) -> list[str]:
    """Return what the command says until it is ready; it gets a signal all the time, then SIGTERM, and ends with 0.

    Args:
        words: words of the command line.
        sending: this signal, from when SIGHUP is ignored on, which needs /proc; 0: none.
    """
    command = [sys.executable, "-m", "serve", "--port", "0", *words]
    lines: list[str] = []
    with subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        assert process.stderr is not None
        reader = threading.Thread(target=lambda: lines.extend(iter(process.stderr.readline, "")))  # type: ignore[union-attr]  # as above
        reader.start()
        end = time.monotonic() + 30
        try:
            while sending and not ignores_sighup(process.pid):  # the interpreter itself starts
                assert time.monotonic() < end
                time.sleep(0.001)
            while process.poll() is None and not any(line.startswith("ready:") for line in lines):
                assert time.monotonic() < end
                process.send_signal(sending)
                time.sleep(0.005)
            process.terminate()
            assert process.wait(20) == 0, lines
        finally:
            process.kill()
            reader.join()
    return lines


def ignores_sighup(process: int) -> bool:
    """Return whether a process ignores SIGHUP, as the kernel tells."""
    status = Path(f"/proc/{process}/status").read_text("ascii")
    mask = next(line.split()[1] for line in status.splitlines() if line.startswith("SigIgn"))
    return bool(int(mask, 16) & 1 << signal.SIGHUP - 1)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
@pytest.mark.parametrize("words", [[], ["--processes", "2"]])
def test_sighup_while_it_starts_does_not_end_it(put_model: PutModel, tmp_path: Path, words: list[str]) -> None:
    """From its first step until it is ready, again and again: who deploys a model at that moment breaks nothing."""
    put_model()

    assert "ready: 1 models" in starting(str(tmp_path / "repository"), *words, sending=signal.SIGHUP)[-1]


@pytest.mark.parametrize("words", [[], ["--processes", "2"]])
def test_an_ipv6_address_is_a_url(put_model: PutModel, tmp_path: Path, words: list[str]) -> None:
    """In brackets, as it can be pasted."""
    put_model()
    try:
        with socket.socket(socket.AF_INET6) as free:
            free.bind(("::1", 0))
    except OSError:
        pytest.skip("needs IPv6")

    assert " at http://[::1]:" in starting(str(tmp_path / "repository"), "--host", "::1", *words)[-1]


def test_a_server_without_a_model_says_so(put_model: PutModel, tmp_path: Path) -> None:
    """And whether there is none, or none that may be served."""
    repository = tmp_path / "repository"
    (repository / "no-model").mkdir(parents=True)

    assert f"no model is served: {repository} has no folder with a config.pbtxt\n" in starting(str(repository))

    put_model(golden_of=1)

    assert "no model is served: none of its 1 models may be served, see above\n" in starting(str(repository))


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    """With what to do; the system's own words name neither."""
    tmp_path.joinpath("repository").mkdir()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for processes in ("1", "2"):
            done = failing(str(tmp_path / "repository"), "--port", str(port), "--processes", processes)

            assert done.returncode == 2
            assert done.stderr == f"error: port {port} is taken on 127.0.0.1: pass --port N, 0 for any that is free\n"
