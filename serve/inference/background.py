"""Work beside the event loop that is no batch: reading pictures, loading models. Bounded, with deadlines, droppable.

What has a deadline waits only while it can still meet it. Its wait is the number before it times the smoothed time that
one takes (V. Jacobson, Congestion avoidance and control, 1988), and what waited too long all the same is not begun: the
time would be lost for those behind it.
"""

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from serve.errors import LATE, RequestError

Result = TypeVar("Result")
Done = Callable[[Result | RequestError], None]
ROOM = 0.8  # of the time that work has, to wait behind other work: as for batches
SMOOTHING = 1 / 8  # Jacobson's gain


class Ticket:
    """Work that waits, runs, or is over."""

    __slots__ = ("over", "timer", "work")

    def __init__(self, work: Callable[[], object]) -> None:
        self.work: Callable[[], object] | None = work
        self.over = False
        self.timer: asyncio.TimerHandle | None = None

    def cancel(self) -> None:
        """Drop it: the client left, or it was answered. It holds no memory any more."""
        self.over, self.work = True, None
        if self.timer is not None:
            self.timer.cancel()


class Beside:
    """A thread, and the work that waits for it.

    Args:
        name: the work's name, as a client is told.
        most: pieces of work that may wait.
    """

    def __init__(self, name: str, most: int) -> None:
        self.name, self.most = name, most
        self.loop = asyncio.get_running_loop()
        self.waiting = 0
        self.seconds = 0.0  # that a piece of work takes, smoothed
        self._cold = True
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)

    def submit(self, work: Callable[[], Result], done: Done[Result], seconds: float | None = None) -> Ticket:
        """Do some work; `done` is called once, on the loop's thread, with what it returns or with its error.

        Args:
            work: is not begun where its ticket is over.
            done: is not called where the ticket was cancelled.
            seconds: time that it may take with its waiting; None: as long as it takes.

        Raises:
            RequestError: 429, too much waits.
        """
        if self.waiting >= self.most:
            raise self._busy(f"{self.most} wait already", self.seconds)
        takes = (self.waiting + 1) * self.seconds
        if seconds is not None and self.waiting and takes > ROOM * seconds:
            raise self._busy(f"it would take {takes:.3g} s, of the {seconds:.3g} s it has", takes - ROOM * seconds)
        ticket = Ticket(work)
        waits = self.waiting > 0
        deadline = math.inf if seconds is None else time.monotonic() + seconds

        def finish(outcome: Result | RequestError) -> None:
            if not ticket.over:
                ticket.cancel()
                done(outcome)

        def finished(outcome: Result | RequestError) -> None:
            self.waiting -= 1
            finish(outcome)

        def run() -> None:
            outcome: Any = RequestError(504, f"{self.name}: {LATE}")
            begun, wanted = time.monotonic(), ticket.work
            if wanted is not None and not (waits and begun + self.seconds > deadline):
                try:
                    outcome = wanted()
                except RequestError as error:
                    outcome = error
                except Exception as error:  # noqa: BLE001 - a defect must not leave a client without an answer
                    outcome = RequestError(500, f"{type(error).__name__}: {' '.join(str(error).split())}")
                self._took(time.monotonic() - begun)
            self.loop.call_soon_threadsafe(finished, outcome)

        if seconds is not None:
            late = RequestError(504, f"{self.name}: {LATE}")
            ticket.timer = self.loop.call_later(seconds, finish, late)
        self.waiting += 1
        self._executor.submit(run)
        return ticket

    def _took(self, seconds: float) -> None:
        """Learn from a piece of work, but for the first: a process was started for it, and its libraries loaded."""
        if self._cold:
            self._cold = False
            return
        self.seconds += SMOOTHING * (seconds - self.seconds) if self.seconds else seconds

    def _busy(self, why: str, wait: float) -> RequestError:
        return RequestError(429, f"{self.name}: {why}", {"Retry-After": str(max(1, math.ceil(wait)))})

    def close(self) -> None:
        """Give the thread back; what has not begun is not done."""
        self._executor.shutdown(wait=True, cancel_futures=True)
