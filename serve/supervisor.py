"""Several processes on one port, where HTTP is the limit and not the nets: the kernel spreads connections over them."""

import contextlib
import json
import os
import queue
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TextIO

from serve.log import Problem, say, say_as_json

OWN = ("--processes", "--port")  # options that the children do not get as they were given
GRACE = 60.0  # seconds that children may take to stop
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a process that ended has a successor; doubled each time
SLICE = 0.05  # seconds, of a pause
FAILED = 1
STDIN = 0


class Supervisor:
    """Starts children that listen on the same port, passes signals on, and ends when they have.

    Args:
        words: words of the command line, without the program.
        count: children.
        host: to listen on.
        port: to listen on; 0: any that is free.
        as_json: the log.
    """

    def __init__(self, words: Sequence[str], count: int, host: str, port: int, *, as_json: bool = False) -> None:
        self.words, self.count, self.host, self.port = without(words, OWN), count, host, port
        self.as_json, self.say = as_json, say_as_json if as_json else say
        self.children: list[subprocess.Popen[str]] = []
        self._ready: set[int] = set()  # process numbers of children
        self._were_ready = False  # all of them, at once
        self._stopping = False
        self._started: dict[int, float] = {}  # by process, on `time.monotonic`
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
            return self._wait(port)

    def _start(self, port: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "serve", "--port", str(port), "--reuse-port", *self.words]
        child = subprocess.Popen(  # noqa: S603 - our own command
            command,
            stdin=subprocess.PIPE,  # nothing is written to it: it ends when this process does, see `when_orphaned`
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",  # native libraries write what they like
        )
        self._started[child.pid] = time.monotonic()
        assert child.stderr is not None  # noqa: S101 - it is a pipe
        threading.Thread(target=self._relay, args=(child.pid, child.stderr), daemon=True).start()
        return child

    def _relay(self, number: int, lines: TextIO) -> None:
        """Pass on what a child says, and that all of them are ready."""
        with lines:
            for line in lines:
                self._take(number, line.rstrip("\n"))

    def _take(self, number: int, line: str) -> None:
        message = self._message(line)
        with self._lock:
            if not message.startswith("ready:"):
                say(line)
                return
            self._ready.add(number)
            if len(self._ready) >= self.count:
                self._were_ready = True
                self.say(f"{message}, {self.count} processes")

    def _message(self, line: str) -> str:
        """Return what a child's line says; as JSON there may be others among them, of libraries."""
        try:
            return str(json.loads(line)["message"]) if self.as_json else line
        except (ValueError, TypeError, KeyError):
            return line

    def _pass_on(self, number: int, _: FrameType | None) -> None:
        self._stopping |= number != signal.SIGHUP
        for child in self.children:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(number)

    def _wait(self, port: int) -> int:
        """Wait for all; where one ends unasked, another takes its place, later each time.

        One that ends before all were ready would end again: the others are stopped then.
        """
        asked = {0, -signal.SIGTERM, -signal.SIGINT}  # the last two: before it listened to signals
        ended: queue.SimpleQueue[subprocess.Popen[str]] = queue.SimpleQueue()
        for child in self.children:
            self._watch(child, ended)
        failed, pause = False, FIRST_PAUSE
        while self.children:
            try:
                child = ended.get(timeout=GRACE if self._stopping else None)
            except queue.Empty:
                self.say(Problem(f"{len(self.children)} processes did not end within {GRACE:.0f} s: they are killed"))
                failed = True
                self._pass_on(signal.SIGKILL, None)
                continue
            self.children.remove(child)
            if child.stdin is not None:
                child.stdin.close()
            with self._lock:
                self._ready.discard(child.pid)
            if self._stopping:
                failed |= child.returncode not in asked
            elif not self._were_ready:
                failed = True
                self.say(Problem(f"a process ended with {child.returncode}: the others are stopped"))
                self._pass_on(signal.SIGTERM, None)
            else:
                lasted = time.monotonic() - self._started[child.pid]
                pause = FIRST_PAUSE if lasted > LONGEST_PAUSE else min(2 * pause, LONGEST_PAUSE)
                self.say(Problem(f"a process ended with {child.returncode}: another takes its place in {pause:g} s"))
                self._replace(port, pause, ended)
        return FAILED if failed else 0

    def _replace(self, port: int, pause: float, ended: "queue.SimpleQueue[subprocess.Popen[str]]") -> None:
        """Start another child after a pause, unless all shall stop."""
        if not self._paused(pause):
            return
        another = self._start(port)
        self.children.append(another)
        self._watch(another, ended)
        if self._stopping:  # while it was started
            self._pass_on(signal.SIGTERM, None)

    def _paused(self, seconds: float) -> bool:
        """Wait; return whether nobody wanted to stop meanwhile."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._stopping:
            time.sleep(SLICE)
        return not self._stopping

    @staticmethod
    def _watch(child: subprocess.Popen[str], ended: "queue.SimpleQueue[subprocess.Popen[str]]") -> None:
        def watch() -> None:
            child.wait()
            ended.put(child)

        threading.Thread(target=watch, daemon=True).start()


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
