"""Our server in the stress scenarios: started as a user starts it."""

import json
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench.harness.paths import PROJECT
from bench.server.process import Server, free_port, running


class Ours:
    """A running server.

    Args:
        server: its process.
        port: the port that it listens on.
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
