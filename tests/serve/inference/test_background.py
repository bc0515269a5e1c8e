"""Tests of `background` and `helper`: bounded, on time, and dropped when nobody waits any more."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from serve.errors import RequestError
from serve.inference.background import Beside
from serve.inference.helper import Helper
from tests.serve.fakes import run, until


def test_work_is_done_on_a_thread_and_answered_on_the_loop() -> None:
    """With its result or its error."""
    outcomes: list[Any] = []
    threads: list[str] = []

    def work() -> int:
        threads.append(threading.current_thread().name)
        return 7

    def refuse() -> int:
        raise RequestError(400, "no")

    def fail() -> int:
        raise ValueError("a defect")

    async def main() -> None:
        beside = Beside("work", 8)
        for task in (work, refuse, fail):
            beside.submit(task, outcomes.append)
        await until(lambda: len(outcomes) == 3)
        beside.close()

    run(main)
    assert threads[0].startswith("work")
    assert outcomes[0] == 7
    assert [(error.status, str(error)) for error in outcomes[1:]] == [(400, "no"), (500, "ValueError: a defect")]


def test_only_so_much_waits() -> None:
    """429, and there is room again when something is done."""
    gate, outcomes = threading.Event(), []  # type: threading.Event, list[Any]

    async def main() -> None:
        beside = Beside("work", 2)
        for _ in range(2):
            beside.submit(gate.wait, outcomes.append)
        with pytest.raises(RequestError, match="work: 2 wait already") as caught:
            beside.submit(gate.wait, outcomes.append)
        assert caught.value.status == 429
        gate.set()
        await until(lambda: len(outcomes) == 2)
        beside.submit(gate.wait, outcomes.append)
        await until(lambda: len(outcomes) == 3)
        beside.close()

    run(main)


def test_a_deadline_is_answered_on_time_and_its_work_not_begun() -> None:
    """504, while the thread is busy with something else."""
    gate, outcomes, begun = threading.Event(), [], []  # type: threading.Event, list[Any], list[int]

    async def main() -> None:
        beside = Beside("work", 8)
        beside.submit(gate.wait, outcomes.append)
        beside.submit(lambda: begun.append(1), outcomes.append, 0.05)
        await until(lambda: len(outcomes) == 1)
        assert outcomes[0].status == 504
        gate.set()
        await until(lambda: beside.waiting == 0)
        beside.close()

    run(main)
    assert not begun
    assert len(outcomes) == 2


def test_the_work_of_a_client_that_left_is_dropped() -> None:
    """It is neither begun nor answered."""
    gate, outcomes, begun = threading.Event(), [], []  # type: threading.Event, list[Any], list[int]

    async def main() -> None:
        beside = Beside("work", 8)
        beside.submit(gate.wait, outcomes.append)
        beside.submit(lambda: begun.append(1), outcomes.append).cancel()
        gate.set()
        await until(lambda: beside.waiting == 0)
        beside.close()

    run(main)
    assert not begun
    assert len(outcomes) == 1


def test_closing_does_not_wait_for_what_has_not_begun() -> None:
    """Only for what runs."""
    gate, begun = threading.Event(), []  # type: threading.Event, list[int]

    async def main() -> None:
        beside = Beside("work", 8)
        beside.submit(lambda: gate.wait(0.2), lambda _: None)
        for _ in range(5):
            beside.submit(lambda: begun.append(1), lambda _: None)
        await asyncio.sleep(0.05)
        beside.close()

    run(main)
    assert not begun


def test_what_would_be_late_is_refused_and_says_when_to_come_back() -> None:
    """By the smoothed time of what was done before; who finds nobody waiting is always let in."""
    gate, outcomes = threading.Event(), []  # type: threading.Event, list[Any]

    async def main() -> None:
        beside = Beside("work", 64)
        beside.seconds = 0.4
        beside.submit(gate.wait, outcomes.append, 0.1)
        for _ in range(3):
            beside.submit(gate.wait, outcomes.append, 2.0)
        with pytest.raises(RequestError, match=r"work: it would take 2 s, of the 2 s it has") as caught:
            beside.submit(gate.wait, outcomes.append, 2.0)
        assert caught.value.status == 429
        assert caught.value.headers == {"Retry-After": "1"}
        beside.submit(gate.wait, outcomes.append)  # without a deadline it waits as long as it takes
        gate.set()
        await until(lambda: len(outcomes) == 5)
        assert beside.seconds < 0.4
        beside.close()

    run(main)


def test_what_waited_too_long_is_not_begun() -> None:
    """It would be late, and those behind it too."""
    gate, outcomes, begun = threading.Event(), [], []  # type: threading.Event, list[Any], list[int]

    async def main() -> None:
        beside = Beside("work", 8)
        beside.submit(gate.wait, outcomes.append)
        beside.submit(lambda: begun.append(1), outcomes.append, 1.0)
        beside.seconds = 5.0
        gate.set()
        await until(lambda: len(outcomes) == 2)
        beside.close()

    run(main)
    assert not begun
    assert outcomes[1].status == 504


def test_dropped_work_holds_no_memory() -> None:
    """A client that leaves takes its picture along, though its turn has not come."""
    gate = threading.Event()

    async def main() -> None:
        beside = Beside("work", 8)
        beside.submit(gate.wait, lambda _: None)
        body = bytearray(b"picture")
        ticket = beside.submit(partial(len, body), lambda _: None)
        kept = sys.getrefcount(body)
        ticket.cancel()
        assert sys.getrefcount(body) < kept
        gate.set()
        await until(lambda: beside.waiting == 0)
        beside.close()

    run(main)


def test_the_first_of_all_teaches_nothing() -> None:
    """A process and its libraries start for it, and are there for those behind it: they are begun."""
    outcomes: list[Any] = []
    slow = partial(time.sleep, 0.3)

    async def main() -> None:
        beside = Beside("work", 8)
        for work in (slow, int, int):
            beside.submit(work, outcomes.append, 0.5)
        await until(lambda: len(outcomes) == 3)
        beside.close()

    run(main)
    assert outcomes == [None, 0, 0]


@pytest.fixture
def helper() -> Iterator[Helper]:
    """Return a process for work; it is ended afterwards."""
    made = Helper("work")
    yield made
    made.close()


def test_the_interrupt_of_a_terminal_is_for_the_server_alone(helper: Helper) -> None:
    """Ctrl-C reaches every process that it started; what is in work is answered all the same."""
    assert helper.call(20.0, signal.raise_signal, signal.SIGINT) is None
    assert helper.call(20.0, abs, -7) == 7


class JustLate(threading.Timer):
    """A timer that fires just when it shall not any more."""

    def cancel(self) -> None:
        """Fire, then cancel."""
        self.function()
        super().cancel()


def test_time_that_passes_just_after_an_answer_leaves_no_dying_process(
    helper: Helper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work behind it would be given to that one."""
    monkeypatch.setattr("serve.inference.helper.threading.Timer", JustLate)

    processes = [helper.call(20.0, os.getpid) for _ in range(4)]

    assert len(set(processes)) == 4
