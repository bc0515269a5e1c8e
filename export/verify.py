"""Checks a model repository from its files alone: sums, configuration, labels, graph, and the golden answers."""

from pathlib import Path

import numpy as np

from export.config import labels_text
from export.graph import INPUT, OUTPUTS
from export.repository import (
    CONFIG,
    GOLDEN,
    LABELS,
    MODEL,
    MODEL_NAME,
    RepositoryError,
    check_sums,
    models,
    read_card,
    versions,
)
from export.runtime import RuntimeLoadError, onnxruntime_run
from export.structure import structure_problems
from export.triton import config_problems

CARD_KEYS = ("name", "format", "shape", "classes", "tolerance", "test_accuracy", "record_id", "checkpoint_sha256")


def verify(repository: Path) -> int:
    """Print what is found of every version; return the exit status: 1 where something is wrong.

    Raises:
        RepositoryError: there is no repository, or it is empty.
    """
    names = models(repository)
    if not names:
        raise RepositoryError(f"{repository} holds no model: run `python -m export`")
    wrong = 0
    for name in names:
        numbers = versions(repository / name)
        for number in numbers:
            problems = version_problems(repository / name, number)
            wrong += bool(problems)
            print(f"{name} {number}: {'; '.join(problems) or 'ok'}")  # noqa: T201 - the answer
        if not numbers:
            wrong += 1
            print(f"{name}: no version")  # noqa: T201 - the answer
    return int(wrong > 0)


def version_problems(model: Path, number: int) -> list[str]:
    """Return what is wrong with a version of a model, nothing if it may be served."""
    version = model / str(number)
    try:
        check_sums(version)
        card = read_card(version)
    except RepositoryError as error:
        return [str(error)]
    missing = [key for key in CARD_KEYS if key not in card]
    if missing:
        return [f"its card lacks {missing}: export the model again"]
    problems = [] if MODEL_NAME.fullmatch(model.name) else [f"{model.name!r} is no name of a model"]
    if card["name"] != model.name:
        problems.append(f"its card is that of {card['name']}, not of {model.name}")
    problems += config_problems((model / CONFIG).read_text("utf-8"), model.name, card)
    if (model / LABELS).read_text("utf-8") != labels_text(card["classes"]):
        problems.append(f"{LABELS} does not list the card's classes")
    problems += structure_problems(version / MODEL, tuple(card["shape"]), len(card["classes"]))
    return problems or golden_problems(version, card["tolerance"])


def golden_problems(version: Path, tolerance: float) -> list[str]:
    """Return how the answers on the golden images differ from those that were stored."""
    try:
        with np.load(version / GOLDEN, allow_pickle=False) as golden:
            images, *expected = (golden[name] for name in (INPUT, *OUTPUTS))
        found = onnxruntime_run(version / MODEL)(images)
    except (OSError, ValueError, KeyError, RuntimeLoadError) as error:
        return [f"its golden answers cannot be tried: {error}"]
    problems = []
    for name, right, got in zip(OUTPUTS, expected, found, strict=True):
        gap = float(np.abs(got - right).max()) if got.shape == right.shape else float("inf")
        if not gap <= tolerance:
            problems.append(f"its golden {name} differ by {gap:.3g}, more than {tolerance:.3g}")
    return problems
