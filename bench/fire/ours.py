"""Our server as the fire meets it: started as a user starts it, with its golden images and their answers."""

import json
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
import psutil

from bench.errors import UserError
from bench.serving.processes import Server, free_port, running

PROJECT = Path(__file__).resolve().parents[2]
Images = npt.NDArray[np.uint8]
Logits = npt.NDArray[np.float32]


class Ours:
    """A running server.

    Args:
        server: its process.
        port: it listens on.
    """

    def __init__(self, server: Server, port: int) -> None:
        self.server, self.port = server, port
        self.ready_seconds = 0.0  # from its start until it said that it is ready

    def get(self, path: str) -> bytes:
        """Return the body of an answer.

        Raises:
            OSError: there is none, or its status is an error.
        """
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            content: bytes = answer.read()
            return content

    def ready(self) -> bool:
        """Return whether it says that it is ready."""
        try:
            self.get("/v2/health/ready")
        except (urllib.error.URLError, OSError):
            return False
        return True

    def index(self) -> list[dict[str, str]]:
        """Return its repository index."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/v2/repository/index", b"{}")
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
            rows: list[dict[str, str]] = json.loads(answer.read())
            return rows

    def rss_mb(self) -> float:
        """Return its resident memory."""
        rss: int = psutil.Process(self.server.process.pid).memory_info().rss
        return rss / 1e6

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.server.process.pid, number)

    def alive(self) -> bool:
        """Return whether its process runs."""
        return self.server.process.poll() is None


@contextmanager
def started(repository: Path, *options: str) -> Iterator[Ours]:
    """Start a server on a repository, wait until it is ready, stop it at the end."""
    port = free_port()
    command = [sys.executable, "-m", "serve", str(repository.resolve()), "--port", str(port), *options]
    with running(command, PROJECT) as server:
        ours = Ours(server, port)
        ours.ready_seconds = server.wait_until(ours.ready)
        yield ours


def newest(model: Path) -> Path:
    """Return the folder of a model's newest version.

    Raises:
        UserError: it has none.
    """
    versions = sorted((int(each.name) for each in model.glob("*") if each.name.isdigit()), reverse=True)
    if not versions:
        raise UserError(f"{model} has no version: `make export` writes a model repository, --model names a model")
    return model / str(versions[0])


def golden(version: Path) -> tuple[Images, Logits]:
    """Return a version's golden images, and its logits of each of them."""
    with np.load(version / "golden.npz") as stored:
        images: Images = stored["image"]
    return images, logits_of(version, images)


def logits_of(version: Path, images: Images) -> Logits:
    """Return a version's logits of each image alone, on this machine, through onnxruntime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(version / "model.onnx"), options, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(["logits"], {"image": image[None]})[0] for image in images])
