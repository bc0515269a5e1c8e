"""Tests of bench.harness.study.recipe."""

import json
import math
from typing import Any

import pytest

from bench.harness.study.recipe import Recipe, RecipeError


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"optimizer": "lion"}, "optimizer is 'lion': choose from sgd, adam, adamw"),
        ({"schedule": "linear"}, "schedule is 'linear': choose from constant, cosine, warmup-cosine, step"),
        ({"batch_size": 0}, "batch_size is 0: it must be at least 1"),
        ({"epochs": -1}, "epochs is -1: it must be at least 1"),
        ({"train_images": 0}, "train_images is 0: it must be at least 1"),
        ({"resize": 0}, "resize is 0: it must be at least 1"),
        ({"first_image": -1}, "first_image is -1: it must be at least 0"),
        ({"weight_decay": -0.1}, "weight_decay is -0.1: it must be at least 0"),
        ({"momentum": 1}, "momentum is 1: it must be from 0 up to, not including, 1"),
        ({"momentum": -0.1}, "momentum is -0.1: it must be from 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0: it must be a finite number above 0"),
        ({"learning_rate": math.nan}, "learning_rate is nan: it must be a finite number"),
        ({"learning_rate": math.inf}, "learning_rate is inf: it must be a finite number"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_value_outside_its_range_is_named(changes: dict[str, Any], message: str) -> None:
    """The error has the hyper-parameter, the value and the range."""
    with pytest.raises(RecipeError, match=message):
        Recipe(**changes)


@pytest.mark.parametrize(("name", "value"), [("epochs", "ten"), ("batch_size", 2.5), ("learning_rate", "fast")])
def test_a_value_of_another_type_is_named(name: str, value: object) -> None:
    """A typing mistake on the command line gives a line, not a traceback out of the middle of a run."""
    with pytest.raises(RecipeError, match=name):
        Recipe().but({name: value})


@pytest.mark.parametrize("changes", [{"momentum": 0.0}, {"weight_decay": 0}, {"first_image": 0}, {"epochs": 1}])
def test_the_ends_of_the_ranges_are_allowed(changes: dict[str, Any]) -> None:
    """Every value that the message calls allowed is allowed."""
    assert Recipe(**changes).as_dict().items() >= changes.items()


def test_changes_leave_the_rest() -> None:
    """A study states only what differs."""
    assert Recipe(epochs=7).but({"momentum": 0.5}) == Recipe(epochs=7, momentum=0.5)


def test_changes_are_checked() -> None:
    """An arm's changes pass through the same ranges."""
    with pytest.raises(RecipeError, match="epochs is 0: it must be at least 1"):
        Recipe().but({"epochs": 0})


def test_an_unknown_hyper_parameter_gets_a_suggestion() -> None:
    """The nearest name is offered."""
    with pytest.raises(RecipeError, match="unknown hyper-parameter 'learning_rat': did you mean 'learning_rate'"):
        Recipe().but({"learning_rat": 0.1})


def test_a_recipe_survives_json() -> None:
    """A recipe in a record compares equal to the recipe that gave it: tuples are lists there."""
    values = Recipe(augment=("flip", "crop"), mean=(0.5,), std=(1.0,)).as_dict()

    assert json.loads(json.dumps(values)) == values


@pytest.mark.parametrize(
    ("recipe", "steps"),
    [(Recipe(batch_size=100, epochs=8), 280), (Recipe(first_image=3436), 10), (Recipe(train_images=65), 20)],
)
def test_steps_are_counted(recipe: Recipe, steps: int) -> None:
    """Steps for 3500 images: all of them, the last 64, and 65 of them, whose 65th image is a step of its own."""
    assert recipe.steps(3500) == steps


def test_a_field_that_older_records_lack_is_written_where_it_says_something() -> None:
    """So that the choices and records from before it are still those of the same recipe."""
    assert "initialisation" not in Recipe().as_dict()
    assert Recipe(initialisation="xavier").as_dict()["initialisation"] == "xavier"
