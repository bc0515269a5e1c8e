"""Tests of serve.supervisor: several processes answer on one port, and stop together."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.harness.paths import PROJECT
from serve.supervisor import Supervisor, without
from tests.serve.conftest import Command, PutModel
from tests.serve.fakes import soon

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
    return [int(pid) for pid in listed]


def gone(number: int) -> None:
    """Wait until a process is."""
    for _ in range(200):
        try:
            state = Path(f"/proc/{number}/stat").read_text("ascii").rpartition(") ")[2][0]
        except (FileNotFoundError, ProcessLookupError):
            return
        if state == "Z":  # where whoever inherits it does not wait for it
            return
        time.sleep(0.05)
    pytest.fail("the process still runs")


@contextmanager
def handlers_put_back() -> Iterator[None]:
    """Let a supervisor take the signals of this process for a while."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_one_that_ends_gets_a_successor(two: Started, number: int) -> None:
    """However it ended: the others answer meanwhile."""
    process, port = two
    first, second = children(process)

    os.kill(second, number)

    assert process.stderr is not None
    said = [process.stderr.readline()]
    while not said[-1].startswith("ready:"):
        said.append(process.stderr.readline())
    assert said[0].startswith("a process ended with ")
    assert said[0].endswith("another takes its place in 1 s\n")
    after = children(process)
    assert len(after) == 2
    assert first in after
    assert second not in after
    assert json.loads(urllib.request.urlopen(f"http://127.0.0.1:{port}/v2").read())["name"] == "convbench"
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


@needs_proc
def test_two_that_end_together_get_successors(two: Started) -> None:
    """The second ends while the first has no successor yet; all were ready once, so nothing is wrong with them."""
    process, port = two
    before = children(process)

    for child in before:
        os.kill(child, signal.SIGKILL)

    assert process.stderr is not None
    said = [process.stderr.readline()]
    while said[-1] and not said[-1].startswith("ready:"):
        said.append(process.stderr.readline())
    assert [line.partition(" in ")[0] for line in said[:2]] == ["a process ended with -9: another takes its place"] * 2
    assert said[-1].endswith(", 2 processes\n")
    assert len(children(process)) == 2
    assert json.loads(urllib.request.urlopen(f"http://127.0.0.1:{port}/v2").read())["name"] == "convbench"
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def test_one_that_ends_before_all_are_ready_takes_the_others_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its successors would end as it did; status 1 says so."""
    supervisor = Supervisor([], 2, "127.0.0.1", 0)
    started: list[subprocess.Popen[str]] = []

    def start(_: int) -> subprocess.Popen[str]:
        program = "import time; time.sleep(60)" if started else "raise SystemExit(2)"
        started.append(subprocess.Popen([sys.executable, "-c", program], text=True))  # noqa: S603 - our own command
        return started[-1]

    monkeypatch.setattr(supervisor, "_start", start)
    with handlers_put_back():
        assert supervisor.run() == 1

    assert [child.wait(1) for child in started] == [2, -signal.SIGTERM]


@needs_proc
def test_a_supervisor_that_is_killed_takes_its_children_along(two: Started) -> None:
    """They would keep the port, and nobody could stop them by their supervisor."""
    process, port = two
    workers = children(process)

    process.kill()

    for child in workers:
        gone(child)
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port))


def test_a_second_server_on_the_port_is_refused(two: Started, tmp_path: Path) -> None:
    """It would share the first one's port, and get a part of its requests."""
    _, port = two
    for processes in ("1", "2"):
        words = [sys.executable, "-m", "serve", str(tmp_path / "repository"), "--port", str(port)]
        done = subprocess.run(  # noqa: S603 - our own command
            [*words, "--processes", processes], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
        )

        assert done.returncode == 2
        assert done.stderr == f"error: port {port} is taken on 127.0.0.1: pass --port N, 0 for any that is free\n"


def test_a_child_is_no_supervisor(command: Command) -> None:
    """Whatever its words say: children of children would have no end."""
    process, _ = command("--reuse-port", "--processes", "2")

    if Path("/proc/self/task").exists():
        assert children(process) == []


def test_a_line_that_is_no_text_does_not_end_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Native libraries write what they like."""
    program = tmp_path / "program"
    lines = ["#!/bin/sh", "printf 'lost \\377\\nready: 1 models\\n' >&2", "kill -TERM $PPID", "exec sleep 60"]
    program.write_text("\n".join(lines), "utf-8")
    program.chmod(0o755)
    monkeypatch.setattr("serve.supervisor.sys.executable", str(program))
    said: list[str] = []

    def told() -> bool:
        said.append(capsys.readouterr().err)
        return "ready: 1 models, 1 processes" in "".join(said)

    with handlers_put_back():
        assert Supervisor([], 1, "127.0.0.1", 0).run() == 0
    soon(told)
    assert "lost " in "".join(said)


def test_sigterm_while_children_are_started_stops_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was not listed yet when the signal came gets it afterwards; no more are started."""
    supervisor = Supervisor([], 3, "127.0.0.1", 0)
    started: list[subprocess.Popen[str]] = []

    def start(_: int) -> subprocess.Popen[str]:
        words = [sys.executable, "-c", "import time; time.sleep(60)"]
        started.append(subprocess.Popen(words, text=True))  # noqa: S603 - our own command
        if len(started) == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return started[-1]

    monkeypatch.setattr(supervisor, "_start", start)
    monkeypatch.setattr("serve.supervisor.GRACE", 5.0)
    with handlers_put_back():
        assert supervisor.run() == 0

    assert [child.wait(1) for child in started] == [-signal.SIGTERM] * 2


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
