"""The queue of one version of a model: the requests that wait, and those of them that should run next."""

import math
from collections import deque
from collections.abc import Callable

import numpy as np

from export.repository.golden import Answers, Pixels
from serve.errors import RequestError
from serve.inference.version import Version

NO_IMAGES = np.zeros((0, 1, 1, 1), np.uint8)

Done = Callable[["Job", Answers | RequestError], None]


class Job:
    """A request that waits, runs, or is over.

    Args:
        version: the version that answers it.
        images: (n, channels, height, width) uint8.
        deadline: time by `time.monotonic`, in seconds.
        done: called once with the job, on the loop's thread.
        trace: the client's header `traceparent`, nothing where it sent none.
    """

    __slots__ = ("arrived", "count", "deadline", "done", "images", "over", "started", "trace", "version")

    def __init__(
        self, version: Version, images: Pixels, arrived: float, deadline: float, done: Done, *, trace: bytes = b""
    ) -> None:
        self.version, self.images, self.arrived, self.deadline, self.done = version, images, arrived, deadline, done
        self.trace = trace
        self.count = len(images)  # stays when the images are let go
        self.over = False
        self.started = math.nan

    def finish(self, result: Answers | RequestError) -> None:
        """Answer, unless it was answered already."""
        if not self.over:
            self.over = True
            self.done(self, result)
            self._let_go()

    def cancel(self) -> None:
        """Drop the work of a client that left."""
        self.over = True
        self._let_go()

    def _let_go(self) -> None:
        """Keep nothing alive: thousands of jobs stay listed until their deadline, and the collector looks at all."""
        self.done = _answered_already
        self.images = NO_IMAGES


def _answered_already(_: Job, __: Answers | RequestError) -> None:
    """Take the place of a callback that was called."""


class Lane:
    """The queue of one version."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.largest = version.largest
        self.seconds = version.seconds[version.largest]  # of a whole batch
        self.jobs: deque[Job] = deque()
        self.images = 0  # that wait
        self.running: list[float] = []  # of each batch that runs, the time by `time.monotonic` when it should end
        self.tag = 0.0  # see serve.inference.fair_queue

    @property
    def full(self) -> bool:
        """Whether a whole batch waits."""
        return self.images >= self.largest

    def seconds_for(self, images: int) -> float:
        """Return how long so many images take at present, in the batches that they would form."""
        return self.version.pace.slowness * self.version.expected_seconds(images)

    def seconds_left(self, now: float) -> float:
        """Return how long the batches that run will still take, each after the other."""
        return sum(max(0.0, end - now) for end in self.running)

    def next_seconds(self) -> float:
        """Return how long the next batch takes."""
        return self.version.expected_seconds(self.version.worth_running(self.images))

    def learn(self, images: int, seconds: float) -> None:
        """Take how long a run took: what it took too long, over a whole batch's time.

        A pause of the machine in the run of one image does not make whole batches a thousand times as long.
        """
        expected = self.version.expected_seconds(images)
        self.version.pace.learn(1 + (seconds - expected) / max(expected, self.seconds))

    def take(self) -> list[Job]:
        """Return the next requests that fit into one run; those that are over are dropped."""
        taken: list[Job] = []
        count, most = 0, self.version.worth_running(self.images)
        while self.jobs:
            job = self.jobs[0]
            if job.over:
                self._drop()
                continue
            if taken and count + job.count > most:
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
