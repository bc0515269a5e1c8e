"""Work beside the event loop that is no batch: reading pictures, loading models. Bounded, with deadlines, droppable."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from serve.errors import LATE, RequestError

Result = TypeVar("Result")
Done = Callable[[Result | RequestError], None]


class Ticket:
    """Work that waits, runs, or is over."""

    __slots__ = ("over", "timer")

    def __init__(self) -> None:
        self.over = False
        self.timer: asyncio.TimerHandle | None = None

    def cancel(self) -> None:
        """Drop it: the client left, or it was answered."""
        self.over = True
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
            raise RequestError(429, f"{self.name}: {self.most} wait already", {"Retry-After": "1"})
        ticket = Ticket()

        def finish(outcome: Result | RequestError) -> None:
            if not ticket.over:
                ticket.cancel()
                done(outcome)

        def finished(outcome: Result | RequestError) -> None:
            self.waiting -= 1
            finish(outcome)

        def run() -> None:
            outcome: Result | RequestError = RequestError(504, f"{self.name}: it is not wanted any more")
            if not ticket.over:
                try:
                    outcome = work()
                except RequestError as error:
                    outcome = error
                except Exception as error:  # noqa: BLE001 - a defect must not leave a client without an answer
                    outcome = RequestError(500, f"{type(error).__name__}: {' '.join(str(error).split())}")
            self.loop.call_soon_threadsafe(finished, outcome)

        if seconds is not None:
            late = RequestError(504, f"{self.name}: {LATE}")
            ticket.timer = self.loop.call_later(seconds, finish, late)
        self.waiting += 1
        self._executor.submit(run)
        return ticket

    def close(self) -> None:
        """Give the thread back; what has not begun is not done."""
        self._executor.shutdown(wait=True, cancel_futures=True)
