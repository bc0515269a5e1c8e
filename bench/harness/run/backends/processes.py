"""Trials side by side, each in a process of its own: a worker takes the next trial when it has ended one."""

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from bench.harness.data.load import load
from bench.harness.machine.device import Execution, apply, share_of_gpu
from bench.harness.records.record import Record
from bench.harness.run.backends.backend import TRIES, BackendError, Ended, EpochEnded
from bench.harness.run.plan import record_seconds
from bench.harness.study.planned import Planned
from bench.harness.training.trial_run import Epoch, TrialRun

# What each worker would import before its first trial, imported once: the second is for the deterministic algorithms,
# whose switch imports it.
PRELOADED = (TrialRun.__module__, "torch._inductor.config")
Message = Epoch | Record | Exception
Tell = Callable[[Epoch], None]
Work = Callable[["Job", Planned, Tell], Record | Exception]


@dataclass(frozen=True, kw_only=True)
class Job:
    """All that a worker needs beside the trial: how to run it, where its data is and where its checkpoint goes."""

    execution: Execution
    results: Path
    data_root: Path | None
    workers: int


@dataclass
class _Worker:
    """A process and the trial that it is training.

    Attributes:
        process: ends with its parent.
        pipe: takes a trial, brings its epochs, then its record or its error.
        planned: None where it waits for a trial.
    """

    process: BaseProcess
    pipe: Connection
    planned: Planned | None = None

    def begin(self, planned: Planned) -> None:
        self.planned = planned
        with contextlib.suppress(BrokenPipeError):  # it has died: its sentinel says so
            self.pipe.send(planned)

    def answers(self) -> Iterator[Message]:
        """Yield what it has sent since, without waiting."""
        try:
            while self.pipe.poll():
                yield self.pipe.recv()
        except (EOFError, OSError):
            return  # it has died


@dataclass
class Processes:
    """Trains `job.workers` trials at a time, begun in their order.

    A worker that dies costs its trial one try and is replaced; the others do not notice. `work` stands in place of
    the training, a function by its module's name; None trains.
    """

    job: Job
    epoch_ended: EpochEnded
    work: Work | None = None
    by_arm = False
    _workers: list[_Worker] = field(default_factory=list)
    _again: deque[Planned] = field(default_factory=deque)
    _lost: dict[str, int] = field(default_factory=dict)  # workers that died over a trial, by its key

    def train(self, trials: Iterator[Planned]) -> Iterator[Ended]:
        """Keep every worker busy; yield trials in the order in which they end."""
        while True:
            self._hand_out(trials)
            busy = [worker for worker in self._workers if worker.planned is not None]
            if not busy:
                return
            yield from self._wait(busy)

    def _hand_out(self, trials: Iterator[Planned]) -> None:
        """Give a trial to every worker without one; begin workers only as there are trials for them."""
        idle = [worker for worker in self._workers if worker.planned is None]
        while idle or len(self._workers) < self.job.workers:
            planned = self._again.popleft() if self._again else next(trials, None)
            if planned is None:
                return
            (idle.pop(0) if idle else self._new_worker()).begin(planned)

    def _new_worker(self) -> _Worker:
        context = _context()
        ours, theirs = context.Pipe()
        process: BaseProcess = context.Process(
            target=_work, args=(self.job, theirs, self.work or _trained), daemon=True
        )
        process.start()
        theirs.close()
        self._workers.append(_Worker(process, ours))
        return self._workers[-1]

    def _wait(self, busy: Sequence[_Worker]) -> Iterator[Ended]:
        """Wait until a worker has something to say or dies; yield the trials that have ended."""
        signs = [sign for worker in busy for sign in (worker.pipe, worker.process.sentinel)]
        ready = set(multiprocessing.connection.wait(signs))
        for worker in busy:
            if not ready & {worker.pipe, worker.process.sentinel}:
                continue
            died = not worker.process.is_alive()  # before its last words are read: they may be the record
            yield from self._heard(worker)
            if died:
                yield from self._bury(worker)

    def _heard(self, worker: _Worker) -> Iterator[Ended]:
        for message in worker.answers():
            planned = worker.planned
            if planned is None:
                return
            if isinstance(message, Epoch):
                self.epoch_ended(planned, message)
                continue
            worker.planned = None
            yield Ended(planned, message, record_seconds(message) if isinstance(message, Record) else 0.0)

    def _bury(self, worker: _Worker) -> Iterator[Ended]:
        """Take a dead worker away; its trial is tried again or has failed."""
        self._workers.remove(worker)
        worker.pipe.close()
        planned, status = worker.planned, worker.process.exitcode
        if planned is None:
            return
        self._lost[planned.key] = self._lost.get(planned.key, 0) + 1
        if self._lost[planned.key] < TRIES:
            self._again.append(planned)
            return
        yield Ended(planned, BackendError(_obituary(planned, status)), 0.0)

    def close(self) -> None:
        """End all processes, whatever they are doing."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.pipe.close()
        self._workers.clear()


def _context() -> Any:  # noqa: ANN401 - its types differ between systems
    """Return how processes are made: where there is fork, from a server that has the libraries and no thread yet."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    return context


def _obituary(planned: Planned, status: int | None) -> str:
    killed = status is not None and status < 0
    how = f"was killed by {signal.Signals(-status).name}" if killed and status is not None else f"ended with {status}"
    memory = " (out of memory? then fewer --workers)" if killed and how.endswith("SIGKILL") else ""
    return f"{planned.trial.name}: its worker process {how}, {TRIES} times{memory}; the same command tries it again"


def _work(job: Job, pipe: Connection, work: Work) -> None:
    """Train what comes through the pipe until it is closed: the whole life of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the main process's business
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    apply(job.execution)
    share_of_gpu(job.execution, job.workers)
    while True:
        try:
            planned = pipe.recv()
        except EOFError:
            return
        pipe.send(work(job, planned, pipe.send))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)  # killed with -9: nobody is left to take a record


def _trained(job: Job, planned: Planned, tell: Tell) -> Record | Exception:
    """Train one trial in this process; return its record, or its error with the traceback as a note."""
    try:
        run = TrialRun(planned, load(planned.trial.dataset, job.data_root), job.results, alone=False)
        for epoch in run.epochs():
            tell(epoch)
        return run.record()
    except Exception as error:  # noqa: BLE001 - whatever it was, it is that trial's own result
        error.add_note(f"in its worker process:\n{traceback.format_exc()}")
        return error


def rest(_job: Job, planned: Planned, _tell: Tell) -> Record | Exception:
    """Do nothing for as long as a trial is expected to take and return the record that it has: a dry run's work."""
    time.sleep(planned.expected_seconds)
    return planned.record or BackendError(f"{planned.trial.name} has no record to return")
