"""Tests of `batcher`: no waiting window, models take turns, deadlines hold, one bad request fails alone."""

import asyncio
from typing import Any

from export.repository.golden import Answers
from serve.errors import RequestError
from serve.inference.batcher import SHORT_RUN, Batcher
from serve.inference.version import Version, run_jobs
from tests.serve.fakes import Fake, image, job, run, until, version

Result = Answers | RequestError


def test_a_lone_request_runs_at_once() -> None:
    """Alone, at the smallest size: there is no window to wait for."""
    session, results = Fake(), []  # type: Fake, list[Any]

    async def main() -> None:
        batcher = Batcher(1)
        job(batcher, version(session), image(7), results)
        await until(lambda: bool(results))
        batcher.close()

    run(main)
    assert session.sizes == [1]
    assert results[0].logits.tolist() == [[7, 7, 7]]


def test_what_is_there_to_be_read_shares_a_run() -> None:
    """A batch starts when a turn of the loop brings nothing more: no time passes in between."""
    session, results = Fake(), []  # type: Fake, list[Any]

    async def main() -> None:
        batcher, asked = Batcher(1), version(session)
        for place in range(3):
            job(batcher, asked, image(place), results)
            await asyncio.sleep(0)
        await until(lambda: len(results) == 3)
        batcher.close()

    run(main)
    assert session.sizes == [4]


def test_a_stream_of_requests_is_not_waited_for() -> None:
    """A batch runs while more come."""
    session = Fake()

    async def main() -> None:
        batcher, models = Batcher(1), [version(session, str(place), queue=100) for place in range(100)]
        results: list[Any] = []
        for place in range(700):  # at most 7 images a model: no batch is full
            job(batcher, models[place % 100], image(1), results, timeout=60)
            await asyncio.sleep(0)
            if session.sizes:
                break
        assert session.sizes
        await until(lambda: batcher.idle)
        batcher.close()

    run(main)


def test_a_full_batch_runs_at_once() -> None:
    """Nothing more is read before it."""
    session = Fake()

    async def main() -> None:
        batcher, asked = Batcher(1), version(session, queue=100)
        results: list[Any] = []
        for place in range(asked.largest):
            job(batcher, asked, image(place), results)
        await asyncio.sleep(0)
        assert batcher.waiting(asked) == 0
        await until(lambda: batcher.idle)
        batcher.close()

    run(main)


def test_models_that_wait_for_their_turn_are_not_kept_by_what_comes() -> None:
    """One runs a turn of the loop, where runs stay on it, however many requests come meanwhile."""
    session, order = Fake(), []  # type: Fake, list[str]

    async def main() -> None:
        batcher = Batcher(1, Order(order))
        models = [version(session, str(place), seconds=2 * SHORT_RUN) for place in range(300)]
        results: list[Any] = []
        for model in models[:8]:
            job(batcher, model, image(1), results)
        for model in models[8:]:  # more come, one a turn, until the first of those that wait has run
            job(batcher, model, image(1), results)
            await asyncio.sleep(0)
            if order:
                break
        for model in models[:8]:  # and one a turn while the others do
            job(batcher, model, image(1), results)
            await asyncio.sleep(0)
        assert set(order) >= {model.name for model in models[:8]}
        await until(lambda: batcher.idle)
        batcher.close()

    run(main)


def test_what_arrives_while_a_batch_runs_shares_the_next() -> None:
    """Padded to a fixed size; everybody gets their own answer."""
    session, results = Fake(), [[] for _ in range(4)]  # type: Fake, list[list[Any]]

    async def main() -> None:
        batcher, asked = Batcher(1), version(session)
        session.gate.clear()
        job(batcher, asked, image(0), results[0])
        await until(lambda: session.sizes == [1])
        for place in (1, 2, 3):
            job(batcher, asked, image(place), results[place])
        session.gate.set()
        await until(lambda: all(results))
        batcher.close()

    run(main)
    assert session.sizes == [1, 4]
    assert [into[0].logits[0, 0] for into in results] == [0, 1, 2, 3]


def test_a_requests_images_stay_together() -> None:
    """A batch takes whole requests; what does not fit waits for the next."""
    session, results = Fake(), []  # type: Fake, list[Any]

    async def main() -> None:
        batcher, asked = Batcher(1), version(session)
        session.gate.clear()
        job(batcher, asked, image(0), results)
        await until(lambda: session.sizes == [1])
        for count in (5, 4):
            job(batcher, asked, image(count, count), results)
        session.gate.set()
        await until(lambda: len(results) == 3)
        batcher.close()

    run(main)
    assert session.sizes == [1, 8, 4]
    assert [len(answers.logits) for answers in results] == [1, 5, 4]


class Order:
    """Notes which model ran."""

    def __init__(self, names: list[str]) -> None:
        self.names = names

    def ran(self, version: Version, *_: object) -> None:
        """Note it."""
        self.names.append(version.name)

    def failed(self, *_: object) -> None:
        """Nobody fails here."""


def test_models_take_turns() -> None:
    """One that is asked much does not keep the others waiting."""
    session, order = Fake(), []  # type: Fake, list[str]

    async def main() -> None:
        batcher = Batcher(1, Order(order))
        busy, quiet = version(session, "busy", queue=100), version(session, "quiet")
        session.gate.clear()
        results: list[Any] = []
        for _ in range(3):
            job(batcher, busy, image(1, 8), results)
        job(batcher, quiet, image(2), results)
        session.gate.set()
        await until(lambda: len(results) == 4)
        batcher.close()

    run(main)
    assert order.index("quiet") < 3


def test_only_the_bad_request_of_a_batch_fails() -> None:
    """The batch is split until it is alone."""
    session = Fake()
    asked = version(session)

    results = run_jobs(asked, [image(1), image(2), image(255), image(4), image(5)])

    errors = [place for place, result in enumerate(results) if isinstance(result, RequestError)]
    assert errors == [2]
    assert str(results[2]) == "net failed: poison"
    assert [result.logits[0, 0] for result in results if isinstance(result, Answers)] == [1, 2, 4, 5]


def test_a_deadline_is_answered_on_time_even_while_the_model_is_busy() -> None:
    """504, whether the request waits or runs; what comes later is dropped."""
    session, running, waiting = Fake(), [], []  # type: Fake, list[Any], list[Any]

    async def main() -> None:
        batcher, asked = Batcher(1), version(session)
        session.gate.clear()
        start = batcher.loop.time()
        job(batcher, asked, image(1), running, timeout=0.05)
        await until(lambda: session.sizes == [1])
        job(batcher, asked, image(2), waiting, timeout=0.05)
        await until(lambda: bool(running and waiting))
        assert batcher.loop.time() - start < 0.5
        session.gate.set()
        await until(lambda: batcher.idle)
        batcher.close()

    run(main)
    assert [error.status for error in (*running, *waiting)] == [504, 504]
    assert session.sizes == [1]


def test_the_work_of_a_client_that_left_is_dropped() -> None:
    """It is neither run nor answered."""
    session, results = Fake(), []  # type: Fake, list[Any]

    async def main() -> None:
        batcher, asked = Batcher(1), version(session)
        session.gate.clear()
        job(batcher, asked, image(1), results)
        left = job(batcher, asked, image(2), results)
        left.cancel()
        session.gate.set()
        await until(lambda: batcher.idle)
        batcher.close()

    run(main)
    assert session.sizes == [1]
    assert len(results) == 1
