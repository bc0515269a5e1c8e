"""The facts that a version states in more than one place: labels.txt, its card, and the graph's own metadata."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from export.repository.layout import LABELS

# The graph's metadata: what a file that was separated from its card must still say; each with its place in the card.
METADATA: Mapping[str, tuple[str, ...]] = {
    "labels": ("classes",),
    "versions": ("environment",),
    "commit": ("environment", "commit"),
    **{
        key: (key,)
        for key in (
            *("format", "variant", "study", "arm", "seed", "architecture", "record_id", "checkpoint_sha256"),
            *("dataset", "data_sha256", "mean", "std", "resize", "test_accuracy", "test_accuracy_interval"),
            *("test_images", "temperature", "lrn_form"),
        )
    },
}


def metadata(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return the graph's metadata.

    Raises:
        KeyError: the card lacks a field.
    """
    return {key: _at(card, place) for key, place in METADATA.items()}


def disagreements(labels: Sequence[str], card: Mapping[str, Any], stated: Mapping[str, str]) -> list[str]:
    """Return what a version's files say differently of one and the same thing; what only one of them says is no matter.

    Args:
        labels: lines of labels.txt.
        card: the version's card.
        stated: the graph's metadata: texts, and everything else as JSON.
    """
    problems = []
    if "classes" in card and list(labels) != card["classes"]:
        problems.append(f"{LABELS} does not list the card's classes in their order")
    for key, text in stated.items():
        try:
            value = _at(card, METADATA[key])
        except (KeyError, TypeError):
            continue
        if not _same(text, value):
            problems.append(f"its graph says {key} {text[:60]}, its card {str(value)[:60]}")
    return problems


def _at(card: Mapping[str, Any], place: Sequence[str]) -> Any:  # noqa: ANN401 - any JSON
    value: Any = card
    for name in place:
        value = value[name]
    return value


def _same(text: str, value: object) -> bool:
    if isinstance(value, str):
        return text == value
    try:
        return bool(json.loads(text) == value)
    except ValueError:
        return False
