"""Tests of bench.harness.study.vary."""

from typing import Any

import pytest

from bench.harness.study import Arm, Published, change, vary
from bench.harness.study.study import StudyError


def test_one_arm_per_value_in_their_order() -> None:
    """Names carry the value, labels its words, and what is not varied is given to all."""
    words = {"relu": "ReLU", "tanh": "tanh"}

    assert vary("sk", "sk-{activation}", "SK, {activation}", width=0.2, activation=words) == (
        Arm("sk-relu", "SK, ReLU", "sk", {"width": 0.2, "activation": "relu"}),
        Arm("sk-tanh", "SK, tanh", "sk", {"width": 0.2, "activation": "tanh"}),
    )


def test_several_options_give_every_combination() -> None:
    """The last option changes fastest; a value without words is written as it is."""
    arms = vary("base", "{kernel}-{pooling}", "{kernel}, {pooling}", kernel=(5, 3), pooling=("a", "b"))

    assert [(arm.name, arm.label) for arm in arms] == [
        ("5-a", "5, a"),
        ("5-b", "5, b"),
        ("3-a", "3, a"),
        ("3-b", "3, b"),
    ]


def test_a_value_may_be_a_tuple() -> None:
    """It stands inside the tuple of values."""
    (arm,) = vary("mlp", "mlp", "MLP", hidden=((64, 32),))

    assert arm.options == {"hidden": (64, 32)}


def test_the_recipe_is_every_arms_and_a_reported_number_is_one_arms() -> None:
    """`published` goes by the arm's name."""
    reported = Published(98.0, "S4")
    one, two = vary("base", "{kernel}", "{kernel}", {"epochs": 5}, kernel=("3x3", "5x5"), published={"5x5": reported})

    assert one.recipe == two.recipe == {"epochs": 5}
    assert (one.published, two.published) == ((), (reported,))


def test_steps_in_a_label_stay_for_the_trial_to_fill() -> None:
    """The number of steps depends on the data set."""
    (arm,) = vary("sk", "sk", "SK, {activation} ({steps} steps)", activation=("relu",))

    assert arm.label == "SK, relu ({steps} steps)"


@pytest.mark.parametrize(
    ("name", "label", "options", "message"),
    [
        ("a", "A", {"width": 0.2}, r"vary\('sk', 'a'\): no option has several values"),
        (
            "a",
            "A",
            {"activation": ("relu", "tanh")},
            r"two arms share a name in \['a', 'a'\]: a value stands twice",
        ),
        ("{activation}", "A", {"activation": ("relu", "relu")}, r"two arms share a name in \['relu', 'relu'\]"),
        ("{activation}", "A", {"activation": ()}, r"vary\('sk', '{activation}'\): activation has no value"),
        ("{activation.x}", "A", {"activation": ("relu",)}, "'{activation.x}': not a template"),
        ("{activation[x]}", "A", {"activation": ("relu",)}, r"'{activation\[x\]}': not a template"),
        (
            "{kernel}",
            "A",
            {"activation": ("relu",)},
            "'{kernel}': not a template of what is varied, activation",
        ),
        ("{activation}", "{x", {"activation": ("relu",)}, "'{x': not a template"),
    ],
)
def test_what_makes_no_arms_is_an_error(name: str, label: str, options: dict[str, Any], message: str) -> None:
    """It says which template or option is meant."""
    with pytest.raises(StudyError, match=message):
        vary("sk", name, label, **options)


def test_a_number_for_an_arm_that_is_not_there_is_an_error() -> None:
    """A mistyped name would lose the number without a word."""
    with pytest.raises(StudyError, match="published: unknown arm 'sk-relo': did you mean 'sk-relu'"):
        vary("sk", "sk-{activation}", "SK", activation=("relu",), published={"sk-relo": Published(99.0, "S0")})


def test_a_hyper_parameter_is_varied_in_the_recipe() -> None:
    """Options go to the architecture, hyper-parameters to the recipe, by their names alone."""
    arms = vary("sk", "{momentum}", "momentum {momentum}", {"epochs": 3}, width=0.2, momentum=(0.0, 0.9))

    assert [arm.name for arm in arms] == ["0.0", "0.9"]
    assert [arm.recipe for arm in arms] == [{"epochs": 3, "momentum": 0.0}, {"epochs": 3, "momentum": 0.9}]
    assert all(arm.options == {"width": 0.2} for arm in arms)


def test_a_change_keeps_all_else() -> None:
    """The arm's own hyper-parameters, options and published numbers; another change of the same one wins."""
    arm = Arm("sk", "SK", "sk", {"width": 0.2}, {"epochs": 3, "momentum": 0.5}, (Published(98.0, "S0"),))
    plain, fast = change(arm, {"plain": ("no momentum", {"momentum": 0.0}), "fast": ("Adam", {"optimizer": "adam"})})

    assert (plain.name, plain.label, plain.recipe) == ("sk-plain", "SK, no momentum", {"epochs": 3, "momentum": 0.0})
    assert fast.recipe == {"epochs": 3, "momentum": 0.5, "optimizer": "adam"}
    assert (fast.options, fast.published) == (arm.options, arm.published)


def test_a_hyper_parameter_that_is_not_varied_is_every_arms() -> None:
    """Beside one that is, and beside an option."""
    arms = vary("sk", "sk-{activation}", "{activation}", activation=("relu", "tanh"), momentum=0.5, width=0.2)

    assert [arm.recipe for arm in arms] == [{"momentum": 0.5}] * 2
    assert [arm.options for arm in arms] == [{"activation": name, "width": 0.2} for name in ("relu", "tanh")]
