"""Tests of bench.harness.run.backends.processes: whole runs in processes of their own, on a few hundred images."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench.harness.data.catalogue import source
from bench.harness.machine.device import Execution
from bench.harness.paths import PROJECT
from bench.harness.run.backends.backend import BackendError, Ended
from bench.harness.run.backends.processes import Job, Processes
from bench.harness.study.discovery import load_studies
from bench.harness.study.planned import Planned, settle
from bench.harness.study.trial import resolve
from tests.bench import long_study
from tests.warm import run_module

SMOKE = ("--protocol", "smoke", "--studies", "activation", "-k", "lenet5 and not speed", "--seeds", "1")
NOT_OF_THE_TRAINING = {
    *("record_id", "started", "finished", "alone", "environment", "warmup_seconds", "evaluation_seconds"),
    *("peak_memory_mb", "train_images_per_second"),
}


def run(results: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run to the end."""
    out = f"--benchmark-json={results / 'out.json'}"
    return run_module("pytest", "bench/", *SMOKE, "--results", str(results), out, *words)


def records(results: Path) -> list[dict[str, Any]]:
    """Return what a run has recorded so far, by arm."""
    path = results / "smoke" / "records.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    return sorted((json.loads(line) for line in lines), key=lambda record: str(record["arm"]))


def results_of(folder: Path) -> list[dict[str, Any]]:
    """Return the records without what is not of the training: times, memory, the machine's load."""
    kept = [{name: record[name] for name in record.keys() - NOT_OF_THE_TRAINING} for record in records(folder)]
    for record in kept:
        del record["curves"]["epoch_seconds"]
    return kept


@pytest.fixture(scope="module")
def side_by_side(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a run with two workers."""
    results = tmp_path_factory.mktemp("two")
    run(results, "--workers", "2").check_returncode()
    return results


@pytest.mark.parametrize("workers", [0, 3])
def test_any_number_of_workers_trains_the_same(workers: int, side_by_side: Path, tmp_path: Path) -> None:
    """Weights, curves and predictions are equal to the bit, also to those trained in the run's own process."""
    run(tmp_path, "--workers", str(workers)).check_returncode()

    assert len(results_of(side_by_side)) == 4
    assert results_of(side_by_side) == results_of(tmp_path)


def test_their_rows_say_that_they_were_not_alone(side_by_side: Path) -> None:
    """An epoch is a round, and the trial's own pace stands there as what it is."""
    rows = [row["extra_info"] for row in json.loads((side_by_side / "out.json").read_text("utf-8"))["benchmarks"]]

    assert [(row["kind"], row["alone"], row["threads"]) for row in rows] == [("trial", False, 1)] * 4
    assert all(row["train_images_per_second"] > 0 for row in rows)


def test_a_worker_begins_without_imports() -> None:
    """Applying an execution needs no module that the process it is forked from has not: torch asks for hundreds."""
    code = """
import importlib, sys
from bench.harness.machine.device import Execution, apply
from bench.harness.run.backends.processes import PRELOADED
for name in PRELOADED:
    importlib.import_module(name)
before = set(sys.modules)
apply(Execution("cpu", threads=1))
print(sorted(set(sys.modules) - before))
"""
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=True)  # noqa: S603 - our own

    assert done.stdout.strip() == "[]"


def is_alive(process: psutil.Process) -> bool:
    """Return whether a process is still there: one that has ended and waits for its parent is not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def is_forked(process: psutil.Process) -> bool:
    """Return whether a process is of the pool; one that has just ended, as a short command has, does not say."""
    try:
        return any("forkserver" in word for word in process.cmdline())
    except psutil.Error:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_no_worker_outlives_its_run(number: signal.Signals, tmp_path: Path) -> None:
    """However the main process ends, its workers end, and what was finished is on disk."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "pytest", *long_study.command_line(tmp_path, "--workers", "2", "--seeds", "4")],
        cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not long_study.records(tmp_path) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    workers = list(filter(is_forked, psutil.Process(process.pid).children(recursive=True)))

    process.send_signal(number)
    process.wait(timeout=60)
    while any(map(is_alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert len(workers) >= 3  # and the process that they are forked from
    assert not any(map(is_alive, workers))
    assert all(record["status"] == "ok" for record in long_study.records(tmp_path))


def trials(count: int) -> list[Planned]:
    """Return so many trials of one arm."""
    study = load_studies("activation")[0]
    arm, data = "lenet5-relu", source("mnist-5k")
    resolved = [resolve(study, "smoke", arm, seed, data, own_data=True) for seed in range(count)]
    return [settle(trial, Execution("cpu", threads=1), "") for trial in resolved]


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Processes]:
    """Return a backend of two workers."""
    job = Job(execution=Execution("cpu", threads=1), results=tmp_path, data_root=None, workers=2)
    made = Processes(job, lambda _planned, _epoch: None)
    yield made
    made.close()


def kill_over(backend: Processes, seed: int, times: int) -> Iterator[Ended]:
    """Train four trials, killing the worker that has the trial with a seed, so many times."""
    wanted = trials(4)
    ending = backend.train(iter(wanted))
    waited = backend._wait  # noqa: SLF001 - the moment in which a trial is certain to run

    def kill_then_wait(busy: Any) -> Iterator[Ended]:  # noqa: ANN401 - the backend's own workers
        nonlocal times
        for worker in busy:
            if times and worker.planned.trial.seed == seed:
                os.kill(worker.process.pid, signal.SIGKILL)
                worker.process.join()
                times -= 1
        return waited(busy)

    backend._wait = kill_then_wait  # type: ignore[method-assign]  # noqa: SLF001 - as above
    yield from ending


def test_a_killed_worker_costs_its_trial_a_retry(backend: Processes) -> None:
    """All four trials have their record in the end."""
    ended = list(kill_over(backend, seed=1, times=1))

    assert sorted(one.planned.trial.seed for one in ended) == [0, 1, 2, 3]
    assert not [one.result for one in ended if isinstance(one.result, Exception)]


def test_a_trial_that_kills_twice_has_failed_by_name(backend: Processes) -> None:
    """The message says which, how, and what may have happened; the other three go on."""
    ended = {one.planned.trial.seed: one.result for one in kill_over(backend, seed=2, times=2)}

    failed = ended.pop(2)
    assert isinstance(failed, BackendError)
    assert str(failed).startswith("activation/lenet5-relu/seed 2: its worker process was killed by SIGKILL, 2 times")
    assert "out of memory? then fewer --workers" in str(failed)
    assert sorted(ended) == [0, 1, 3]
    assert not [result for result in ended.values() if isinstance(result, Exception)]


def test_a_trial_that_kills_has_failed_by_name_where_no_process_can_be_killed(
    backend: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows has no SIGKILL, and a status of its own."""
    monkeypatch.delattr(signal, "SIGKILL")
    (planned,) = trials(1)

    failed = [ended for _ in range(2) for ended in buried(backend, planned, 0xC0000005)]

    (message,) = (str(one.result) for one in failed)
    assert message.startswith("activation/lenet5-relu/seed 0: its worker process ended with 3221225477, 2 times; ")


def buried(backend: Processes, planned: Planned, status: int) -> list[Ended]:
    """Return what ends when a worker that has a trial has died with a status."""
    from bench.harness.run.backends.processes import _Worker  # noqa: PLC0415 - a part that nothing else may use

    ours, _ = Pipe()
    worker = _Worker(_Finished(status), ours, planned)  # type: ignore[arg-type]  # no process
    backend._workers.append(worker)  # noqa: SLF001 - as if it had been started
    return list(backend._bury(worker))  # noqa: SLF001 - the moment of its death


class _Finished:
    """A process that is there and has nothing to do.

    Attributes:
        sentinel: Never ready.
        exitcode: The status that it ended with.
    """

    def __init__(self, exitcode: int | None = None) -> None:
        self.sentinel, self._kept = Pipe(duplex=False)
        self.exitcode = exitcode

    def is_alive(self) -> bool:
        """It waits for its next trial."""
        return True

    def kill(self) -> None:
        """There is nothing to kill."""

    join = kill


def test_two_workers_that_end_at_once_are_both_heard(backend: Processes) -> None:
    """Neither record is lost, and both take another trial."""
    from bench.harness.run.backends.processes import _Worker  # noqa: PLC0415 - a part that nothing else may use

    wanted = trials(4)
    pipes = [Pipe(), Pipe()]
    backend._workers[:] = [_Worker(_Finished(), ours) for ours, _ in pipes]  # type: ignore[arg-type]  # noqa: SLF001
    ending = backend.train(iter(wanted))
    for _, theirs in pipes:
        theirs.send(ValueError("ended"))  # before it was asked for: nothing is trained here
        theirs.send(ValueError("ended"))

    first, second = next(ending), next(ending)

    assert [first.planned.trial.seed, second.planned.trial.seed] == [0, 1]


def test_an_error_brings_its_traceback(backend: Processes) -> None:
    """From the worker process, as a note."""
    (planned,) = trials(1)
    planned.trial.options["side"] = 3  # type: ignore[index]  # no option of this net

    (ended,) = backend.train(iter([planned]))

    assert isinstance(ended.result, Exception)
    assert "in its worker process" in "".join(ended.result.__notes__)
