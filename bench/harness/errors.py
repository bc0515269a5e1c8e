"""The base of every error that is the user's to mend, and the message for a name that nobody knows."""

import difflib
from collections.abc import Iterable


class UserError(ValueError):
    """Something asked for cannot be done; commands print the message alone and exit with 2, pytest with 4."""


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Return `unknown <kind> '<name>': did you mean '<near>'? known: <all>`."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown {kind} {name!r}: {hint}known: {', '.join(names)}"


def one_line(error: BaseException) -> str:
    """Return an error's message in one line; its type where it has no message."""
    return " ".join(str(error).split()) or type(error).__name__
