"""Trials side by side, each in a process of its own with its share of the cores: for accuracy, never for timing."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bench.harness.data.load import load
from bench.harness.machine.device import Execution, apply, share_of_gpu
from bench.harness.records.record import Record
from bench.harness.run.backend import BackendError, Ended
from bench.harness.run.plan import record_seconds
from bench.harness.study.planned import Planned
from bench.harness.training.trial_run import TrialRun

AHEAD = 1  # trials that wait beside the running ones, so that no worker waits for the next


@dataclass(frozen=True, kw_only=True)
class Job:
    """All that a worker needs beside the trial: how to run it, where its data is and where its checkpoint goes."""

    execution: Execution
    results: Path
    data_root: Path | None
    workers: int


class Processes:
    """Trains `job.workers` trials at a time, begun in their order."""

    timed = False
    by_arm = False

    def __init__(self, job: Job) -> None:
        self._slots = job.workers + AHEAD
        self._executor = ProcessPoolExecutor(
            job.workers, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(job,)
        )

    def train(self, trials: Iterator[Planned]) -> Iterator[Ended]:
        """Keep every worker busy; yield trials in the order in which they end."""
        running: dict[Future[Record], Planned] = {}
        while True:
            for planned in islice(trials, self._slots - len(running)):
                running[self._submit(planned)] = planned
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield _ended(running.pop(future), future)

    def _submit(self, planned: Planned) -> Future[Record]:
        """Hand a trial to the workers; where they are gone, its future says so like that of one that was running."""
        try:
            return self._executor.submit(_train, planned)
        except BrokenProcessPool as error:
            lost: Future[Record] = Future()
            lost.set_exception(error)
            return lost

    def close(self) -> None:
        """End all processes, whatever they are doing."""
        for process in multiprocessing.active_children():
            process.kill()
        self._executor.shutdown(wait=True, cancel_futures=True)


def _ended(planned: Planned, future: Future[Record]) -> Ended:
    error = future.exception()
    if isinstance(error, BrokenProcessPool):
        lost = BackendError(
            f"a worker process died, {planned.trial.name} was lost (out of memory? then fewer --workers): "
            "the same command trains what has no record"
        )
        lost.__cause__ = error
        return Ended(planned, lost, 0.0)
    if isinstance(error, Exception):
        return Ended(planned, error, 0.0)
    record = future.result()
    return Ended(planned, record, record_seconds(record))


class _Worker:
    """The state of a worker process."""

    job: Job | None = None


def _begin(job: Job) -> None:
    """Prepare a worker process: Ctrl-C is the main process's business, and none outlives it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    apply(job.execution)
    share_of_gpu(job.execution, job.workers)
    _Worker.job = job


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)  # killed with -9: nobody is left to take a record


def _train(planned: Planned) -> Record:
    """Train one trial in this process and return its record, which makes no claim about time."""
    job = _Worker.job
    if job is None:
        raise RuntimeError("the worker process was not prepared")
    run = TrialRun(planned, load(planned.trial.dataset, job.data_root), job.results, timed=False)
    for _ in run.epochs():
        pass
    return run.record()
