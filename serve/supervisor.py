"""Several processes on one port, where HTTP is the limit and not the nets: the kernel spreads connections over them."""

import contextlib
import os
import queue
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TextIO

OWN = ("--processes", "--port")  # options that the children do not get as they were given
GRACE = 60.0  # seconds that children may take to stop
FAILED = 1
STDIN = 0


class Supervisor:
    """Starts children that listen on the same port, passes signals on, and ends when they have.

    Args:
        words: words of the command line, without the program.
        count: children.
        host: to listen on.
        port: to listen on; 0: any that is free.
        say: takes what happened, a sentence each.
    """

    def __init__(self, words: Sequence[str], count: int, host: str, port: int, say: Callable[[str], None]) -> None:
        self.words, self.count, self.host, self.port, self.say = without(words, OWN), count, host, port, say
        self.children: list[subprocess.Popen[str]] = []
        self._ready = 0
        self._stopping = False
        self._lock = threading.Lock()

    def run(self) -> int:
        """Return the exit status: 0 where every child ended as it was asked to.

        Raises:
            OSError: the address cannot be listened on, or this system cannot share a port.
        """
        if not hasattr(socket, "SO_REUSEPORT"):
            raise OSError("this system cannot share a port between processes: leave --processes out")
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as alone:  # another server that shares its port would be joined
            alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            alone.bind((self.host, self.port))
        with socket.socket(family, socket.SOCK_STREAM) as reserved:  # bound, never listening: it only keeps the port
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            reserved.bind((self.host, self.port))
            port = reserved.getsockname()[1]
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._pass_on)
            for _ in range(self.count):
                if not self._stopping:
                    self.children.append(self._start(port))
            signal.signal(signal.SIGHUP, self._pass_on)  # it was ignored so far, which the children inherit
            if self._stopping:  # while a child was started, which was not listed yet
                self._pass_on(signal.SIGTERM, None)
            return self._wait()

    def _start(self, port: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "serve", "--port", str(port), "--reuse-port", *self.words]
        child = subprocess.Popen(  # noqa: S603 - our own command
            command,
            stdin=subprocess.PIPE,  # nothing is written to it: it ends when this process does, see `when_orphaned`
            stderr=subprocess.PIPE,
            text=True,
        )
        assert child.stderr is not None  # noqa: S101 - it is a pipe
        threading.Thread(target=self._relay, args=(child.stderr,), daemon=True).start()
        return child

    def _relay(self, lines: TextIO) -> None:
        """Pass on what the first child says, and that all of them are ready."""
        for line in lines:
            with self._lock:
                ready = line.startswith("ready:")
                self._ready += ready
                if ready and self._ready < self.count:
                    continue
                self.say(line.rstrip("\n") + (f", {self.count} processes" if ready else ""))

    def _pass_on(self, number: int, _: FrameType | None) -> None:
        self._stopping |= number != signal.SIGHUP
        for child in self.children:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(number)

    def _wait(self) -> int:
        """Wait for all; where one ends unasked, stop the others: a part of the answers would come no more."""
        asked = {0, -signal.SIGTERM, -signal.SIGINT}  # the last two: before it listened to signals
        failed = False
        ended: queue.SimpleQueue[int] = queue.SimpleQueue()
        for child in self.children:
            threading.Thread(target=lambda child=child: ended.put(child.wait()), daemon=True).start()
        statuses: list[int] = []
        while len(statuses) < len(self.children):
            try:
                statuses.append(ended.get(timeout=GRACE if self._stopping else None))
            except queue.Empty:
                self.say(
                    f"{len(self.children) - len(statuses)} processes did not end within {GRACE:.0f} s: they are killed"
                )
                self._pass_on(signal.SIGKILL, None)
            if not self._stopping:
                failed = True
                self.say(f"a process ended with {statuses[-1]}: the others are stopped")
                self._pass_on(signal.SIGTERM, None)
        return FAILED if failed or not asked.issuperset(statuses) else 0


def when_orphaned(stop: Callable[[], None]) -> None:
    """Call `stop`, in a thread of its own, once the supervisor that started this process is gone, however it ended."""
    if not stat.S_ISFIFO(os.fstat(STDIN).st_mode):
        return  # started by hand

    def watch() -> None:
        while os.read(STDIN, 1):
            pass
        stop()

    threading.Thread(target=watch, name="supervisor", daemon=True).start()


def without(words: Sequence[str], options: Sequence[str]) -> list[str]:
    """Return a command line without some options and their values."""
    remaining: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in options:
            skip = True
        elif word.partition("=")[0] not in options:
            remaining.append(word)
    return remaining
