"""Files that are never half-written: made under a temporary name, then renamed; and names that are safe for them."""

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HASH_LETTERS = 6


def write_text(path: Path, text: str) -> None:
    """Write a text file whole, making its folder: whatever happens, it is as it was or as it shall be."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole, likewise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, content: Mapping[str, Any] | Sequence[Any]) -> None:
    """Write a JSON file whole.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")


def slug(text: str) -> str:
    """Return text as a part of a file name or an HTML id: lower-case letters, digits, dots and hyphens.

    Where it has letters that are not ASCII's, a few of its hash tell it from other such text.
    """
    kept = re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.") or "unnamed"
    if all(character.isascii() or not character.isalnum() for character in text):
        return kept
    return f"{kept}-{hashlib.sha256(text.encode()).hexdigest()[:HASH_LETTERS]}"
