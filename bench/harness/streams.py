"""Standard output that never ends a command: where it cannot write a sign it writes a plain one, closed it is left."""

import codecs
import io
import os
import select
import shutil
import sys
from collections.abc import Callable
from typing import TextIO

PLAIN = {
    "−": "-",
    "–": "-",
    "×": "x",
    "±": "+/-",
    "µ": "u",
    "→": "->",
    "≤": "<=",
    "≥": ">=",
    "∝": "~",
    "…": "...",
    "\u202f": " ",
    "\u00a0": " ",
}
HANDLER = "convbench.plain"  # Windows' consoles and pipes, and LANG=C, know few signs
NOT_A_TERMINAL = 120  # columns, where the output goes into a file or a pipe
LEAST_COLUMNS = 60  # below, lines are broken by the terminal
BROKEN_PIPE = 141  # as shells report a process that SIGPIPE ended


def columns() -> int:
    """Return how many letters a line of the terminal has; COLUMNS in the environment says otherwise."""
    return max(LEAST_COLUMNS, shutil.get_terminal_size((NOT_A_TERMINAL, 24)).columns)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(PLAIN.get(sign, "?") for sign in error.object[error.start : error.end]), error.end


codecs.register_error(HANDLER, _plain)


def write_plainly() -> None:
    """Let standard output and the errors write every text, whatever their encoding: a minus sign becomes a hyphen."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)


def say(line: str) -> None:
    """Print a line of a command that goes on, at once."""
    print(line, flush=True)  # noqa: T201 - a command's output


def written(work: Callable[[], int]) -> int:
    """Do some work; return its exit status when all output is written, BROKEN_PIPE where its reader is gone.

    Raises:
        OSError: standard output could not be written, as on a full disk; or whatever the work raises, a BrokenPipeError
            of its own too, as when a process that it talks to has died.
    """
    try:
        try:
            return work()
        finally:
            _flush()
    except BrokenPipeError:
        gone = [stream for stream in _streams() if _reader_is_gone(stream)]
        for stream in gone:
            _leave(stream)
        if gone:
            return BROKEN_PIPE
        raise


def _streams() -> list[TextIO]:
    """Return standard output and the errors; either may be closed from the start."""
    return [stream for stream in (sys.stdout, sys.stderr) if stream is not None]


def _flush() -> None:
    """Write what waits: now, where an error has a line and a status, and not as Python ends."""
    for stream in _streams():
        try:
            stream.flush()
        except BrokenPipeError:
            raise
        except OSError:
            _leave(stream)
            raise


def _reader_is_gone(stream: TextIO) -> bool:
    try:
        stream.flush()
        poll = select.poll()
        poll.register(stream.fileno(), 0)  # an unbuffered stream has nothing left that a flush would write
    except BrokenPipeError:
        return True
    except (AttributeError, OSError, ValueError):  # Windows has no poll, a stream in memory no file
        return False
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _leave(stream: TextIO) -> None:
    """Write nothing more to a file that takes nothing: Python would complain when it ends."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, stream.fileno())
    os.close(devnull)
