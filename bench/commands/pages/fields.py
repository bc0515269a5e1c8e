"""The fields of a record as Markdown, from the types that records are read by: name, type, meaning."""

import inspect
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, NotRequired, Required, get_args, get_origin, get_type_hints

from tabulate import tabulate

from bench.harness.records import parts as parts_of_record
from bench.harness.records.record import Record
from bench.harness.records.schema import introduction, meanings

HEADERS = ("field", "type", "meaning")
PLAIN = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    dict: "object",
    list: "list",
    type(None): "null",
    Any: "anything",
}


def fields_text() -> str:
    """Return a table of the record's fields, then one for every object inside it."""
    parts = []
    for structure in _structures(Record):
        parts.append(f"## {structure.__name__}")
        parts.append(introduction(structure))
        hints = get_type_hints(structure, include_extras=True)
        described = meanings(structure)
        rows: list[tuple[str, ...]] = [
            (f"`{name}`", _type_text(hint), _meaning(name, hint, described)) for name, hint in hints.items()
        ]
        if not any(row[2] for row in rows):
            rows = [row[:2] for row in rows]
        parts.append(tabulate(rows, HEADERS[: len(rows[0])], tablefmt="pipe", disable_numparse=True))
    return "\n\n".join(filter(None, parts))


def _structures(outer: type) -> Iterator[type]:
    """Yield a type with named fields, then those that its fields hold, each once, outer ones first."""
    waiting, seen = [outer], {outer}
    while waiting:
        structure = waiting.pop(0)
        yield structure
        for hint in get_type_hints(structure).values():
            inner = [part for part in _parts(hint) if _has_fields(part) and part not in seen]
            waiting += inner
            seen.update(inner)


def _parts(hint: Any) -> Iterator[Any]:  # noqa: ANN401 - an annotation may be any object
    yield hint
    for part in get_args(hint):
        yield from _parts(part)


def _has_fields(hint: object) -> bool:
    return (
        inspect.isclass(hint)
        and hint.__module__ in (Record.__module__, parts_of_record.__name__)
        and bool(get_type_hints(hint))
    )


def _type_text(hint: Any) -> str:  # noqa: ANN401 - as above
    if get_origin(hint) in GENERIC:
        return GENERIC[get_origin(hint)](get_args(hint))
    if _has_fields(hint):
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    return PLAIN.get(hint) or str(getattr(hint, "__name__", hint))


def _either(parts: Iterable[Any]) -> str:
    return " or ".join(map(_type_text, parts))


GENERIC: Mapping[Any, Callable[[tuple[Any, ...]], str]] = {
    Annotated: lambda parts: _type_text(parts[0]),
    Required: lambda parts: _type_text(parts[0]),
    NotRequired: lambda parts: f"{_type_text(parts[0])}; may be missing",
    Literal: lambda parts: " or ".join(f'`"{value}"`' for value in parts),
    types.UnionType: _either,
    typing.Union: _either,
    list: lambda parts: f"list of {_type_text(parts[0])}",
    tuple: lambda parts: f"list of {_type_text(parts[0])}",
    dict: lambda parts: "object" if parts[1] is Any else f"object of {_type_text(parts[1])}",
}


def _meaning(name: str, hint: Any, meanings: Mapping[str, str]) -> str:  # noqa: ANN401 - as above
    """Return a field's description: from its annotation where that has one, else from the docstring."""
    described = (getattr(extra, "description", None) for extra in getattr(hint, "__metadata__", ()))
    text = next(filter(None, described), None) or meanings.get(name, "")
    return text.replace("|", r"\|")
