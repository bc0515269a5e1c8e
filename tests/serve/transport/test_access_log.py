"""Tests of `access_log`: it never makes the server wait, loses nothing without saying so, and ends once."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.harness.paths import PROJECT
from serve.transport.access_log import AccessLog
from tests.serve.conftest import PutModel

FILLS = {"path": "/" * 200}


@pytest.fixture
def pipe() -> Iterator[list[int]]:
    """Return a pipe's ends, to read and to write; who closes one takes it out."""
    ends = list(os.pipe())
    yield ends
    for end in ends:
        os.close(end)


def fill(descriptor: int) -> None:
    """Write empty lines until a pipe has no room."""
    os.set_blocking(descriptor, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(descriptor, b"\n" * 4096)
    os.set_blocking(descriptor, True)


def test_lines_are_written_in_order_and_flushed(tmp_path: Path) -> None:
    """All of them, by the time it is closed."""
    said: list[str] = []
    with (tmp_path / "log").open("wb") as file:
        log = AccessLog(file.fileno(), said.append)
        for number in range(5000):
            log({"id": number, "path": "/ü"})
        log.close()

    lines = [json.loads(line) for line in (tmp_path / "log").read_text("ascii").splitlines()]
    assert lines == [{"id": number, "path": "/ü"} for number in range(5000)]
    assert said == []


def test_a_line_comes_without_waiting_for_the_next(pipe: list[int]) -> None:
    """Who follows the log sees a request when it was answered."""
    log = AccessLog(pipe[1], print)
    log({"id": 1})

    assert json.loads(os.read(pipe[0], 100)) == {"id": 1}
    log.close()


def test_a_reader_that_does_not_read_holds_nobody_up(pipe: list[int]) -> None:
    """A line that does not fit is dropped and counted; closing waits shortly, and says what is lost."""
    said: list[str] = []
    log = AccessLog(pipe[1], said.append, capacity=50)
    fill(pipe[1])

    began = time.monotonic()
    for _ in range(1000):
        log(FILLS)
    log.close(0.1)

    assert time.monotonic() - began < 2
    (line,) = said
    assert "nobody reads the access log" in line
    os.close(pipe.pop(0))
    log._writer.join(10)  # noqa: SLF001 - it still wrote


def test_a_reader_that_reads_again_is_told_how_many_were_dropped(pipe: list[int]) -> None:
    """Lines and dropped ones together are all that were given."""
    log = AccessLog(pipe[1], print, capacity=50)
    fill(pipe[1])
    for _ in range(1000):
        log(FILLS)
    taken = b""
    while b"dropped" not in taken:
        taken += os.read(pipe[0], 65536)
    log.close()
    os.close(pipe.pop())
    while more := os.read(pipe[0], 65536):
        taken += more

    events: list[dict[str, Any]] = [json.loads(line) for line in taken.split(b"\n") if line]
    dropped = sum(event.get("dropped", 0) for event in events)
    assert dropped > 900
    assert sum(event == FILLS for event in events) + dropped == 1000


def test_a_closed_pipe_is_said_once(pipe: list[int]) -> None:
    """However many requests follow."""
    said: list[str] = []
    log = AccessLog(pipe[1], said.append)
    os.close(pipe.pop(0))
    for _ in range(100):
        log(FILLS)
        time.sleep(0.001)
    log.close()

    assert log._waiting.qsize() < 50  # noqa: SLF001 - what comes afterwards is not kept
    (line,) = said
    assert line.startswith("the access log ends")
    assert "Broken pipe" in line


def test_a_pipe_that_does_not_wait_is_waited_for(pipe: list[int]) -> None:
    """Standard output is one where who started the server made it so."""
    fill(pipe[1])
    os.set_blocking(pipe[1], False)
    said: list[str] = []
    log = AccessLog(pipe[1], said.append, capacity=50)
    for _ in range(1000):
        log(FILLS)
    time.sleep(0.1)  # the writer comes to the full pipe
    taken = b""
    while b"dropped" not in taken and not said:
        taken += os.read(pipe[0], 65536)
    log.close()

    assert said == []


@pytest.mark.parametrize(
    ("closed", "sentence"), [(False, "nobody reads the access log"), (True, "the access log ends")]
)
def test_a_server_whose_log_nobody_reads_answers(
    put_model: PutModel, tmp_path: Path, closed: bool, sentence: str
) -> None:
    """More requests than a pipe has room for; it says so once, and ends with 0."""
    put_model()
    words = [sys.executable, "-m", "serve", str(tmp_path / "repository"), "--port", "0", "--access-log"]
    with subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            port = next(int(line.split(":")[-1].partition("/")[0]) for line in process.stderr if "ready:" in line)
            if closed:
                process.stdout.close()
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            for _ in range(1000):
                connection.request("GET", "/v2")
                answer = connection.getresponse()
                assert answer.status == 200
                answer.read()
            connection.close()
            process.send_signal(signal.SIGTERM)
            said = process.stderr.read()
            assert process.wait(10) == 0
        finally:
            process.kill()

    assert said.count(sentence) == 1
    assert "Traceback" not in said
