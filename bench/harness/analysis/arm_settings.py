"""Compares how a study's arms are defined: which options and hyper-parameters differ, which all share."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from bench.harness.analysis.results import ArmResult, StudyResult
from bench.harness.number_format import MISSING


class Definitions(NamedTuple):
    """Differences between arms as a table (names, and per arm its label and values), shared settings as pairs."""

    differing: list[str]
    rows: list[tuple[str, list[str]]]
    shared: list[tuple[str, str]]


def definitions(result: StudyResult) -> Definitions:
    """Return the architectures, options and hyper-parameters of a study's arms."""
    settings = [_settings(arm) for arm in result.arms]
    names = list(dict.fromkeys(name for values in settings for name in values))
    differing = [name for name in names if len({values.get(name, MISSING) for values in settings}) > 1]
    return Definitions(
        differing=differing,
        rows=[
            (arm.label, [values.get(name, MISSING) for name in differing])
            for arm, values in zip(result.arms, settings, strict=True)
        ],
        shared=[(name, settings[0][name]) for name in names if name not in differing],
    )


def differing_choices(arms: Iterable[ArmResult]) -> dict[str, list[Any]]:
    """Return the choices in which arms differ, by name, each with every arm's value; None where an arm has none."""
    choices = [_choices(arm) for arm in arms]
    names = dict.fromkeys(name for choice in choices for name in choice)
    values = {name: [choice.get(name) for choice in choices] for name in names}
    return {name: own for name, own in values.items() if len(set(map(repr, own))) > 1}


def _choices(arm: ArmResult) -> dict[str, Any]:
    """Return an arm's architecture, options and hyper-parameters by name, as its newest record has them."""
    definition: Mapping[str, Any] = arm.records[-1].definition
    options, recipe = definition.get("options", {}), definition.get("recipe", {})
    return {"architecture": definition.get("architecture"), **options, **recipe}


def _settings(arm: ArmResult) -> dict[str, str]:
    record = arm.records[-1]
    parts: tuple[Mapping[str, Any], ...] = (record.options, record.definition.get("recipe", {}))
    return {
        "architecture": record.architecture,
        **{name.replace("_", " "): _text(value) for part in parts for name, value in part.items()},
    }


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value)) or MISSING
    return MISSING if value is None else str(value)
