"""The access log: a JSON line a request, written beside the event loop, which never waits for who reads it."""

import errno
import json
import queue
import select
import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from os import write
from time import monotonic
from typing import Any

from serve.api.exchange import Reply, Request
from serve.inference.request_queue import Job

CAPACITY = 10_000  # lines that wait for the reader
CHUNK = 2048  # bytes, and a line more, at once: a pipe takes 4096 without mixing them with another process's
FULL = (errno.ENOSPC, errno.EDQUOT)
FAREWELL = 2.0  # seconds that the lines that wait may take in the end


class AccessLog:
    """Takes entries without waiting; a thread of its own writes them.

    Where the reader is too slow or the disk is full, entries are dropped, and a line `{"dropped": N}` follows once
    there is room again. Where the reader is gone, writing ends for good.

    Args:
        descriptor: descriptor of the file or pipe, such as standard output's.
        say: takes what happened, a sentence each.
        capacity: lines that may wait.
    """

    def __init__(self, descriptor: int, say: Callable[[str], None], capacity: int = CAPACITY) -> None:
        self.descriptor, self.say, self.capacity = descriptor, say, capacity
        self._waiting: queue.SimpleQueue[Mapping[str, Any] | None] = queue.SimpleQueue()
        self._dropped = self._told = self._lost = 0  # each is written by one thread only
        self._full = False
        self._ended = False
        self._writer = threading.Thread(target=self._run, name="access log", daemon=True)
        self._writer.start()

    def __call__(self, entry: Mapping[str, Any]) -> None:
        """Take an entry, or count it as dropped; from one thread only."""
        if self._ended:
            return
        if self._waiting.qsize() >= self.capacity:
            self._dropped += 1
        else:
            self._waiting.put(entry)

    def close(self, timeout: float = FAREWELL) -> None:
        """Write what waits, for so many seconds at most; say how much is lost."""
        self._waiting.put(None)
        self._writer.join(timeout)
        if self._writer.is_alive():
            lost = max(0, self._waiting.qsize() - 1) + self._dropped + self._lost - self._told
            self.say(f"nobody reads the access log: its last lines, {lost} and those being written, are lost")

    def _run(self) -> None:
        try:
            while self._write_some():
                pass
        except OSError as error:
            self._ended = True
            self.say(f"the access log ends, requests are answered without it: it cannot be written: {error}")

    def _write_some(self) -> bool:
        """Wait for entries and write some; False where the last was written.

        Raises:
            OSError: nobody will read them.
        """
        entries = []
        entry = self._waiting.get()
        size = 0
        while entry is not None:
            entries.append(json.dumps(entry).encode("ascii") + b"\n")
            size += len(entries[-1])
            if size > CHUNK or self._waiting.empty():
                break
            entry = self._waiting.get()
        dropped = self._dropped + self._lost
        try:
            self._write(b"".join(entries))
            if dropped > self._told:
                self._write(json.dumps({"dropped": dropped - self._told}).encode("ascii") + b"\n")
                self._told = dropped
            self._full = False
        except OSError as error:
            if error.errno not in FULL:
                raise
            self._lost += len(entries)
            if not self._full:
                self.say(f"the access log waits, its lines are dropped and counted: {error}")
            self._full = True
        return entry is not None

    def _write(self, lines: bytes) -> None:
        while lines:
            try:
                lines = lines[write(self.descriptor, lines) :]
            except BlockingIOError:  # who started us made it so
                select.select([], [self.descriptor], [])


def line(request: Request, reply: Reply, arrived: float, client: str) -> dict[str, Any]:
    """Return a line of the access log for a request that arrived from an address at a time of `time.monotonic`."""
    return {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "client": client,
        "id": request.headers.get(b"x-request-id", b"").decode("latin-1") or uuid.uuid4().hex,
        "method": request.method,
        "path": request.target.path[:200],
        "model": request.target.model[:200],
        "version": request.job.version.number if isinstance(request.job, Job) else None,
        "status": reply.status,
        "bytes_in": len(request.body),
        "bytes_out": len(reply.body),
        "milliseconds": round(1e3 * (monotonic() - arrived), 3),
    }
