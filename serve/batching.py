"""Batching without a waiting window: while a batch runs, the next one gathers; models take turns; deadlines hold.

Everything here runs on the event loop's thread, but for the runs themselves. A request is one unit: its images stay
together, and it is answered once, by its result, by its error or by its deadline, whichever comes first.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np

from serve.engine import Answers, Pixels, Version, split_evenly
from serve.errors import RequestError

TICK = 0.005  # seconds between looks at the deadlines
NO_IMAGES = np.zeros((0, 1, 1, 1), np.uint8)

Done = Callable[[Answers | RequestError], None]
Result = TypeVar("Result")


class Job:
    """A request that waits, runs, or is over.

    Args:
        version: that answers it.
        images: (n, channels, height, width) uint8.
        deadline: on the loop's clock, in seconds.
        done: called once, on the loop's thread.
    """

    __slots__ = ("arrived", "count", "deadline", "done", "images", "over", "started", "version")

    def __init__(self, version: Version, images: Pixels, arrived: float, deadline: float, done: Done) -> None:
        self.version, self.images, self.arrived, self.deadline, self.done = version, images, arrived, deadline, done
        self.count = len(images)  # stays when the images are let go
        self.over = False
        self.started = math.nan

    def finish(self, result: Answers | RequestError) -> None:
        """Answer, unless it was answered already."""
        if not self.over:
            self.over = True
            self.done(result)
            self._let_go()

    def cancel(self) -> None:
        """Drop the work of a client that left."""
        self.over = True
        self._let_go()

    def _let_go(self) -> None:
        """Keep nothing alive: thousands of jobs stay listed until their deadline, and the collector looks at all."""
        self.done = _answered_already
        self.images = NO_IMAGES


def _answered_already(_: Answers | RequestError) -> None:
    """Take the place of a callback that was called."""


class Lane:
    """The queue of one version."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.jobs: deque[Job] = deque()
        self.images = 0  # that wait
        self.running = 0  # batches

    def seconds_ahead(self, workers: int) -> float:
        """Return how long what waits and runs will take: a whole batch at a time, on so many workers."""
        largest = self.version.largest
        batches = self.running + math.ceil(self.images / largest)
        return batches * self.version.seconds[largest] / workers

    def take(self) -> list[Job]:
        """Return the next requests that fit into one run; those that are over are dropped."""
        taken: list[Job] = []
        count = 0
        while self.jobs:
            job = self.jobs[0]
            if job.over:
                self._drop()
                continue
            if taken and count + job.count > self.version.largest:
                break
            count += job.count
            taken.append(self._drop())
        return taken

    def add(self, job: Job) -> None:
        """Put a request at the end."""
        self.jobs.append(job)
        self.images += job.count

    def _drop(self) -> Job:
        job = self.jobs.popleft()
        self.images -= job.count
        return job


class Ran(NamedTuple):
    """A batch that ran: its images, without padding, and the seconds that it took."""

    images: int
    seconds: float


class Batcher:
    """All lanes and the workers that they share.

    Args:
        workers: batches that run at the same time.
        observe: called with every batch that ran: version, images, requests, seconds waited by the oldest, seconds run.
    """

    def __init__(self, workers: int, observe: Callable[[Version, int, int, float, float], None] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        self.workers = workers
        self._free = workers
        self._executor: Executor = ThreadPoolExecutor(workers, thread_name_prefix="run")
        self._aside: Executor = ThreadPoolExecutor(1, thread_name_prefix="aside")
        self._lanes: dict[tuple[str, int], Lane] = {}
        self._ready: deque[Lane] = deque()  # lanes with work, in the order of their turns
        self._due: dict[int, list[Job]] = {}
        self._ticked = self._bucket(self.loop.time())
        self._ticker: asyncio.TimerHandle | None = None
        self._observe = observe

    def lane(self, version: Version) -> Lane:
        """Return the queue of a version."""
        key = (version.name, version.number)
        lane = self._lanes.get(key)
        if lane is None or lane.version is not version:
            lane = self._lanes[key] = Lane(version)
        return lane

    def submit(self, job: Job) -> None:
        """Queue a request.

        Raises:
            RequestError: 429, the queue is full or the deadline would be missed.
        """
        lane = self.lane(job.version)
        config = job.version.config
        wait = lane.seconds_ahead(self.workers)
        if len(lane.jobs) >= config.queue:
            raise _too_busy(f"{config.name}: {config.queue} requests wait already", wait)
        if job.arrived + wait + job.version.seconds[job.version.size_for(job.count)] > job.deadline:
            raise _too_busy(f"{config.name}: its queue would take {wait:.3f} s, longer than this request may", wait)
        if not lane.jobs:
            self._ready.append(lane)
        lane.add(job)
        self._due.setdefault(self._bucket(job.deadline), []).append(job)
        if self._ticker is None:
            self._ticked = self._bucket(self.loop.time()) - 1
            self._ticker = self.loop.call_later(TICK, self._tick)
        if self._free:
            self._dispatch()

    def aside(self, work: Callable[[], Result], done: Callable[[Result | RequestError], None]) -> None:
        """Do some work beside the event loop, decoding for instance; `done` takes what it returns, or its error."""

        def run() -> None:
            found: Result | RequestError
            try:
                found = work()
            except RequestError as error:
                found = error
            except Exception as error:  # noqa: BLE001 - a defect must not leave a client without an answer
                found = RequestError(500, f"{type(error).__name__}: {error}")
            self.loop.call_soon_threadsafe(done, found)

        self._aside.submit(run)

    def waiting(self, version: Version) -> int:
        """Return how many requests wait for a version."""
        return len(self.lane(version).jobs)

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing runs."""
        return self._free == self.workers and not self._ready

    def close(self) -> None:
        """Give the threads back; what still runs ends first."""
        if self._ticker is not None:
            self._ticker.cancel()
        self._aside.shutdown(wait=True)
        self._executor.shutdown(wait=True)

    def _dispatch(self) -> None:
        """Give free workers the next batches, a model's turn each."""
        while self._free and self._ready:
            lane = self._ready.popleft()
            jobs = lane.take()
            if lane.jobs:
                self._ready.append(lane)  # its next turn comes after everybody else's
            if not jobs:
                continue
            self._free -= 1
            lane.running += 1
            now = self.loop.time()
            for job in jobs:
                job.started = now
            self._executor.submit(self._run, lane, jobs, [job.images for job in jobs])

    def _run(self, lane: Lane, jobs: list[Job], parts: list[Pixels]) -> None:
        """Run a batch: on a worker's thread."""
        start = self.loop.time()
        results = run_jobs(lane.version, parts)
        ran = Ran(sum(map(len, parts)), self.loop.time() - start)
        self.loop.call_soon_threadsafe(self._finished, lane, jobs, results, ran)

    def _finished(self, lane: Lane, jobs: list[Job], results: Sequence[Answers | RequestError], ran: Ran) -> None:
        self._free += 1
        lane.running -= 1
        self._dispatch()  # the next batch runs while these answers are written
        if self._observe is not None:
            waited = max(job.started - job.arrived for job in jobs)
            self._observe(lane.version, ran.images, len(jobs), waited, ran.seconds)
        for job, result in zip(jobs, results, strict=True):
            job.finish(result)

    @staticmethod
    def _bucket(when: float) -> int:
        return math.ceil(when / TICK)

    def _tick(self) -> None:
        """Answer what is past its deadline, whether it waits or runs."""
        now = self._bucket(self.loop.time())
        for bucket in range(self._ticked, now + 1):
            for job in self._due.pop(bucket, ()):
                if not job.over:
                    job.finish(RequestError(504, f"{job.version.name}: the deadline passed before there was an answer"))
        self._ticked = now
        self._ticker = self.loop.call_later(TICK, self._tick) if self._due else None


def run_jobs(version: Version, parts: Sequence[Pixels]) -> list[Answers | RequestError]:
    """Return the answers of several requests that share a run; a failing run is split until only the bad one fails."""
    try:
        return list(_run_together(version, parts))
    except Exception as error:  # noqa: BLE001 - whatever a runtime raises must not take the other requests along
        if len(parts) == 1:
            return [RequestError(500, f"{version.name} failed: {' '.join(str(error).split())}")]
        half = len(parts) // 2
        return [*run_jobs(version, parts[:half]), *run_jobs(version, parts[half:])]


def _run_together(version: Version, parts: Sequence[Pixels]) -> list[Answers]:
    images = parts[0] if len(parts) == 1 else np.concatenate(parts)
    runs = [version.run(images[part]) for part in split_evenly(len(images), version.largest)]
    found = runs[0] if len(runs) == 1 else Answers(*(np.concatenate(columns) for columns in zip(*runs, strict=True)))
    ends = np.cumsum([len(part) for part in parts])
    return [
        Answers(found.logits[end - len(part) : end], found.probabilities[end - len(part) : end])
        for part, end in zip(parts, ends, strict=True)
    ]


def _too_busy(message: str, wait: float) -> RequestError:
    return RequestError(429, message, {"Retry-After": str(max(1, math.ceil(wait)))})
