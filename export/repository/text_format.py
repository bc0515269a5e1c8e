"""Protobuf's text format, as far as model configurations use it: fields with their values, nested."""

import re
from typing import Any

from export.repository.layout import RepositoryError

BETWEEN = re.compile(r"\s+|#[^\n]*")  # blanks, and comments: matched one by one, so that it takes no longer than it is
TOKEN = re.compile(
    r"""(?:
        (?P<punctuation>[{}\[\]:,;<>])
      | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<number>-?(?:\d+\.?\d*(?:[eE][+-]?\d+)?))
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    )""",
    re.VERBOSE,
)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}
PUNCTUATION = "{}[]:,;<>"
FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
DEPTH = 20


def parse(text: str, path: object = "config.pbtxt") -> dict[str, Any]:
    """Return the fields of a message: each a list of its values, messages among them as the same again.

    Raises:
        RepositoryError: it is no text format.
    """
    return _Reader(text, path).read()


class _Reader:
    """Reads the tokens of one text from left to right."""

    def __init__(self, text: str, path: object) -> None:
        self.path, self.place = path, 0
        self.tokens = self._split(text)

    def read(self) -> dict[str, Any]:
        """Return the whole message."""
        values = self._message(0)
        if self.place != len(self.tokens):
            raise self._error(f"unexpected {self._next!r}")
        return values

    def _split(self, text: str) -> list[str]:
        tokens, place = [], 0
        while place < len(text):
            between = BETWEEN.match(text, place)
            match = between or TOKEN.match(text, place)
            if match is None:
                raise self._error(f"cannot read {text[place : place + 20].strip()!r}")
            place = match.end()
            if not between:
                tokens.append(match.group())
        return tokens

    @property
    def _next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else "the end"

    def _message(self, depth: int) -> dict[str, Any]:
        if depth > DEPTH:
            raise self._error(f"nested more than {DEPTH} deep")
        values: dict[str, Any] = {}
        while self.place < len(self.tokens) and self._next not in ("}", "]"):
            name = self._next
            self.place += 1
            if name in (",", ";"):
                continue
            if not FIELD.fullmatch(name):
                raise self._error(f"{name!r} is no field's name")
            if self._next == ":":
                self.place += 1
            values.setdefault(name, []).extend(self._values(name, depth))
        return values

    def _values(self, name: str, depth: int) -> list[Any]:
        """Return the value at this place, or several where they stand in brackets."""
        if depth > DEPTH:
            raise self._error(f"nested more than {DEPTH} deep")
        if self._next == "[":
            self.place += 1
            values: list[Any] = []
            while self.place < len(self.tokens) and self._next != "]":
                if self._next == ",":
                    self.place += 1
                else:
                    values += self._values(name, depth + 1)
            self._expect("]")
            return values
        if self._next == "{":
            self.place += 1
            message = self._message(depth + 1)
            self._expect("}")
            return [message]
        if self.place >= len(self.tokens) or self._next in PUNCTUATION:
            raise self._error(f"{name!r} has no value")
        self.place += 1
        return [_scalar(self.tokens[self.place - 1])]

    def _expect(self, mark: str) -> None:
        if self._next != mark:
            raise self._error(f"expected {mark!r}, found {self._next!r}")
        self.place += 1

    def _error(self, message: str) -> RepositoryError:
        return RepositoryError(f"{self.path}: {message}")


def _scalar(text: str) -> str | int | float | bool:
    if text[0] in "\"'":
        return re.sub(r"\\(.)", lambda match: ESCAPES.get(match[1], match[1]), text[1:-1])
    if text in ("true", "false"):
        return text == "true"
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text
