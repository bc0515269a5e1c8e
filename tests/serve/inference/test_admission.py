"""Tests of who may wait: serve.inference.batcher refuses what would be late, by what is ahead and how long it takes."""

import contextlib
import gc
import weakref
from dataclasses import replace
from typing import Any

import pytest

from serve.errors import RequestError
from serve.inference.admission import seconds_to_answer
from serve.inference.batcher import Batcher
from serve.inference.request_queue import Job, Lane
from serve.inference.version import Pace
from tests.serve.fakes import Fake, image, job, run, until, version


def answered_in(lane: Lane, images: int) -> float:
    """Return when a request with so many images should be answered that comes at 0 s, with one worker."""
    request = Job(lane.version, image(1, images), 0.0, 10.0, lambda *_: None)
    return seconds_to_answer(request, lane, [lane], 0.0, 1)


def test_a_full_queue_refuses_at_once() -> None:
    """429, and when to come again."""
    session = Fake()

    async def main() -> None:
        batcher, asked = Batcher(1), version(session)
        session.gate.clear()
        results: list[Any] = []
        job(batcher, asked, image(1), results)
        await until(lambda: session.sizes == [1])
        for _ in range(4):
            job(batcher, asked, image(1), results)
        with pytest.raises(RequestError, match="4 requests wait already") as caught:
            job(batcher, asked, image(1), results)
        assert (caught.value.status, caught.value.headers) == (429, {"Retry-After": "1"})
        session.gate.set()
        await until(lambda: len(results) == 5)
        batcher.close()

    run(main)


def test_what_is_refused_is_let_go_at_once() -> None:
    """Its error does not keep it until the collector comes: a flood that is refused must not fill the memory."""
    session = Fake()

    async def main() -> None:
        batcher, asked = Batcher(1), version(session, seconds=0.5)
        images = image(1)
        left = weakref.ref(images)
        with contextlib.suppress(RequestError):
            job(batcher, asked, images, [], timeout=0.1)
        del images
        assert batcher.waiting(asked) == 0
        assert left() is None
        batcher.close()

    gc.disable()
    try:
        run(main)
    finally:
        gc.enable()


def test_a_request_that_would_be_late_is_refused_at_once() -> None:
    """By what waits before it and how long runs take, not after it has waited in vain."""
    session = Fake()

    async def main() -> None:
        batcher, asked = Batcher(1), version(session, seconds=0.5)
        session.gate.clear()
        results: list[Any] = []
        job(batcher, asked, image(1, 8), results)
        job(batcher, asked, image(1, 8), results, timeout=1.3)  # a quarter more: the machine may get other work
        with pytest.raises(RequestError, match=r"would take 1\.5 s, of the 1\.8.* s it has"):
            job(batcher, asked, image(1), results, timeout=1.8)
        session.gate.set()
        await until(lambda: len(results) == 2)
        batcher.close()

    run(main)


def test_a_flood_in_one_moment_is_refused() -> None:
    """One batch runs to make room, the loop does not go on with that: the queue is as long as it says."""
    session, results, refused = Fake(), [], []  # type: Fake, list[Any], list[int]

    async def main() -> None:
        batcher, asked = Batcher(1), version(session, seconds=1e-3, queue=4)
        for _ in range(20):
            try:
                job(batcher, asked, image(1), results)
            except RequestError as error:
                refused.append(error.status)
        assert session.sizes == [4]
        await until(lambda: batcher.idle)
        batcher.close()

    run(main)
    assert refused == [429] * 12
    assert session.sizes == [4, 4]
    assert len(results) == 8


def test_a_whole_batch_is_expected_where_others_wait() -> None:
    """They may fill it: a request that counted on a run of its own would be late."""
    asked = version(Fake(), seconds=0.1)
    asked.seconds[1] = 0.01
    lane = Lane(asked)

    alone = answered_in(lane, 1)
    lane.running = [0.25]

    assert alone == 0.01
    assert answered_in(lane, 1) == pytest.approx(0.25 + 0.1)


def test_the_turns_of_other_models_are_counted() -> None:
    """As many of their batches as come before this one's turn, and no more."""

    async def main() -> None:
        batcher = Batcher(1)
        session, results = Fake(), []  # type: Fake, list[Any]
        session.gate.clear()
        busy, quiet = version(session, "busy", seconds=0.5, queue=100), version(session, "quiet", seconds=0.1)
        job(batcher, busy, image(1, 8), results)
        await until(lambda: session.sizes == [8])
        job(batcher, busy, image(1, 8), results, timeout=30)
        job(batcher, quiet, image(2), results, timeout=1.4)
        with pytest.raises(RequestError, match=r"would take 1\.(2|1\d+) s"):  # with one image it fills no batch
            job(batcher, quiet, image(2, 8), results, timeout=1.4)
        session.gate.set()
        await until(lambda: len(results) == 3)
        batcher.close()

    run(main)


def test_a_worker_that_is_free_is_nobodys_queue() -> None:
    """A long run on the other one refuses nobody: this request starts now."""
    session, results = Fake(), []  # type: Fake, list[Any]

    async def main() -> None:
        batcher, asked = Batcher(2), version(session, seconds=0.7)
        session.gate.clear()
        job(batcher, asked, image(1), results)
        await until(lambda: session.sizes == [1])
        job(batcher, asked, image(1), results)
        await until(lambda: session.sizes == [1, 1])
        session.gate.set()
        await until(lambda: len(results) == 2)
        batcher.close()

    run(main)


def test_a_request_joins_the_batch_that_waits() -> None:
    """It does not wait for it: it is in it, unless it has too many images."""
    session, results = Fake(), []  # type: Fake, list[Any]

    async def main() -> None:
        batcher, asked = Batcher(1), version(session, seconds=0.1)
        session.gate.clear()
        job(batcher, asked, image(1), results)
        await until(lambda: session.sizes == [1])
        job(batcher, asked, image(1), results)
        with pytest.raises(RequestError, match=r"would take 0\.[23]\d* s"):
            job(batcher, asked, image(1, 8), results, timeout=0.3)
        job(batcher, asked, image(1), results, timeout=0.3)
        session.gate.set()
        await until(lambda: len(results) == 3)
        batcher.close()

    run(main)


def test_a_request_of_several_runs_counts_as_several() -> None:
    """While it runs, too."""
    session, results = Fake(), []  # type: Fake, list[Any]

    async def main() -> None:
        batcher, asked = Batcher(1), version(session, seconds=0.1)
        session.gate.clear()
        job(batcher, asked, image(1, 32), results)
        await until(lambda: session.sizes == [8])
        with pytest.raises(RequestError, match=r"would take 0\.(5|49\d*) s"):
            job(batcher, asked, image(1), results, timeout=0.5)
        session.gate.set()
        await until(lambda: len(results) == 1 and batcher.idle)
        assert not batcher._lanes  # noqa: SLF001 - it is forgotten
        batcher.close()

    run(main)


def test_a_version_without_work_is_not_taken_for_slow() -> None:
    """It was, when it ran last; refused for that it would never learn that it is not any more."""
    lane = Lane(replace(version(Fake(), seconds=0.1), pace=Pace(10.0)))

    idle = answered_in(lane, 1)
    lane.running = [0.5]

    assert idle == 0.1
    assert answered_in(lane, 1) == pytest.approx(0.5 + 1.0)
