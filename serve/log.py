"""The wording of values, addresses and events, and where the log goes."""

import contextlib
import json
import sys
from datetime import UTC, datetime


def kind(value: object) -> str:
    """Return what JSON calls a value."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number")


def short(value: object) -> str:
    """Return a value for a message; what is nested is not written out: it may be nested deeply."""
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(entry, dict | list) for entry in value)):
        return kind(value)
    text = repr(value)
    return text if len(text) < 60 else f"{text[:57]}..."  # noqa: PLR2004 - a message stays a line


def address(host: str, port: int) -> str:
    """Return where a server listens; the colons of IPv6 must not be taken for the port's."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Problem(str):
    """An event that somebody should look at: in the log as JSON its level is `warning`, not `info`."""

    __slots__ = ()


def say(line: str) -> None:
    """Write a line of the log, to standard error."""
    with contextlib.suppress(OSError):  # nobody reads it: requests are answered all the same
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - the log


def say_as_json(line: str) -> None:
    """Write a line of the log as JSON: time, level and message."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    level = "warning" if isinstance(line, Problem) else "info"
    say(json.dumps({"time": now, "level": level, "message": str(line)}))
