"""The history that the statistics extension tells: counts and nanoseconds by version, batches by size."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from time import time
from typing import Any

from export.repository.golden import Answers
from serve.errors import RequestError
from serve.inference.batcher import Ran
from serve.inference.request_queue import Job
from serve.inference.version import Version

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
IMAGES = (1, 2, 4, 8, 16, 32, 64, 128)


@dataclass
class Duration:
    """A number of times, and their seconds altogether."""

    count: int = 0
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one more."""
        self.count += 1
        self.seconds += seconds

    def as_dict(self) -> dict[str, int]:
        """As the protocol has it."""
        return {"count": self.count, "ns": int(self.seconds * 1e9)}


class Buckets:
    """A histogram: how many values were at most each edge, and above the last."""

    __slots__ = ("counts", "edges", "total")

    def __init__(self, edges: Sequence[float]) -> None:
        self.edges, self.counts, self.total = tuple(edges), [0] * (len(edges) + 1), 0.0

    def add(self, value: float) -> None:
        """Count one more."""
        self.counts[bisect_left(self.edges, value)] += 1
        self.total += value

    def as_duration(self) -> Duration:
        """Return how many values there were, in seconds, and their sum."""
        return Duration(sum(self.counts), self.total)


@dataclass
class Counters:
    """Counters of one version; requests that were answered, but for `fail`."""

    fail: Duration = field(default_factory=Duration)
    compute: Duration = field(default_factory=Duration)  # of each request: how long its batch ran, as Triton counts
    inferences: int = 0
    last: float = 0.0  # seconds since 1970 at the last answer
    executions: int = 0
    batches: dict[int, Duration] = field(default_factory=dict)
    queue_buckets: Buckets = field(default_factory=lambda: Buckets(SECONDS))
    compute_buckets: Buckets = field(default_factory=lambda: Buckets(SECONDS))
    request_buckets: Buckets = field(default_factory=lambda: Buckets(SECONDS))
    batch_buckets: Buckets = field(default_factory=lambda: Buckets(IMAGES))


class Statistics:
    """Counters of every version that was asked."""

    def __init__(self) -> None:
        self._counters: dict[tuple[str, int], Counters] = {}
        self.replies: Counter[int] = Counter()  # by HTTP status
        self.calls: Counter[str] = Counter()  # by gRPC status

    def all_counters(self) -> list[tuple[tuple[str, int], Counters]]:
        """Return name and number of every version that was asked, with its counters."""
        return sorted(self._counters.items(), key=lambda entry: entry[0])

    def counters(self, version: Version) -> Counters:
        """Return the counters of a version."""
        key = (version.name, version.number)
        counters = self._counters.get(key)
        if counters is None:
            counters = self._counters[key] = Counters()
        return counters

    def ran(self, version: Version, jobs: Sequence[Job], results: Sequence[Answers | RequestError], ran: Ran) -> None:
        """Count a batch, and its requests that nobody answered before."""
        counters = self.counters(version)
        counters.executions += 1
        counters.compute_buckets.add(ran.seconds)
        counters.batch_buckets.add(ran.images)
        counters.batches.setdefault(ran.images, Duration()).add(ran.seconds)
        queue, request = counters.queue_buckets.add, counters.request_buckets.add
        for job, result in zip(jobs, results, strict=True):
            if job.over:
                continue
            if isinstance(result, RequestError):
                counters.fail.add(ran.ended - job.arrived)
                continue
            queue(job.started - job.arrived)
            request(ran.ended - job.arrived)
            counters.compute.add(ran.seconds)
            counters.inferences += job.count
            counters.last = time()

    def failed(self, job: Job, _: RequestError, now: float) -> None:
        """Count a request that is refused, or whose deadline passed, at a time of `time.monotonic`."""
        self.counters(job.version).fail.add(now - job.arrived)

    def of(self, versions: Iterable[Version]) -> dict[str, Any]:
        """Return the statistics extension's answer."""
        return {"model_stats": [self._row(version) for version in versions]}

    def _row(self, version: Version) -> dict[str, Any]:
        counters = self.counters(version)
        return {
            "name": version.name,
            "version": str(version.number),
            "last_inference": int(1e3 * counters.last),
            "inference_count": counters.inferences,
            "execution_count": counters.executions,
            "inference_stats": {
                "success": counters.request_buckets.as_duration().as_dict(),
                "fail": counters.fail.as_dict(),
                "queue": counters.queue_buckets.as_duration().as_dict(),
                **_compute(counters.compute),
            },
            "batch_stats": [
                {"batch_size": size, **_compute(duration)} for size, duration in sorted(counters.batches.items())
            ],
        }


def _compute(whole: Duration) -> dict[str, dict[str, int]]:
    """Return the three parts that Triton tells of a computation; putting in and taking out is part of running here."""
    nothing = Duration(whole.count).as_dict()
    return {"compute_input": nothing, "compute_infer": whole.as_dict(), "compute_output": nothing}
