"""A server under measurement: a process with all its children, its CPU time, its memory, and a sure end."""

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from bench.harness.errors import UserError

READY_SECONDS = 60.0
STOP_SECONDS = 20.0
LOG_TAIL = 600  # characters of a server's log that an error shows


class Server:
    """A running server.

    Args:
        command: the words that start it.
        folder: the folder to start it in.
        environment: variables beside those of this process.
        log: file for its output.
    """

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path) -> None:
        self.command, self.log = command, log
        self.started = time.perf_counter()
        with log.open("wb") as file:
            self.process = subprocess.Popen(  # noqa: S603 - our own commands
                command,
                cwd=folder,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until(self, ready: Callable[[], bool]) -> float:
        """Wait until the server answers; return the seconds since its start.

        Raises:
            UserError: it ended, or it did not answer in time; the message ends with its log.
        """
        while not ready():
            waited = time.perf_counter() - self.started
            if self.process.poll() is not None or waited > READY_SECONDS:
                status = self.process.poll()
                failure = f"did not answer for {waited:.0f} s" if status is None else f"ended with {status}"
                raise UserError(f"{' '.join(self.command)} {failure}: {self.said()[-LOG_TAIL:]}")
            time.sleep(0.01)
        return time.perf_counter() - self.started

    def said(self) -> str:
        """Return its log."""
        return self.log.read_text("utf-8", errors="replace")

    def family(self) -> list[psutil.Process]:
        """Return the process and every process that it started."""
        try:
            parent = psutil.Process(self.process.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def cpu_seconds(self) -> float:
        """Return the CPU time that the family took, user and system."""
        return sum(_of(process, lambda one: sum(one.cpu_times()[:2])) for process in self.family())

    def memory_mb(self) -> float:
        """Return the family's memory, shared pages counted once (PSS where the system tells it, else RSS)."""
        return sum(_of(process, _own_memory) for process in self.family()) / 1e6

    def stop(self) -> int | None:
        """Send SIGTERM to the whole session, SIGKILL to what is left; return the exit status, None if it was killed."""
        children = self.family()[1:]
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        _, left = psutil.wait_procs(children, STOP_SECONDS)
        killed = self.process.poll() is None
        self.process.kill()
        self.process.wait()
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        return None if killed else self.process.returncode


def _of(process: psutil.Process, ask: Callable[[psutil.Process], float]) -> float:
    try:
        return ask(process)
    except psutil.Error:  # it ended meanwhile
        return 0.0


def _own_memory(process: psutil.Process) -> float:
    memory = process.memory_full_info() if hasattr(process, "memory_full_info") else process.memory_info()
    return float(getattr(memory, "pss", memory.rss))


@contextlib.contextmanager
def running(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Start a server; stop it at the end, whatever happens."""
    with tempfile.TemporaryDirectory() as scratch:
        variables = {"TMPDIR": scratch, **(environment or {})}  # some leave files where temporary ones go
        server = Server(command, folder, variables, Path(scratch) / "log")
        try:
            yield server
        finally:
            server.stop()


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
