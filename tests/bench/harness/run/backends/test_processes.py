"""Tests of bench.harness.run.backends.processes: whole runs in processes of their own, on a few hundred images."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench.harness.paths import PROJECT
from tests.bench import long_study
from tests.warm import run_module

SMOKE = ("--protocol", "smoke", "--studies", "activation", "-k", "lenet5", "--seeds", "1", "--deterministic")
TIMED = {"train_images_per_second", "inference_us_per_image_batch_1", "inference_us_per_image_batch_256"}
NOT_OF_THE_TRAINING = {
    *("record_id", "started", "finished", "timed", "environment", "warmup_seconds", "evaluation_seconds"),
    *("inference_seconds", "peak_memory_mb", "seconds_to_target", "lrn_images_per_second", *TIMED),
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


@pytest.fixture(scope="module")
def side_by_side(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a run with two workers."""
    results = tmp_path_factory.mktemp("two")
    run(results, "--workers", "2", "--threads", "1").check_returncode()
    return results


def test_workers_train_what_one_process_would(side_by_side: Path, tmp_path: Path) -> None:
    """With --deterministic, weights, curves and predictions are equal to the bit to those trained one by one."""
    run(tmp_path, "--threads", "1").check_returncode()

    together, alone = (
        [{name: record[name] for name in record.keys() - NOT_OF_THE_TRAINING} for record in records(results)]
        for results in (side_by_side, tmp_path)
    )
    for record in (*together, *alone):
        del record["curves"]["epoch_seconds"]
    assert len(together) == 4
    assert together == alone


def test_their_rows_make_no_claim_of_time(side_by_side: Path) -> None:
    """Records and rows say that they are untimed and have no speed; an epoch is still a round."""
    rows = json.loads((side_by_side / "out.json").read_text("utf-8"))["benchmarks"]

    assert [row["extra_info"]["timed"] for row in rows] == [False] * 4
    assert [row["extra_info"]["train_images_per_second"] for row in rows] == [None] * 4
    assert [row["stats"]["rounds"] for row in rows] == [2] * 4
    assert all(record[name] is None for record in records(side_by_side) for name in TIMED)


def test_the_tables_say_so(side_by_side: Path) -> None:
    """Accuracy stands in the tables, speed does not, and a note says why."""
    text = "".join(path.read_text("utf-8") for path in (side_by_side / "smoke" / "tables").glob("*.md"))

    assert "1 of 1 trials were trained side by side and say nothing of time" in text


def test_a_run_alone_trains_again_what_has_no_timing(side_by_side: Path) -> None:
    """The plan of --workers 1 has these trials to train; that of --workers 2 restores them."""
    alone, together = (
        run(side_by_side, "--threads", "1", "--time-limit", "0.0001", *words).stdout
        for words in ((), ("--workers", "2"))
    )

    assert "4 trials: 0 restored, 4 to train" in alone
    assert "4 trials: 4 restored, 0 to train" in together


def is_alive(process: psutil.Process) -> bool:
    """Return whether a process is still there: one that has ended and waits for its parent is not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
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
    family = psutil.Process(process.pid).children(recursive=True)
    workers = [child for child in family if any("spawn_main" in word for word in child.cmdline())]

    process.send_signal(number)
    process.wait(timeout=60)
    while any(map(is_alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert len(workers) >= 2
    assert not any(map(is_alive, workers))
    assert all(record["status"] == "ok" for record in long_study.records(tmp_path))
