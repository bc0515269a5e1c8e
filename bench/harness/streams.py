"""Standard output that never ends a command: where it cannot write a sign it writes a plain one, closed it is left."""

import codecs
import io
import os
import sys
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
BROKEN_PIPE = 141  # as shells report a process that SIGPIPE ended


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


def leave(stream: TextIO | None) -> None:
    """Write nothing more to a pipe whose reader is gone: Python would complain when it ends."""
    if stream is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
