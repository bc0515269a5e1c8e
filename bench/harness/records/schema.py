"""The JSON Schema of a record, made from the types that records are read by; `python -m bench docs` writes the file."""

import inspect
import json
import re
from typing import Any

import msgspec

from bench.harness.records import parts
from bench.harness.records.record import SCHEMA, Record

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ATTRIBUTE = re.compile(r"^ {4}(\w+(?:, \w+)*): (.+(?:\n {8,}.+)*)", re.MULTILINE)


def schema_text() -> str:
    """Return the JSON Schema of a record as the file holds it: a description beside each field and object."""
    (reference,), definitions = msgspec.json.schema_components([Record], ref_template="#/$defs/{name}")
    for name, definition in definitions.items():
        _describe(definition, Record if name == Record.__name__ else getattr(parts, name))
    record = definitions[Record.__name__]
    record["additionalProperties"] = False
    record["properties"]["schema"]["const"] = SCHEMA
    schema = {"$schema": DIALECT, "title": "A record of convbench", **reference, "$defs": definitions}
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _describe(definition: dict[str, Any], structure: type) -> None:
    """Put a type's docstring into its schema: the introduction, and a sentence beside each field."""
    definition["description"] = introduction(structure)
    descriptions = meanings(structure)
    for name, field in definition["properties"].items():
        field["description"] = descriptions[name]


def introduction(structure: type) -> str:
    """Return a docstring without its attributes."""
    return re.split(r"\n\nAttributes:", inspect.cleandoc(structure.__doc__ or ""))[0]


def meanings(structure: type) -> dict[str, str]:
    """Return the descriptions under `Attributes:` of a docstring, by the field's name."""
    _, _, attributes = inspect.cleandoc(structure.__doc__ or "").partition("Attributes:\n")
    return {
        name: " ".join(text.split()) for names, text in _ATTRIBUTE.findall(attributes) for name in names.split(", ")
    }
