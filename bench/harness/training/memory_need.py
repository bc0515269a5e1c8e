"""The memory that a trial will take: as much as the last time, else an estimate from its shapes."""

from collections.abc import Iterable
from pathlib import Path

import psutil

from bench.harness.records.record import Record
from bench.harness.study.trial import Trial
from bench.harness.training.costs import Costs

VALUE_BYTES = 4
PER_PARAMETER = 5  # the weight, its gradient, two moments of Adam, a copy while the net warms up
PER_ACTIVATION = 6  # outputs, their gradients, what convolutions and LRN keep: peaks of 18 arms were 1.2 to 5 times
EVALUATED = 200  # images whose outputs are held at most in an evaluation
FREE_SHARE = 0.8  # of the free memory that workers may fill
CGROUP = Path("/sys/fs/cgroup")


def memory_need(trial: Trial, costs: Costs, records: Iterable[Record]) -> float:
    """Return the bytes that a trial adds to a process that has the libraries and the data.

    Args:
        trial: the trial.
        costs: its net's.
        records: earlier ones that are alike, see `records_alike`; the highest peak stands.
    """
    peaks = [1e6 * record.peak_memory_mb for record in records if record.peak_memory_mb is not None]
    images = max(PER_ACTIVATION * trial.recipe.batch_size, EVALUATED)
    estimate = VALUE_BYTES * (PER_PARAMETER * costs.parameters + images * costs.activations_per_image)
    return max(peaks, default=estimate)


def free_memory() -> int:
    """Return the bytes that this process and its children may still take: the machine's, cut by a cgroup's limit."""
    free = psutil.virtual_memory().available
    try:
        limit = (CGROUP / "memory.max").read_text("ascii").strip()
        used = int((CGROUP / "memory.current").read_text("ascii"))
    except (OSError, ValueError):
        return int(free)
    return int(free) if limit == "max" else max(0, min(int(free), int(limit) - used))


def workers_that_fit(need: float, free: int | None = None) -> int:
    """Return how many worker processes of this need fit into the free memory; at least one is always tried.

    Args:
        need: bytes of the largest trial, beside the libraries and the data.
        free: bytes; None asks the system.
    """
    process = psutil.Process().memory_info().rss  # a worker has what this process has: libraries and data
    return max(1, int(FREE_SHARE * (free_memory() if free is None else free) / (process + need)))
