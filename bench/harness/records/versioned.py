"""Measurements in a JSON file each: written whole, and read only where version and fields are those of this code."""

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Protocol, TypeVar

from bench.harness.files import slug, write_json
from bench.harness.validation import ContentError, read_json


class Measurement(Protocol):
    """A dataclass with these fields among others."""

    @property
    def schema(self) -> int:
        """Version of its fields."""

    @property
    def phase_id(self) -> str:
        """Unique to it."""

    @property
    def study(self) -> str:
        """Name of its study."""

    @property
    def finished(self) -> str:
        """Time in UTC, ISO 8601."""


Kind = TypeVar("Kind", bound=Measurement)


def save(folder: Path, measurement: Any) -> Path:  # noqa: ANN401 - a dataclass that is a Measurement
    """Write a measurement into a folder, whole or not at all; return its file."""
    path = folder / f"{slug(measurement.study)}-{measurement.phase_id[:8]}.json"
    write_json(path, asdict(measurement))
    return path


def load_all(folder: Path, kind: type[Kind], schema: int, cure: str) -> list[Kind]:
    """Return the measurements in a folder, oldest first; none where there are none.

    Raises:
        ContentError: as of `load`.
    """
    return sorted(
        (load(path, kind, schema, cure) for path in sorted(folder.glob("*.json"))), key=lambda one: one.finished
    )


def load(path: Path, kind: type[Kind], schema: int, cure: str) -> Kind:
    """Return the measurement in a file.

    Args:
        path: the file.
        kind: its dataclass.
        schema: the version that this code reads.
        cure: ends the message of an error.

    Raises:
        ContentError: it is damaged, or of another version; the message names it, its field and the cure.
    """
    values = read_json(path, kind, cure)
    unknown = values.keys() - {field.name for field in fields(kind)}  # type: ignore[arg-type]  # a dataclass
    if values["schema"] != schema or unknown:
        problem = f"fields unknown: {sorted(unknown)}" if unknown else f"schema {values['schema']}"
        raise ContentError(f"{path}: {problem}; this version reads schema {schema}: {cure}")
    return kind(**values)
