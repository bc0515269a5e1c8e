"""What happened, as the statistics extension tells it: counts and nanoseconds by version, batches by size."""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from serve.batching import Job
from serve.engine import Answers, Version
from serve.errors import RequestError

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
IMAGES = (1, 2, 4, 8, 16, 32, 64, 128)


@dataclass
class Duration:
    """How often, and nanoseconds altogether."""

    count: int = 0
    ns: int = 0

    def add(self, seconds: float) -> None:
        """Count one more."""
        self.count += 1
        self.ns += max(0, int(seconds * 1e9)) if math.isfinite(seconds) else 0

    def as_dict(self) -> dict[str, int]:
        """As the protocol has it."""
        return {"count": self.count, "ns": self.ns}


class Buckets:
    """A histogram: how many values were at most each edge, and above the last."""

    __slots__ = ("counts", "edges", "total")

    def __init__(self, edges: Sequence[float]) -> None:
        self.edges, self.counts, self.total = tuple(edges), [0] * (len(edges) + 1), 0.0

    def add(self, value: float) -> None:
        """Count one more."""
        self.counts[bisect_left(self.edges, value)] += 1
        self.total += value


@dataclass
class Counters:
    """Of one version."""

    success: Duration = field(default_factory=Duration)
    fail: Duration = field(default_factory=Duration)
    queue: Duration = field(default_factory=Duration)
    compute: Duration = field(default_factory=Duration)
    inferences: int = 0
    executions: int = 0
    batches: dict[int, Duration] = field(default_factory=dict)
    last: float = 0.0  # on the loop's clock
    queue_buckets: Buckets = field(default_factory=lambda: Buckets(SECONDS))
    compute_buckets: Buckets = field(default_factory=lambda: Buckets(SECONDS))
    request_buckets: Buckets = field(default_factory=lambda: Buckets(SECONDS))
    batch_buckets: Buckets = field(default_factory=lambda: Buckets(IMAGES))


class Statistics:
    """Counters of every version that was asked."""

    def __init__(self) -> None:
        self._counters: dict[tuple[str, int], Counters] = {}
        self.replies: Counter[int] = Counter()  # by HTTP status

    def all_counters(self) -> list[tuple[tuple[str, int], Counters]]:
        """Return name and number of every version that was asked, with its counters."""
        return sorted(self._counters.items(), key=lambda each: each[0])

    def counters(self, version: Version) -> Counters:
        """Return the counters of a version."""
        return self._counters.setdefault((version.name, version.number), Counters())

    def answered(self, job: Job, ended: float, result: Answers | RequestError) -> None:
        """Count a request that was answered at a time on the loop's clock."""
        counters = self.counters(job.version)
        if isinstance(result, RequestError):
            counters.fail.add(ended - job.arrived)
            return
        counters.success.add(ended - job.arrived)
        counters.queue.add(job.started - job.arrived)
        counters.queue_buckets.add(job.started - job.arrived)
        counters.request_buckets.add(ended - job.arrived)
        counters.inferences += job.count
        counters.last = ended

    def ran(self, version: Version, images: int, requests: int, waited: float, seconds: float) -> None:
        """Count a batch."""
        del requests, waited
        counters = self.counters(version)
        counters.executions += 1
        counters.compute.add(seconds)
        counters.compute_buckets.add(seconds)
        counters.batch_buckets.add(images)
        counters.batches.setdefault(images, Duration()).add(seconds)

    def of(self, versions: Iterable[Version]) -> dict[str, Any]:
        """Return the statistics extension's answer."""
        return {"model_stats": [self._row(version) for version in versions]}

    def _row(self, version: Version) -> dict[str, Any]:
        counters = self.counters(version)
        nothing = Duration().as_dict()
        return {
            "name": version.name,
            "version": str(version.number),
            "inference_count": counters.inferences,
            "execution_count": counters.executions,
            "inference_stats": {
                "success": counters.success.as_dict(),
                "fail": counters.fail.as_dict(),
                "queue": counters.queue.as_dict(),
                "compute_input": nothing,
                "compute_infer": counters.compute.as_dict(),
                "compute_output": nothing,
            },
            "batch_stats": [
                {
                    "batch_size": size,
                    "compute_input": nothing,
                    "compute_infer": duration.as_dict(),
                    "compute_output": nothing,
                }
                for size, duration in sorted(counters.batches.items())
            ],
        }
