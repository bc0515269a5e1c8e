"""Other programs on the same cores, that come and go: what a shared machine does to a server."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from bench.harness.machine.environment import cores

PROGRAMS_A_CORE, BUSY_SECONDS, QUIET_SECONDS = 2, 1.5, 8.0
BUSY = "import sys, time\nend = time.monotonic() + float(sys.argv[1])\nwhile time.monotonic() < end: pass"


@contextmanager
def bursts(count: int) -> Iterator[None]:
    """Keep so many programs busy for BUSY_SECONDS, after every QUIET_SECONDS, until the end."""
    over = threading.Event()
    thread = threading.Thread(target=_come_and_go, args=(count, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def programs() -> int:
    """Return how many programs it takes to leave a server a share of its cores that it feels."""
    return PROGRAMS_A_CORE * cores()


def _come_and_go(count: int, over: threading.Event) -> None:
    command = [sys.executable, "-S", "-c", BUSY, str(BUSY_SECONDS)]
    while not over.wait(QUIET_SECONDS):
        for busy in [subprocess.Popen(command) for _ in range(count)]:  # noqa: S603 - our own words
            busy.wait()
