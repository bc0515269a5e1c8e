"""Admission: whether a request may wait, by the limit of its model's queue and by its deadline."""

import math
from collections.abc import Iterable

from serve.errors import RequestError
from serve.inference.request_queue import Job, Lane

ROOM = 0.8  # of the time that a request has, to be admitted behind others: the machine may get other work meanwhile


def why_refused(job: Job, lane: Lane, others: Iterable[Lane], now: float, workers: int) -> RequestError | None:
    """Return why a request cannot wait, None where it can.

    The queue is bounded by time (Little's law: as many requests as are answered within a deadline), not by a number;
    `max_queue_size` (config.pbtxt) bounds the memory.

    Args:
        job: the request.
        lane: the queue that it would wait in.
        others: queues of the other models with work.
        now: time by `time.monotonic`.
        workers: batches that run at the same time.
    """
    config, may = job.version.config, job.deadline - now
    takes = seconds_to_answer(job, lane, others, now, workers)
    if len(lane.jobs) >= config.queue:
        return _too_busy(f"{config.name}: {config.queue} requests wait already", takes - may)
    alone = job.version.expected_seconds(job.count)
    if takes > (ROOM * may if takes > alone else may):
        return _too_busy(
            f"{config.name}: an answer would take {takes:.3g} s, of the {max(may, 0):.3g} s it has", takes - ROOM * may
        )
    return None


def seconds_to_answer(job: Job, lane: Lane, others: Iterable[Lane], now: float, workers: int) -> float:
    """Return when a request should be answered, in seconds from now.

    Ahead of it is what runs, and the batches that wait in its own queue, but for the one that it joins; others that
    come may fill that. Meanwhile every other model computes for as long as its weight gives it beside this one, and a
    batch more, which is not interrupted; or for as long as it has work.
    """
    busy = [other for other in others if other is not lane]
    running = sum(len(queue.running) for queue in (lane, *busy))
    if running < workers and not lane.jobs and not any(other.jobs for other in busy):
        return job.version.expected_seconds(job.count)  # as when it was loaded: refused, it would learn nothing better
    rest = lane.images % lane.largest
    before = lane.seconds_for(lane.images - rest if rest + job.count <= lane.largest else lane.images)
    own = lane.seconds_for(max(job.count, lane.largest))
    turns = 0.0
    for other in busy:
        share = (before + own) * other.version.config.weight / job.version.config.weight
        turns += min(other.seconds_for(other.images), share + other.next_seconds())
    left = sum(queue.seconds_left(now) for queue in (lane, *busy))
    return (left + before + turns) / workers + own


def _too_busy(message: str, wait: float) -> RequestError:
    return RequestError(429, message, {"Retry-After": str(max(1, math.ceil(wait)))})
