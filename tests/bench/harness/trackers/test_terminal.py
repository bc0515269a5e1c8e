"""Tests of bench.harness.trackers.terminal, on a terminal of this test's own."""

import contextlib
import os
import re
import struct

import pytest

from bench.harness.data.catalogue import source
from bench.harness.machine.device import Execution
from bench.harness.study.discovery import load_studies
from bench.harness.study.planned import Planned, settle
from bench.harness.study.trial import resolve
from bench.harness.trackers.terminal import Terminal
from bench.harness.trackers.tracker import Standing

pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def planned() -> Planned:
    """Return a trial of a study."""
    study = load_studies("normalisation")[0]
    trial = resolve(study, "smoke", "lrn-5", 0, source("mnist-5k"), own_data=True)
    return settle(trial, Execution("cpu", threads=1), "")


def watch_a_trial(tracker: Terminal) -> None:
    """Tell a tracker of a trial that begins and fails."""
    trial, standing = planned(), Standing(done=1, trials=3, seconds_left=125.0)
    tracker.run_begins(standing)
    tracker.run_waits(standing)
    tracker.trial_begins(trial, standing)
    tracker.run_waits(standing)
    tracker.trial_ended(trial, ValueError("failed"), standing)
    tracker.run_ends()


def drawn(columns: int) -> str:
    """Return what is written to a terminal of so many columns around a trial."""
    import fcntl  # noqa: PLC0415 - not on Windows
    import termios  # noqa: PLC0415

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        watch_a_trial(Terminal(stream))
    text = b""
    with contextlib.suppress(OSError), os.fdopen(ours, "rb", buffering=0) as reader:  # Linux ends with an error
        while part := reader.read(4096):
            text += part
    return text.decode()


@pytest.mark.parametrize("columns", [50, 100])
def test_the_bar_fits_its_terminal(columns: int) -> None:
    """A line that is too long would be broken by the terminal, and what is wiped later would stay."""
    lines = re.split(r"[\r\n]+", ESCAPES.sub("", drawn(columns)))

    assert any("normalisation" in line for line in lines)
    assert max(map(len, lines)) <= columns


def test_the_bar_is_wiped() -> None:
    """Before pytest prints the trial's line, the cursor is back at its start and the line is erased."""
    assert drawn(100).rstrip().endswith("\x1b[2K")


def test_without_a_terminal_nothing_is_drawn() -> None:
    """In a pipe or a log there is no bar."""
    watch_a_trial(Terminal(None))
