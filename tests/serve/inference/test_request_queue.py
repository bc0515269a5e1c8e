"""Tests of `request_queue`, and of what `batcher` expects of a queue: how long it takes, what should run now."""

import asyncio
import gc
import threading
import time
import weakref
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from export.repository.golden import Answers
from serve.errors import RequestError
from serve.inference.batcher import Batcher
from serve.inference.request_queue import Job, Lane
from serve.inference.version import Pace, Version
from tests.serve.fakes import Fake, image, job, run, until, version

Result = Answers | RequestError


def test_what_comes_in_one_moment_is_no_queue() -> None:
    """A worker that is free takes it before anybody is refused."""
    session, results = Fake(), []  # type: Fake, list[Any]

    async def main() -> None:
        batcher, asked = Batcher(1), version(session)
        for _ in range(8):
            job(batcher, asked, image(1), results)
        await until(lambda: len(results) == 8)
        batcher.close()

    run(main)
    assert session.sizes == [4, 4]


@pytest.mark.parametrize(
    ("workers", "seconds", "here"),
    [(1, 1e-6, True), (1, 1e-3, True), (1, 1.0, False), (2, 1e-6, True), (2, 1e-3, False)],
)
def test_a_short_run_is_not_handed_to_a_thread(workers: int, seconds: float, *, here: bool) -> None:
    """Handing it over takes longer; one worker shares its core with the loop, and longer runs stay there."""
    session, results = Fake(), []  # type: Fake, list[Any]

    async def main() -> None:
        batcher = Batcher(workers)
        job(batcher, version(session, seconds=seconds), image(1), results)
        await until(partial(bool, results))
        batcher.close()

    run(main)
    assert (session.thread == threading.current_thread().name) is here
    assert session.thread.startswith("run") is not here


def test_between_runs_that_hold_the_loop_up_it_reads() -> None:
    """A request that came meanwhile has its turn after one batch, however many wait."""
    session, results, seen = Fake(), [], []  # type: Fake, list[Any], list[int]

    async def main() -> None:
        batcher, asked = Batcher(1), version(session, seconds=1e-3)
        for _ in range(3):
            job(batcher, asked, image(1, 8), results)
        batcher.loop.call_soon(lambda: seen.append(len(results)))
        await until(lambda: len(results) == 3)
        batcher.close()

    run(main)
    assert seen == [1]
    assert session.sizes == [8, 8, 8]


def test_what_has_run_is_answered_before_the_loop_runs_more() -> None:
    """Who waited for a worker does not wait for others as well."""
    long, short, order = Fake(), Fake(), []  # type: Fake, Fake, list[str]

    async def main() -> None:
        batcher = Batcher(1)
        slow, quick = version(long, "slow", seconds=1.0), version(short, "quick", seconds=1e-3)
        now = time.monotonic()
        long.gate.clear()
        batcher.submit(Job(slow, image(1), now, now + 30, lambda *_: order.append("slow")))
        await until(lambda: long.sizes == [1])
        batcher.submit(Job(quick, image(1), now, now + 30, lambda *_: order.append("quick")))
        await asyncio.sleep(0.01)
        long.gate.set()
        await until(lambda: len(order) == 2)
        batcher.close()

    run(main)
    assert order == ["slow", "quick"]


def test_a_pause_in_a_short_run_is_not_taken_for_slowness() -> None:
    """A tenth of a second in a run of 50 microseconds: batches of a millisecond may take as much, not two seconds."""
    asked = replace(version(Fake()), seconds={1: 5e-5, 2: 1e-4, 4: 5e-4, 8: 1e-3})
    lane = Lane(asked)

    lane.learn(1, 0.1)

    assert lane.seconds_for(8) == pytest.approx(0.05, rel=0.1)
    lane.learn(8, 0.2)
    assert lane.seconds_for(8) > 0.1


def test_runs_that_became_slow_leave_the_loop() -> None:
    """However quick they were when the model was loaded."""
    session, results = Fake(), []  # type: Fake, list[Any]

    async def main() -> None:
        batcher = Batcher(1)
        job(batcher, replace(version(session, seconds=1e-3), pace=Pace(10.0)), image(1), results)
        await until(partial(bool, results))
        batcher.close()

    run(main)
    assert session.thread.startswith("run")


def test_a_request_of_several_runs_stays_in_its_turn() -> None:
    """It has more images than a batch: while the worker is busy it runs here, and no worker is counted twice."""
    long, short = Fake(), Fake()
    results: list[Any] = []

    async def main() -> None:
        batcher = Batcher(1)
        long.gate.clear()
        job(batcher, version(long, "slow", seconds=1.0), image(1), results, 30.0)
        await until(lambda: long.sizes == [1])
        job(batcher, version(short, "quick", seconds=4e-5, max_batch=32), image(2, 32), results, 30.0)
        await until(lambda: len(results) == 1)
        assert not batcher.idle
        long.gate.set()
        await until(lambda: len(results) == 2)
        await until(lambda: batcher.idle)
        batcher.close()

    run(main)
    assert short.sizes == [8, 8, 8, 8]


def test_what_is_short_does_not_wait_for_the_long_runs_of_others() -> None:
    """But while a model's own batch runs, its next one gathers, however short single images are."""
    long, short, order = Fake(), Fake(), []  # type: Fake, Fake, list[Any]

    async def main() -> None:
        batcher = Batcher(1)
        slow, quick = version(long, "slow", seconds=1.0), version(short, "quick", seconds=1e-6)
        both = replace(version(short, "both"), seconds={1: 1e-6, 2: 1e-6, 4: 1e-6, 8: 0.1})
        long.gate.clear()
        job(batcher, slow, image(1), order)
        await until(lambda: long.sizes == [1])
        job(batcher, quick, image(2), order, timeout=30)
        await until(lambda: len(order) == 1)
        long.gate.set()
        await until(lambda: len(order) == 2)
        short.gate.clear()
        job(batcher, both, image(1, 8), order)
        await until(lambda: short.sizes == [1, 8])
        for _ in range(3):
            job(batcher, both, image(3), order)
            await asyncio.sleep(0.01)
        assert short.sizes == [1, 8]
        short.gate.set()
        await until(lambda: len(order) == 6)
        batcher.close()

    run(main)
    assert order[0].logits[0, 0] == 2
    assert short.sizes == [1, 8, 4]


def test_a_version_without_work_is_not_kept_alive() -> None:
    """One that was replaced would keep its session's memory."""
    session, results = Fake(), []  # type: Fake, list[Any]

    gone: list[weakref.ref[Version]] = []

    async def main() -> None:
        batcher = Batcher(1)
        for seconds in (1e-6, 0.001):
            asked = version(session, seconds=seconds)
            job(batcher, asked, image(1), results)
            await until(lambda: batcher.idle and bool(results))
            gone.append(weakref.ref(asked))
            results.clear()
        del asked
        await asyncio.sleep(2.1)  # the deadline, until which answered requests are listed
        gc.collect()
        assert [reference() for reference in gone] == [None, None]
        batcher.close()

    run(main)


def test_a_machine_that_became_slow_is_noticed_at_once() -> None:
    """And that it is fast again little by little: a request too many is worse than one too few."""
    lane = Lane(version(Fake(), seconds=0.1))

    lane.learn(8, 0.5)
    slow = lane.seconds_for(8)
    lane.learn(8, 0.1)

    assert slow == pytest.approx(0.3)
    assert 0.25 < lane.seconds_for(8) < slow


@pytest.mark.parametrize(("waiting", "now"), [(1, 1), (4, 4), (5, 4), (7, 4), (8, 8), (20, 8)])
def test_as_many_run_as_give_the_most_images_a_second(waiting: int, now: int) -> None:
    """5 images in a batch of 8 would take as long as 8: 4 run, and one waits for the next."""
    asked = replace(version(Fake()), seconds={1: 1.0, 2: 2.0, 4: 4.0, 8: 8.0})

    assert asked.worth_running(waiting) == now


def test_more_images_than_one_run_may_have_take_several() -> None:
    """And the rest its own."""
    asked = replace(version(Fake()), seconds={1: 0.1, 2: 0.2, 4: 0.3, 8: 0.5})

    assert asked.expected_seconds(8) == 0.5
    assert asked.expected_seconds(17) == pytest.approx(1.1)
