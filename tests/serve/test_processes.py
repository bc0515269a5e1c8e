"""Tests of serve.processes: several processes answer on one port, and stop together."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from serve.processes import without
from tests.serve.conftest import PutModel

PROJECT = Path(__file__).resolve().parents[2]
Started = tuple[subprocess.Popen[str], int]


@pytest.fixture
def two(put_model: PutModel, tmp_path: Path) -> Iterator[Started]:
    """Return a supervisor of two processes, and their port."""
    put_model()
    words = [sys.executable, "-m", "serve", str(tmp_path / "repository"), "--port", "0", "--processes", "2"]
    process = subprocess.Popen(words, cwd=PROJECT, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own command
    assert process.stderr is not None
    line = next((line for line in process.stderr if line.startswith("ready:")), "")
    assert line.endswith(", 2 processes\n")
    yield process, int(line.split(":")[-1].partition("/")[0])
    if process.poll() is None:
        process.terminate()
    process.wait(20)
    process.stderr.close()


def children(process: subprocess.Popen[str]) -> list[int]:
    """Return the process numbers of its children that still run."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii").split()
    return [int(each) for each in listed]


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")


@needs_proc
def test_all_of_them_answer_and_end_together(two: Started) -> None:
    """Connections are spread by the kernel; SIGTERM ends all with 0."""
    process, port = two
    assert len(children(process)) == 2
    answered = 0
    for _ in range(40):
        answered += json.loads(urllib.request.urlopen(f"http://127.0.0.1:{port}/v2").read())["name"] == "convbench"
    counts = set()
    for _ in range(40):
        text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
        counts.add(text.partition('convbench_replies_total{status="200"} ')[2].partition("\n")[0])

    process.send_signal(signal.SIGTERM)

    assert answered == 40
    assert process.wait(20) == 0
    assert len(counts) > 1


@needs_proc
def test_one_that_dies_takes_the_others_along(two: Started) -> None:
    """A part of the answers would come no more: who watches the server shall know."""
    process, _ = two
    first, second = children(process)

    os.kill(first, signal.SIGKILL)

    assert process.wait(20) == 1
    for _ in range(100):
        if not Path(f"/proc/{second}").exists():
            return
        time.sleep(0.05)
    pytest.fail("the other process still runs")


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["repo", "--port", "80", "--poll", "1"], ["repo", "--poll", "1"]),
        (["--processes=2", "repo"], ["repo"]),
        (["--processes", "2", "--port=0"], []),
    ],
)
def test_options_are_taken_out_with_their_values(words: list[str], left: list[str]) -> None:
    """However they were written."""
    assert without(words, ("--processes", "--port")) == left
