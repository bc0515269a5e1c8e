"""Checks a model repository from its files alone: sums, card, configuration, labels, graph, and the golden answers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx

from export.gate.runtime import onnxruntime_run
from export.gate.structure import structure_problems
from export.repository.agreement import disagreements
from export.repository.card_fields import card_problem
from export.repository.golden import allowed_tolerances, golden_problems, read_golden
from export.repository.layout import (
    CONFIG,
    LABELS,
    MODEL,
    RepositoryError,
    check_sums,
    models,
    read_card,
    read_text,
    versions,
)
from export.repository.triton import config_problems
from export.trial.card import FORMAT


def verify(repository: Path) -> int:
    """Print what is found of every version; return the exit status: 1 where something is wrong.

    Raises:
        RepositoryError: there is no repository, or it is empty.
    """
    if (repository / CONFIG).is_file():
        raise RepositoryError(f"{repository} is one model of a repository: verify the folder it is in")
    names = models(repository)
    if not names:
        raise RepositoryError(f"{repository} holds no model: run `python -m export`")
    wrong = right = 0
    for name in names:
        numbers = versions(repository / name)
        for number in numbers:
            problems = version_problems(repository / name, number)
            wrong, right = wrong + bool(problems), right + (not problems)
            print(f"{name} {number}: {'; '.join(problems) or 'ok'}")  # noqa: T201 - the answer
        if not numbers:
            wrong += 1
            print(f"{name}: no version")  # noqa: T201 - the answer
    print(f"{right} right, {wrong} wrong")  # noqa: T201 - the answer
    return int(wrong > 0)


def version_problems(model: Path, number: int) -> list[str]:
    """Return what is wrong with a version of a model, nothing if it may be served."""
    try:
        return _problems(model, number)
    except RepositoryError as error:
        return [str(error)]
    except Exception as error:  # noqa: BLE001 - a damaged file must not hide what is wrong with the others
        return [f"it cannot be checked ({type(error).__name__}: {' '.join(str(error).split())}): export it again"]


def _problems(model: Path, number: int) -> list[str]:
    version = model / str(number)
    check_sums(version)
    card = read_card(version)
    problems = _card_problems(card, model.name)
    if problems:
        return problems
    shape, classes = tuple(card["shape"]), card["classes"]
    problems += config_problems(read_text(model / CONFIG), model.name, card)
    problems += structure_problems(version / MODEL, shape, len(classes))
    if problems:
        return problems
    stated = {entry.key: entry.value for entry in onnx.load(version / MODEL, load_external_data=False).metadata_props}
    return (
        disagreements(read_text(model / LABELS).splitlines(), card, stated)
        or _golden_problems(version, card)
        or _variant_problems(model, number, card)
    )


def _card_problems(card: Mapping[str, Any], name: str) -> list[str]:
    problem = card_problem(card)
    if problem is not None:
        return [f"its card {problem}: export the model again"]
    if card["format"] != FORMAT:
        return [f"its card is of format {card['format']!r}; this version reads {FORMAT!r}"]
    return [] if card["name"] == name else [f"its card is that of {card['name']}, not of {name}"]


def _golden_problems(version: Path, card: Mapping[str, Any]) -> list[str]:
    """Return how the answers on the golden images differ from those that were stored."""
    images, golden = read_golden(version, card["shape"])
    return golden_problems(onnxruntime_run(version / MODEL)(images), golden, allowed_tolerances(card, golden))


def _variant_problems(model: Path, number: int, card: Mapping[str, Any]) -> list[str]:
    """Return that the newest version of a variant was made of another net than the newest of its float32 model."""
    plain = model.with_name(model.name.removesuffix(f"_{card['variant']}"))
    newest = versions(plain)
    if plain == model or not newest or number != versions(model)[-1]:
        return []
    if read_card(plain / str(newest[-1])).get("checkpoint_sha256") == card["checkpoint_sha256"]:
        return []
    return [f"it is a variant of an earlier net than {plain.name} {newest[-1]}: export again, or remove {model.name}"]
