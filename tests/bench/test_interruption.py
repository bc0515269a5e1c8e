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


def interrupt(folder: Path, number: signal.Signals) -> int:
    """Send a signal in the middle of the second of two trials; return the exit status."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores Ctrl-C, and so
    process = subprocess.Popen(  # noqa: S603 - our own command         # would what it starts
        [sys.executable, "-m", "pytest", *command_line(folder)],
        cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    signal.signal(signal.SIGINT, before)
    deadline = time.monotonic() + 200
    while not records(folder) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(number)
    return process.wait(timeout=120)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_interrupted_run_goes_on(number: signal.Signals, tmp_path: Path) -> None:
    """Finished trials survive a signal, in the JSON too unless it was kill -9; the rest is trained by the next run."""
    status = interrupt(tmp_path, number)
    kept = records(tmp_path)
    rows = [] if number is signal.SIGKILL else json.loads((tmp_path / "out.json").read_text("utf-8"))["benchmarks"]

    process = run_module("pytest", *command_line(tmp_path))

    assert status == (-signal.SIGKILL if number is signal.SIGKILL else pytest.ExitCode.INTERRUPTED)
    assert [row["extra_info"]["seed"] for row in rows] == ([] if number is signal.SIGKILL else [0])
    assert process.returncode == 0, process.stdout
    assert [record["seed"] for record in records(tmp_path)] == [0, 1]
    assert records(tmp_path)[:1] == kept
