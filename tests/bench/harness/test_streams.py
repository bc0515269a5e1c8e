"""Tests of bench.harness.streams: commands whose output goes where few signs are known, or nowhere."""

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.commands.index import COMMANDS
from bench.harness.paths import COMMITTED_RECORDS, PROJECT
from bench.harness.streams import BROKEN_PIPE, write_plainly

FULL = Path("/dev/full")


@contextmanager
def ascii_output() -> Iterator[io.BytesIO]:
    """Put a stream of ASCII in the place of standard output, and yield its bytes."""
    written = io.BytesIO()
    with io.TextIOWrapper(written, encoding="ascii") as stream, redirect_stdout(stream):
        yield written
        stream.flush()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("−0.90 [−1.61, −0.19]", "-0.90 [-1.61, -0.19]"),
        ("0.88× ±0.2, 3 µs", "0.88x +/-0.2, 3 us"),
        ("1\u202f000 – label…", "1 000 - label..."),
        ("猫 → dog", "? -> dog"),
    ],
)
def test_signs_that_cannot_be_written_become_plain_ones(text: str, plain: str) -> None:
    """A minus sign stays one: a question mark in front of a number would say nothing of it."""
    with ascii_output() as written:
        write_plainly()
        sys.stdout.write(text)
        sys.stdout.flush()

        assert written.getvalue() == plain.encode()


def run(words: list[str], encoding: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command with its output in this encoding."""
    environment = {"PYTHONIOENCODING": encoding, "PATH": "/usr/bin:/bin"}
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", *words], cwd=PROJECT, env=environment, capture_output=True, check=False
    )


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
@pytest.mark.parametrize("name", ["report", "list"])
def test_a_command_ends_well_in_any_encoding(name: str, encoding: str, tmp_path: Path) -> None:
    """As in Windows' pipes."""
    shutil.copy(COMMITTED_RECORDS, tmp_path)
    words = {"report": ["report", "--results", str(tmp_path)], "list": ["list", "studies"]}[name]

    done = run(["bench", *words], encoding)

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode(encoding)


def test_the_studies_own_lines_are_written_plainly_too(tmp_path: Path) -> None:
    """A minus sign stays one there too: pytest alone would write its number in front of the digits."""
    done = run(["pytest", "bench/", "--results", str(tmp_path), "--deselect", "bench/", "--deselect", "−0.34"], "ascii")

    assert b"--deselect 'bench/ -0.34' leaves none" in done.stdout


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", ["bench", "bench list studies"])
def test_a_reader_that_is_gone_is_no_error(words: str, unbuffered: str) -> None:
    """`python -m bench list | head -1` ends without a traceback, with the status of a broken pipe."""
    assert without_reader(words, unbuffered) == (BROKEN_PIPE, b"")


@pytest.mark.parametrize("program", ["bench list", "export"])
def test_a_help_that_nobody_reads_is_no_error(program: str) -> None:
    """As above: the help is written when Python ends, if nothing else writes it."""
    assert without_reader(f"{program} --help") == (BROKEN_PIPE, b"")


def without_reader(words: str, unbuffered: str = "") -> tuple[int, bytes]:
    """Return the exit status and the errors of a command whose output nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as output:  # noqa: PTH123 - a descriptor
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", *words.split()],
            cwd=PROJECT,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            stdout=output,
            stderr=subprocess.PIPE,
            check=False,
        )
    return done.returncode, done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a file that is always full")
@pytest.mark.parametrize("words", ["bench", "bench list studies"])
def test_a_full_disk_is_one_line(words: str) -> None:
    """And the status of an error."""
    with FULL.open("wb") as output:
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", *words.split()], cwd=PROJECT, stdout=output, stderr=subprocess.PIPE, check=False
        )

    assert (done.returncode, done.stderr) == (2, b"error: [Errno 28] No space left on device\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_is_written_in_ascii(name: str) -> None:
    """No sign in a help text ends a command that was only asked for help."""
    with ascii_output() as written:
        with pytest.raises(SystemExit) as ended:
            main([name, "--help"])
        sys.stdout.flush()
        text = written.getvalue()

    assert ended.value.code == 0
    assert f"usage: python -m bench {name}".encode() in text
