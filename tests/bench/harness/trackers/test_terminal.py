"""Tests of bench.harness.trackers.terminal, on a terminal of this test's own."""

import contextlib
import os
import re
import struct

import pytest

from bench.harness.data.catalogue import source
from bench.harness.run.plan import Plan
from bench.harness.study.discovery import load_studies
from bench.harness.study.trial import resolve
from bench.harness.trackers.terminal import Progress

pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def drawn(columns: int) -> str:
    """Return what is written to a terminal of so many columns around a trial."""
    import fcntl  # noqa: PLC0415 - not on Windows
    import termios  # noqa: PLC0415

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    study = load_studies("normalisation")[0]
    trial = resolve(study, "smoke", "lrn-5", 0, source("mnist-5k"), own_data=True)
    with os.fdopen(theirs, "w", encoding="utf-8") as stream, Progress(stream).trial(trial, Plan()):
        pass
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
    study = load_studies("normalisation")[0]
    trial = resolve(study, "smoke", "lrn-5", 0, source("mnist-5k"), own_data=True)

    with Progress(None).trial(trial, Plan()):
        pass
