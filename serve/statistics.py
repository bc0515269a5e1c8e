"""What happened, as the statistics extension tells it: counts and nanoseconds by version, batches by size."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from serve.batching import Job
from serve.engine import Answers, Version
from serve.errors import RequestError


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


class Statistics:
    """Counters of every version that was asked."""

    def __init__(self) -> None:
        self._counters: dict[tuple[str, int], Counters] = {}

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
        counters.inferences += len(job.images)
        counters.last = ended

    def ran(self, version: Version, images: int, requests: int, waited: float, seconds: float) -> None:
        """Count a batch."""
        del requests, waited
        counters = self.counters(version)
        counters.executions += 1
        counters.compute.add(seconds)
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
