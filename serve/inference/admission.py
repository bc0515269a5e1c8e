"""Admission: whether a request may wait, by the limit of its model's queue and by its deadline."""

import math
from time import monotonic

from serve.errors import RequestError
from serve.inference.request_queue import Job, Lane

SAFE = 0.5  # of the time that a request has, to be admitted behind others: the machine may have other work meanwhile


def why_refused(job: Job, lane: Lane, wait: float) -> RequestError | None:
    """Return why a request cannot wait, None where it can.

    Args:
        job: the request.
        lane: the queue that it would wait in, of at most `max_queue_size` requests (config.pbtxt).
        wait: seconds that everything before it takes.
    """
    config = job.version.config
    if len(lane.jobs) >= config.queue:
        return _too_busy(f"{config.name}: {config.queue} requests wait already", wait)
    may = job.deadline - monotonic()
    if wait:
        may, takes = SAFE * may, wait + lane.own_seconds(job.count)
    else:
        takes = job.version.expected_seconds(job.count)
    if takes > may:
        return _too_busy(f"{config.name}: an answer would take {takes:.3g} s, longer than the {may:.3g} s it may", wait)
    return None


def _too_busy(message: str, wait: float) -> RequestError:
    return RequestError(429, message, {"Retry-After": str(max(1, math.ceil(wait)))})
