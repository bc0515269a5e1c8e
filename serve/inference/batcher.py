"""Batching without a waiting window: while a batch runs, the next one gathers; models take turns; deadlines hold.

Everything here runs on the event loop's thread, but for the runs themselves. A request is one unit: its images stay
together, and it is answered once, by its result, by its error or by its deadline, whichever comes first.
"""

import asyncio
import math
import traceback
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from time import monotonic
from typing import NamedTuple, Protocol

from export.repository.golden import Answers, Pixels
from serve.errors import LATE, RequestError
from serve.inference.admission import why_refused
from serve.inference.fair_queue import FairQueue
from serve.inference.request_queue import Job, Lane
from serve.inference.version import Version, run_jobs

TICK = 0.005  # seconds between looks at the deadlines
SHORT_RUN = 1e-4  # seconds: handing a batch to a thread and back takes about as long
OWN_RUN = 4e-3  # seconds that a run may hold the loop up where there is one worker: its core is the loop's as well
READ_ON = 2e-3  # seconds in which turns of the loop may bring more requests before a batch runs


class Batch(NamedTuple):
    """Requests that share a run, and all their images together."""

    jobs: Sequence[Job]
    parts: Sequence[Pixels]
    images: int


class Ran(NamedTuple):
    """A batch that ran: its images, without padding, the seconds that it took, and its end of `time.monotonic`."""

    images: int
    seconds: float
    ended: float


class Observer(Protocol):
    """Takes what happened, on the loop's thread."""

    def ran(self, version: Version, jobs: Sequence[Job], results: Sequence[Answers | RequestError], ran: Ran) -> None:
        """Take a batch; those of its requests that are over have no use for their results."""

    def failed(self, job: Job, why: RequestError, now: float) -> None:
        """Take a request that is refused, or whose deadline passed, at a time of `time.monotonic`."""


class Batcher:
    """All lanes and the workers that they share.

    Args:
        workers: batches that run at the same time.
        observers: take what happened.
    """

    def __init__(self, workers: int, *observers: Observer) -> None:
        self.loop = asyncio.get_running_loop()
        self.workers = workers
        self._free = workers
        self._executor: Executor = ThreadPoolExecutor(workers, thread_name_prefix="run")
        self._lanes: dict[int, Lane] = {}  # of versions with work, by their identity
        self._ready = FairQueue()
        self._due: dict[int, list[Job]] = {}
        self._ticked = self._bucket(monotonic())
        self._ticker: asyncio.TimerHandle | None = None
        self._observers = observers
        self._dispatching = False  # soon
        self._arriving = False  # since the last turn of the loop
        self._reads_since: float | None = None  # of `time.monotonic`, before the next batches; None: not yet
        self._held = False  # the loop, in this turn of it: by a run that was not short

    def submit(self, job: Job) -> None:
        """Queue a request.

        Raises:
            RequestError: 429, the queue is full or the deadline would be missed.
        """
        lane = self._lane(job.version)
        if self._free and len(lane.jobs) >= job.version.config.queue:
            self._dispatch()  # what came in this moment does not wait yet
            lane = self._lane(job.version)
        refusal = why_refused(job, lane, self._lanes.values(), monotonic(), self.workers)
        if refusal is not None:
            for observer in self._observers:
                observer.failed(job, refusal, monotonic())
            try:
                raise refusal
            finally:
                del refusal  # it would keep the request through this frame, which its traceback holds
        self._lanes[id(job.version)] = lane
        if not lane.jobs:
            self._ready.join(lane)
        lane.add(job)
        self._arriving = True
        self._due.setdefault(self._bucket(job.deadline), []).append(job)
        if self._ticker is None:
            self._ticked = self._bucket(monotonic()) - 1
            self._ticker = self.loop.call_later(TICK, self._tick)
        self._dispatch_soon()

    def _lane(self, version: Version) -> Lane:
        return self._lanes.get(id(version)) or Lane(version)

    def waiting(self, version: Version) -> int:
        """Return how many requests wait for a version."""
        lane = self._lanes.get(id(version))
        return 0 if lane is None else len(lane.jobs)

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing runs."""
        return self._free == self.workers and not self._ready

    def close(self) -> None:
        """Give the threads back; what still runs ends first."""
        if self._ticker is not None:
            self._ticker.cancel()
        self._executor.shutdown(wait=True)

    def _dispatch_soon(self) -> None:
        """Give out batches with everything else that has come by then."""
        if not self._dispatching:
            self._dispatching = True
            self.loop.call_soon(self._dispatch_in_turn)

    def _dispatch_in_turn(self) -> None:
        """Give out batches when everything is read that has come, or enough for a whole batch."""
        self._held = False
        if self._arriving and self._reads_on():
            self._arriving = False
            self.loop.call_soon(self._dispatch_in_turn)
            return
        self._dispatching = self._arriving = False
        self._dispatch()

    def _reads_on(self) -> bool:
        """Return whether what comes may be read before a batch runs."""
        now = monotonic()
        if self._reads_since is None:
            self._reads_since = now
        return now - self._reads_since < READ_ON and not any(lane.full for lane in self._ready)

    def _dispatch(self) -> None:
        """Give out the next batches, in the order of the models' turns: to free workers, or here where quicker."""
        waiting: list[Lane] = []  # for a worker, or for the loop's next turn
        while self._ready:
            lane = self._ready.draw()
            seconds = lane.next_seconds()
            if seconds < SHORT_RUN and not lane.running:  # while a batch runs, the next one gathers
                self._next(lane)
            elif not self._free:
                waiting.append(lane)
            elif self._held and self._stays(lane, seconds):
                waiting.append(lane)
                break  # its turn comes first, in the loop's next: nobody behind it takes the worker meanwhile
            else:
                self._next(lane)
        self._ready.put_back(waiting)
        self._reads_since = -math.inf if len(self._ready) > 1 else None  # who waits for a turn has waited enough

    def _stays(self, lane: Lane, seconds: float) -> bool:
        """Return whether a run that would take so long alone stays on the loop."""
        return seconds < SHORT_RUN or (self.workers == 1 and seconds * lane.version.pace.slowness < OWN_RUN)

    def _hold(self) -> None:
        """Let the loop read what came, before it runs another batch itself that is not short."""
        self._held = True
        self._dispatch_soon()

    def _next(self, lane: Lane) -> None:
        jobs = lane.take()
        if lane.jobs:
            self._ready.rejoin(lane)
        if jobs:
            self._start(lane, jobs)
        self._forget_idle()

    def _start(self, lane: Lane, jobs: list[Job]) -> None:
        """Run a batch, here where handing it to a worker would take longer."""
        now = monotonic()
        for job in jobs:
            job.started = now
        batch = Batch(jobs, [job.images for job in jobs], sum(job.count for job in jobs))
        seconds = lane.version.expected_seconds(batch.images)
        self._ready.begin(lane, seconds)
        if not self._free or self._stays(lane, seconds):
            self._answer(lane, batch, *self._run(lane, batch))
            if seconds >= SHORT_RUN:
                self._hold()
            return
        self._free -= 1
        lane.running.append(end := now + lane.seconds_for(batch.images))
        self._executor.submit(self._run_beside, lane, batch, end)

    def _run(self, lane: Lane, batch: Batch) -> tuple[list[Answers | RequestError], Ran]:
        start = monotonic()
        results = run_jobs(lane.version, batch.parts)
        end = monotonic()
        return results, Ran(batch.images, end - start, end)

    def _run_beside(self, lane: Lane, batch: Batch, end: float) -> None:
        """Run a batch on a worker's thread."""
        self.loop.call_soon_threadsafe(self._ran_beside, lane, batch, end, *self._run(lane, batch))

    def _ran_beside(
        self, lane: Lane, batch: Batch, end: float, results: Sequence[Answers | RequestError], ran: Ran
    ) -> None:
        self._free += 1
        lane.running.remove(end)
        self._hold()  # these answers come before a run here
        self._dispatch()  # a worker's next batch runs while they are written
        self._answer(lane, batch, results, ran)
        self._forget_idle()

    def _answer(self, lane: Lane, batch: Batch, results: Sequence[Answers | RequestError], ran: Ran) -> None:
        self._ready.charge(lane, ran.seconds - lane.version.expected_seconds(ran.images))
        lane.learn(ran.images, ran.seconds)
        for observer in self._observers:
            observer.ran(lane.version, batch.jobs, results, ran)
        for job, result in zip(batch.jobs, results, strict=True):
            _finish(job, result)

    def _forget_idle(self) -> None:
        """Keep no version alive that has no work, nor a turn to wait for: it may have been replaced."""
        over = math.inf if self.idle else self._ready.now
        for lane in [lane for lane in self._lanes.values() if not (lane.jobs or lane.running) and lane.tag <= over]:
            del self._lanes[id(lane.version)]

    @staticmethod
    def _bucket(when: float) -> int:
        return math.ceil(when / TICK)

    def _tick(self) -> None:
        """Answer what is past its deadline, whether it waits or runs."""
        now = self._bucket(monotonic())
        for bucket in range(self._ticked, now + 1):
            for job in self._due.pop(bucket, ()):
                if not job.over:
                    late = RequestError(504, f"{job.version.name}: {LATE}")
                    for observer in self._observers:
                        observer.failed(job, late, monotonic())
                    _finish(job, late)
        self._ticked = now
        self._ticker = self.loop.call_later(TICK, self._tick) if self._due else None


def _finish(job: Job, result: Answers | RequestError) -> None:
    """Answer a request; what goes wrong there must not take the others along."""
    try:
        job.finish(result)
    except Exception:  # noqa: BLE001 - as said
        traceback.print_exc()
