"""Values that came from JSON, held against a type: the first wrong one is named with its place and its value."""

import json
import re
from pathlib import Path
from typing import Any, NoReturn

from bench.harness.errors import UserError

LONGEST_VALUE = 40  # characters of a wrong value that a message shows
_PLACE = re.compile(r"^(?P<problem>.+?)(?: - at `(?:key in )?\$(?P<path>.*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")


class ContentError(UserError):
    """A file with other content than it should have; the message says where, and which value stands there."""


def wrong_value(values: object, kind: Any) -> str | None:  # noqa: ANN401 - any type that msgspec knows
    """Return which of the values has another type than its field, None where all are right.

    Args:
        values: objects, lists, texts and numbers as `json.loads` returns them.
        kind: a TypedDict, a dataclass or another annotation that they should fit. Fields that it does not name pass.
    """
    import msgspec  # noqa: PLC0415 - a GPU machine may lack it: `python -m bench gpu` reads no file

    try:
        msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        return _sentence(str(error), values)
    return None


def _sentence(message: str, values: object) -> str:
    """Return msgspec's message with the place first, and with the value that stands there."""
    parts = _PLACE.fullmatch(message)
    path = (parts and parts["path"]) or ""
    problem = parts["problem"] if parts else message
    problem = problem[0].lower() + problem[1:]
    for name, place in _STEP.findall(path):
        if place == "...":  # some value of an object whose names are free: all of it is shown
            break
        values = values[name or int(place)]  # type: ignore[index]  # msgspec went the same way
    text = repr(values)
    shown = text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."
    return f"{path.lstrip('.') or 'it'} is {shown}: {problem}"


def read_json(path: Path, kind: Any, cure: str) -> Any:  # noqa: ANN401 - any type that msgspec knows
    """Return the content of a JSON file whose values have the types of `kind`.

    Args:
        path: the file.
        kind: as of `wrong_value`.
        cure: ends the message: the words that tell a user what to do.

    Raises:
        ContentError: as of `parse_json`; the message names the file too.
        OSError: it cannot be read.
    """
    try:
        return parse_json(path.read_bytes(), kind)
    except ContentError as error:
        raise ContentError(f"{path}: {error}: {cure}") from error


def parse_json(content: bytes, kind: Any) -> Any:  # noqa: ANN401 - any type that msgspec knows
    """Return the values of a JSON text, which have the types of `kind`.

    Raises:
        ContentError: it is not JSON, holds NaN, or a value has another type; the message names the line or the field.
    """
    try:
        values = json.loads(content, parse_constant=_refuse)
    except ContentError:
        raise
    except ValueError as error:  # also bytes that are no text
        raise ContentError(f"not JSON ({error})") from error
    problem = wrong_value(values, kind)
    if problem is not None:
        raise ContentError(problem)
    return values


def _refuse(constant: str) -> NoReturn:
    raise ContentError(f"{constant} is not JSON, and no value of a file of ours")
