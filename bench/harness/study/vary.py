"""The arms of a study that differ in an option or a hyper-parameter: one architecture, several values."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from bench.harness.errors import unknown
from bench.harness.study.recipe import Recipe
from bench.harness.study.study import Arm, Published, StudyError

_RECIPE = {field.name for field in fields(Recipe)}


def vary(
    architecture: str,
    name: str,
    label: str,
    recipe: Mapping[str, Any] | None = None,
    *,
    published: Mapping[str, Published] | None = None,
    **options: Any,  # noqa: ANN401 - any option of any architecture
) -> tuple[Arm, ...]:
    """Return one arm per value of an option or hyper-parameter, in their order; of several, one per combination.

    `vary("sk", "sk-{activation}", "SK, {activation}", width=0.2, activation={"relu": "ReLU", "tanh": "tanh"})` returns
    the arms sk-relu ("SK, ReLU") and sk-tanh ("SK, tanh").

    Args:
        architecture: name in the registry.
        name: template of the arms' names; `{option}` stands for the value.
        label: template of the arms' labels; `{option}` stands for the value's words.
        recipe: hyper-parameters in which all these arms differ from their protocol's recipe.
        published: numbers that were reported, by the name of the arm.
        options: options of the architecture and hyper-parameters of the recipe. A tuple of values, or a mapping from
            values to their words, is varied; anything else is given to all arms. A value that is itself a tuple stands
            inside one: `hidden=((64, 32),)`.

    Raises:
        StudyError: nothing is varied, an option has no value, a template is none, two arms get the same name, or
            `published` names an arm that is not among them.
    """
    varied = {option: _words(values) for option, values in options.items() if isinstance(values, (tuple, Mapping))}
    if not varied:
        raise StudyError(f"vary({architecture!r}, {name!r}): no option has several values: give one a tuple of values")
    for option, choices in varied.items():
        if not choices:
            raise StudyError(f"vary({architecture!r}, {name!r}): {option} has no value: give it one at least")
    arms = []
    for pairs in itertools.product(*varied.values()):
        values = {option: value for option, (value, _) in zip(varied, pairs, strict=True)}
        words = {option: word for option, (_, word) in zip(varied, pairs, strict=True)}
        given = {**options, **values}
        arms.append(
            Arm(
                name=_filled(name, values),
                label=_filled(label, {**words, "steps": "{steps}"}),
                architecture=architecture,
                options={option: value for option, value in given.items() if option not in _RECIPE},
                recipe={**(recipe or {}), **{name: value for name, value in given.items() if name in _RECIPE}},
            )
        )
    return _with_published(arms, published or {})


def change(arm: Arm, changes: Mapping[str, tuple[str, Mapping[str, Any]]]) -> tuple[Arm, ...]:
    """Return an arm once for each change of its recipe, in their order, published numbers and all.

    `change(sk, {"adam": ("Adam", {"optimizer": "adam"})})` returns one arm, sk-adam ("SK, Adam").

    Args:
        arm: as it is without a change; it is not among what is returned.
        changes: by the end of the arm's new name; the end of its label, and hyper-parameters.
    """
    return tuple(
        replace(arm, name=f"{arm.name}-{name}", label=f"{arm.label}, {words}", recipe={**arm.recipe, **recipe})
        for name, (words, recipe) in changes.items()
    )


def _words(values: tuple[Any, ...] | Mapping[Any, str]) -> list[tuple[Any, str]]:
    """Return each value with its words; a value without words of its own is written as it is."""
    return list(values.items()) if isinstance(values, Mapping) else [(value, str(value)) for value in values]


def _filled(template: str, values: Mapping[str, object]) -> str:
    """Return a template with its options' values."""
    try:
        return template.format_map(values)
    except (LookupError, ValueError, AttributeError, TypeError) as error:
        raise StudyError(f"{template!r}: not a template of what is varied, {', '.join(values)}") from error


def _with_published(arms: Sequence[Arm], published: Mapping[str, Published]) -> tuple[Arm, ...]:
    """Return the arms with the numbers that were reported for them."""
    names = [arm.name for arm in arms]
    if len(set(names)) != len(names):
        raise StudyError(
            f"two arms share a name in {names}: a value stands twice, or the name's template leaves out an option"
        )
    for name in published:
        if name not in names:
            raise StudyError(f"published: {unknown('arm', name, names)}")
    return tuple(replace(arm, published=(published[arm.name],)) if arm.name in published else arm for arm in arms)
