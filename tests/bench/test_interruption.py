"""A run that is stopped in the middle: `pytest bench/` as a user starts it, and the signals that end it."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.harness.paths import PROJECT
from tests.bench.long_study import command_line, records
from tests.warm import run_module

TRIALS = ("-k", "not speed")


def interrupt(folder: Path, number: signal.Signals, *words: str, after: int = 1) -> int:
    """Send a signal when so many of two trials have ended and the next thing has begun; return the exit status."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores Ctrl-C, and so
    process = subprocess.Popen(  # noqa: S603 - our own command         # would what it starts
        [sys.executable, "-m", "pytest", *command_line(folder, "--workers", "1", *words)],
        cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    signal.signal(signal.SIGINT, before)
    deadline = time.monotonic() + 200
    while len(records(folder)) < after and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(number)
    return process.wait(timeout=120)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_interrupted_run_goes_on(number: signal.Signals, tmp_path: Path) -> None:
    """Finished trials survive a signal, in the JSON too unless it was kill -9; the rest is trained by the next run."""
    status = interrupt(tmp_path, number, *TRIALS)
    kept = records(tmp_path)
    rows = [] if number is signal.SIGKILL else json.loads((tmp_path / "out.json").read_text("utf-8"))["benchmarks"]

    process = run_module("pytest", *command_line(tmp_path, *TRIALS))

    assert status == (-signal.SIGKILL if number is signal.SIGKILL else pytest.ExitCode.INTERRUPTED)
    assert [row["extra_info"]["seed"] for row in rows] == ([] if number is signal.SIGKILL else [0])
    assert process.returncode == 0, process.stdout
    assert [record["seed"] for record in records(tmp_path)] == [0, 1]
    assert records(tmp_path)[:1] == kept


def test_a_speed_phase_that_is_interrupted_is_begun_again(tmp_path: Path) -> None:
    """It leaves no half of itself; the trials keep their rows, and the next run measures all turns."""
    status = interrupt(tmp_path, signal.SIGINT, after=2)
    rows = json.loads((tmp_path / "out.json").read_text("utf-8"))["benchmarks"]
    phases = tmp_path / "quick" / "speed"
    left = list(phases.glob("*")) if phases.exists() else []

    process = run_module("pytest", *command_line(tmp_path))

    assert status == pytest.ExitCode.INTERRUPTED
    assert ([row["extra_info"]["kind"] for row in rows], left) == (["trial", "trial"], [])
    assert process.returncode == 0, process.stdout
    assert "2 trials: 2 restored, 0 to train" in process.stdout
    assert len(list(phases.glob("*.json"))) == 1
