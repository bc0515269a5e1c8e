"""Trials side by side, each in a process of its own with its share of the cores: for accuracy, never for timing."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from bench.harness.data.load import load
from bench.harness.errors import UserError
from bench.harness.machine.device import Execution, apply, share_of_gpu
from bench.harness.records.record import Record
from bench.harness.run.plan import Planned
from bench.harness.training.trial_run import TrialRun

AHEAD = 1  # trials that wait beside the running ones, so that no worker waits for the next


class WorkerError(UserError):
    """A worker process died; the message says what that usually means."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a worker needs beside the trial: how to run it, where its data is and where its checkpoint goes."""

    execution: Execution
    results: Path
    data_root: Path | None
    workers: int


class Workers:
    """Processes that train trials in their order, `count` at a time.

    Args:
        count: processes.
        job: what each of them needs.
        finished: called with every trial that ended and its record, one call at a time, in a thread of its own.
        outlasts: whether a trial is expected to end after the time limit; such a trial is not begun.
    """

    def __init__(
        self,
        count: int,
        job: Job,
        finished: Callable[[Planned, Record], None],
        outlasts: Callable[[Planned], bool],
    ) -> None:
        self._finished, self._outlasts = finished, outlasts
        self._in_flight, self._limit = 0, count + AHEAD
        self._waiting: deque[Planned] = deque()
        self._futures: dict[str, Future[Record] | None] = {}
        self._lock = threading.RLock()
        self._executor = ProcessPoolExecutor(
            count, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(job,)
        )

    def start(self, trials: Iterable[Planned]) -> None:
        """Begin with the first trials; the others follow as these end."""
        with self._lock:
            self._waiting.extend(trials)
            while self._waiting and self._in_flight < self._limit:
                self._submit()

    def skipped(self, planned: Planned) -> bool:
        """Return whether a trial is not going to be trained because of the time limit."""
        self._reach(planned)
        return self._futures[planned.key] is None

    def record(self, planned: Planned) -> Record:
        """Wait until a trial has ended and `finished` has taken its record; return it.

        Raises:
            WorkerError: its process died.
            Exception: whatever its training, or `finished`, raised.
        """
        try:
            self._reach(planned)
            future = self._futures[planned.key]
            if future is None:
                raise ValueError(f"{planned.trial.name} was not begun: the time limit would have passed")
            return future.result()
        except BrokenProcessPool as error:
            raise WorkerError(
                f"a worker process died, {planned.trial.name} was lost (out of memory? then fewer --workers): "
                "the same command trains what has no record"
            ) from error

    def close(self) -> None:
        """End all processes, whatever they are doing."""
        self._waiting.clear()
        for process in multiprocessing.active_children():
            process.kill()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _reach(self, planned: Planned) -> None:
        """Make sure that it has been decided whether the trial is begun."""
        with self._lock:
            while planned.key not in self._futures:
                self._submit()

    def _submit(self) -> None:
        planned = self._waiting.popleft()
        if self._outlasts(planned):
            self._futures[planned.key] = None
            return
        taken: Future[Record] = Future()
        self._futures[planned.key] = taken
        running = self._executor.submit(_train, planned)
        self._in_flight += 1
        running.add_done_callback(lambda done: self._done(planned, taken, done))

    def _done(self, planned: Planned, taken: "Future[Record]", done: "Future[Record]") -> None:
        """Hand a record over; whoever waits for it hears of it after it is on disk, or of what went wrong."""
        with self._lock:
            self._in_flight -= 1
            try:
                record = done.result()
                self._finished(planned, record)
            except BaseException as error:  # noqa: BLE001 - in a thread of the executor it would be lost
                taken.set_exception(error)
                if isinstance(error, BrokenProcessPool | CancelledError):
                    return
            else:
                taken.set_result(record)
            while self._waiting and self._in_flight < self._limit:
                self._submit()


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
    job, trial = _Worker.job, planned.trial
    if job is None:
        raise RuntimeError("the worker process was not prepared")
    run = TrialRun(trial, load(trial.dataset, job.data_root), job.execution, job.results, timed=False)
    for _ in run.epochs():
        pass
    return run.record()
