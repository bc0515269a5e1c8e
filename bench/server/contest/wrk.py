"""Load from wrk: closed loops of one request again and again, on so many connections."""

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from bench.harness.errors import UserError
from bench.server.formats import Message

SCRIPT = Path(__file__).with_name("post.lua")
MARK = "RESULT "


@dataclass(frozen=True)
class Load:
    """Connections that each send a request of so many images as soon as they have the last answer."""

    connections: int
    images: int

    @property
    def name(self) -> str:
        """As rows have it."""
        return f"c={self.connections}, {self.images} image{'s' if self.images > 1 else ''}"


LOADS = (Load(64, 1), Load(1, 1), Load(8, 32))


class Outcome(TypedDict):
    """The figures of a load: answers (failed: other statuses than 2xx and 3xx), requests lost to sockets, latencies."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    failed: int
    lost: int


def require_wrk() -> None:
    """Check that wrk is there.

    Raises:
        UserError: it is not.
    """
    if shutil.which("wrk") is None:
        raise UserError("wrk makes the load and is not installed: `apt install wrk`, or see its site")


def drive(url: str, message: Message, load: Load, seconds: int) -> Outcome:
    """Return the figures of some seconds of load.

    Raises:
        UserError: wrk failed.
    """
    body, headers = message
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        words = [file.name, *(word for pair in headers.items() for word in pair)]
        return _wrk(url, load, seconds, words)


def _wrk(url: str, load: Load, seconds: int, words: list[str]) -> Outcome:
    command = ["wrk", "--threads", "1", "--connections", str(load.connections), "--duration", f"{seconds}s"]
    command += ["--timeout", "10s", "--script", str(SCRIPT), url, "--", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    lines = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    if done.returncode or not lines:
        raise UserError(f"wrk failed on {url}: {(done.stderr or done.stdout)[-300:]}")
    outcome: Outcome = json.loads(lines[-1].removeprefix(MARK))
    return outcome
