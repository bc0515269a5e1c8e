"""Fixtures of the server's tests: tiny models in a repository, and a server in a thread or a process of its own."""

import asyncio
import http.client
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from bench.harness.paths import PROJECT
from export.repository.config import config_text, labels_text
from export.repository.layout import CARD, CONFIG, GOLDEN, LABELS, MODEL, publish, staged
from serve.inference.catalogue import Catalogue
from serve.security.access import Access
from serve.security.certificate import Certificate
from serve.transport.http.clients import Limits
from serve.transport.server import Server
from tests.serve.certificates import MakePair, Pair, made_pair

SHAPE = (1, 4, 4)
LABELS_OF = ("cat", "dog", "hot dog")
ADMIN = "administrator"

PutModel = Callable[..., Path]
Command = Callable[..., tuple[subprocess.Popen[str], int]]


def weights(seed: int) -> np.ndarray:
    """Return (16, 3) weights."""
    return np.random.default_rng(seed).normal(size=(16, 3)).astype(np.float32)


def expected(images: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the logits that the model with these weights gives."""
    logits: np.ndarray = (images.reshape(len(images), -1).astype(np.float32) / 255) @ weights(seed)
    return logits


def graph(seed: int) -> onnx.ModelProto:
    """Return a linear net on 4x4 images."""
    values = {"scale": np.float32(1 / 255), "w": weights(seed), "rows": np.array([-1, 16], np.int64)}
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["float", "scale"], ["scaled"]),
        helper.make_node("Reshape", ["scaled", "rows"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    made = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", *SHAPE])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 3]) for name in ("logits", "probabilities")],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


@pytest.fixture
def put_model(tmp_path: Path) -> PutModel:
    """Return a maker of versions in the repository `tmp_path / repository`; returns the version's folder."""

    def put(
        name: str = "net",
        seed: int = 0,
        *,
        golden_of: int | None = None,
        max_batch: int = 8,
        card: Mapping[str, object] | None = None,
    ) -> Path:
        repository = tmp_path / "repository"
        images = np.random.default_rng(9).integers(0, 256, (4, *SHAPE), dtype=np.uint8)
        logits = expected(images, seed if golden_of is None else golden_of)
        exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
        with staged(repository, name) as folder:
            (folder / MODEL).write_bytes(graph(seed).SerializeToString())
            probabilities = exponents / exponents.sum(axis=1, keepdims=True)
            np.savez(folder / GOLDEN, image=images, logits=logits, probabilities=probabilities)
            least = {"name": name, "tolerance": 1e-4, "probability_tolerance": 1e-4}
            (folder / CARD).write_text(json.dumps(least | dict(card or {})), "utf-8")
            shared = {
                CONFIG: config_text(name, SHAPE, 3, max_batch=max_batch),
                LABELS: labels_text(list(LABELS_OF)),
            }
            return publish(repository, name, folder, shared=shared)

    return put


@dataclass
class Running:
    """A server that runs in a thread.

    Attributes:
        port: The port that it listens on.
        server: The server itself, for looking at its parts.
        log: The lines of its output.
    """

    port: int
    server: Server
    log: list[str] = field(default_factory=list)

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Return status, body (parsed where it is JSON) and headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body or None, dict(headers or {}))
            answer = connection.getresponse()
            content = answer.read()
            reply_headers = {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()
        return (
            answer.status,
            json.loads(content) if reply_headers.get("content-type") == "application/json" else content,
            reply_headers,
        )

    def infer(self, request: Mapping[str, Any], name: str = "net") -> tuple[int, Any]:
        """Return status and answer of an inference as JSON."""
        status, answer, _ = self.ask("POST", f"/v2/models/{name}/infer", json.dumps(request).encode())
        return status, answer


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a starter of servers; they are stopped afterwards."""
    threads: list[tuple[threading.Thread, Running]] = []

    def begin(
        *,
        access: Access | None = None,
        limits: Limits | None = None,
        workers: int = 1,
        grpc_port: int | None = None,
        tls: Certificate | None = None,
        loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop,
    ) -> Running:
        made: list[Running] = []
        ready = threading.Event()
        failures: list[BaseException] = []

        async def run() -> None:
            server = Server(
                Catalogue(tmp_path / "repository"),
                access=access or Access(administrators=[ADMIN]),
                limits=limits or Limits(linger=0.02),
                workers=workers,
                poll=0,
                say=lambda line: made[0].log.append(line) if made else early.append(line),
            )

            def started(port: int) -> None:
                made.append(Running(port, server, early))
                ready.set()

            await server.run("127.0.0.1", 0, tls=tls, grpc_port=grpc_port, started=started, signals=False)

        def main() -> None:
            try:
                with asyncio.Runner(loop_factory=loop) as runner:
                    runner.run(run())
            except BaseException as error:  # noqa: BLE001 - told to the test below
                failures.append(error)
                ready.set()

        early: list[str] = []
        thread = threading.Thread(target=main, daemon=True)
        thread.start()
        assert ready.wait(20)
        if failures:
            raise failures[0]
        threads.append((thread, made[0]))
        return made[0]

    yield begin
    for thread, running in threads:
        if thread.is_alive():
            running.server.loop.call_soon_threadsafe(running.server.request_stop)
            thread.join(20)
        assert not thread.is_alive()


@pytest.fixture
def running(put_model: PutModel, start: Start) -> Running:
    """Return a server with one model, `net`."""
    put_model()
    return start()


@pytest.fixture
def command(put_model: PutModel, tmp_path: Path) -> Iterator[Command]:
    """Return a starter of the command; it returns the process and its port."""
    put_model()
    started: list[subprocess.Popen[str]] = []

    def start(*words: str, **environment: str) -> tuple[subprocess.Popen[str], int]:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "serve", str(tmp_path / "repository"), "--port", "0", *words],
            cwd=PROJECT,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        started.append(process)
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("ready:"):
                return process, int(line.split(":")[-1].partition("/")[0])
        raise AssertionError(f"it ended with {process.wait()}")

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


@pytest.fixture
def images() -> np.ndarray:
    """Return five images, (5, 1, 4, 4) uint8."""
    return np.random.default_rng(1).integers(0, 256, (5, *SHAPE), dtype=np.uint8)


def request(images: np.ndarray, **more: object) -> dict[str, Any]:
    """Return a request as JSON has it."""
    tensor = {"name": "image", "shape": list(images.shape), "datatype": "UINT8", "data": images.ravel().tolist()}
    return {"inputs": [tensor], **more}


@pytest.fixture
def digit() -> np.ndarray:
    """Return a light stroke on a dark ground, (8, 8)."""
    made = np.zeros((8, 8), np.uint8)
    made[1:7, 3:5] = 250
    return made


@pytest.fixture
def make_pair(tmp_path: Path) -> MakePair:
    """Return a maker of certificates with their keys, by name."""
    return partial(made_pair, tmp_path)


@pytest.fixture
def pair(make_pair: MakePair) -> Pair:
    """Return a new certificate and its key."""
    return make_pair("server")
