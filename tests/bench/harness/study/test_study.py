"""Tests of bench.harness.study.study."""

from dataclasses import replace
from typing import Any

import pytest

from bench.harness.records.key import content_hash
from bench.harness.study.discovery import load_studies
from bench.harness.study.recipe import Recipe
from bench.harness.study.study import Arm, Comparison, Protocol, Published, Study, StudyError
from bench.harness.study.trial import Trial

ARMS = tuple(
    Arm(name=name, label=name.upper(), architecture="lenet5", options={"activation": name})
    for name in ("relu", "tanh", "sigmoid")
)
QUICK = Protocol(dataset="mnist-5k", recipe=Recipe(epochs=10, train_images=3000), arms=ARMS)
PUBLISHED = Protocol(dataset="mnist", recipe=Recipe(learning_rate=0.1), arms=(ARMS[0], ARMS[2]))


def study_of(**changes: Any) -> Study:  # noqa: ANN401 - any field of a study
    """Return a study of three activations, of which one has no published setting."""
    fields: dict[str, Any] = {
        "name": "activation",
        "question": "Which?",
        "held_fixed": "the rest",
        "margin": 0.01,
        "comparisons": (
            Comparison(name="all", title="all", baseline="relu", arms=("tanh", "sigmoid")),
            Comparison(name="saturating", title="saturating", baseline="sigmoid", arms=("tanh",)),
        ),
        "protocols": {"quick": QUICK, "published": PUBLISHED},
    }
    return Study(**{**fields, **changes})


def trial_of(**changes: Any) -> Trial:  # noqa: ANN401 - any field of a trial
    """Return a trial of the study above."""
    study = study_of()
    trial = Trial(
        study="activation",
        arm="relu",
        seed=0,
        protocol="quick",
        dataset="mnist-5k",
        architecture="lenet5",
        options={"activation": "relu"},
        recipe=Recipe(learning_rate=0.1),
        context=study.context("quick", ARMS[0]),
        reduced=False,
        learning_rate_from="the recipe",
    )
    return replace(trial, **changes)


def test_smoke_is_quick_on_few_images() -> None:
    """It tests the machinery: 320 images, two epochs, and every arm of `quick`, marked as reduced."""
    smoke = study_of().protocol("smoke")

    assert smoke == Protocol(dataset="mnist-5k", recipe=Recipe(epochs=2, train_images=320), arms=ARMS, reduced=True)


def test_a_study_may_have_a_smoke_protocol_of_its_own() -> None:
    """A protocol that is stated is not overridden."""
    assert study_of(protocols={"quick": QUICK, "smoke": PUBLISHED}).protocol("smoke") is PUBLISHED


@pytest.mark.parametrize("study", load_studies(), ids=lambda study: str(study.name))
def test_no_arm_of_a_committed_study_makes_smoke_longer(study: Study) -> None:
    """An arm's own recipe does not undo what smoke is for."""
    smoke = study.protocol("smoke")
    recipes = [smoke.recipe.but(arm.recipe) for arm in smoke.arms]

    assert {(recipe.train_images, recipe.epochs) for recipe in recipes} == {(320, 2)}


@pytest.mark.parametrize(
    "study",
    [study for study in load_studies() if "published" in study.protocols],
    ids=lambda study: str(study.name),
)
def test_what_is_reduced_can_be_run_in_full(study: Study) -> None:
    """For somebody with a GPU; what is not reduced needs no second way."""
    reduced = study.protocol("published").reduced

    assert reduced == ("full" in study.protocols)
    assert not reduced or not study.protocol("full").reduced
    assert not reduced or set(study.arm_names("published")) <= set(study.arm_names("full"))


def test_an_unknown_protocol_is_an_error() -> None:
    """The message names the study and what it has."""
    with pytest.raises(StudyError, match="study 'activation': unknown protocol 'publisht': did you mean 'published'"):
        study_of().protocol("publisht")


def test_an_unknown_arm_is_an_error() -> None:
    """The message names the study and the protocol's arms."""
    with pytest.raises(StudyError, match="study 'activation': unknown arm 'tanh': known: relu, sigmoid"):
        study_of().arm("published", "tanh")


def test_an_arm_is_found_by_name() -> None:
    """In the protocol that has it."""
    assert study_of().arm("smoke", "tanh") is ARMS[1]


@pytest.mark.parametrize(
    ("protocol", "names"),
    [
        ("quick", ["relu", "tanh", "sigmoid"]),
        ("smoke", ["relu", "tanh", "sigmoid"]),
        ("published", ["relu", "sigmoid"]),
    ],
)
def test_arms_come_in_their_order(protocol: str, names: list[str]) -> None:
    """Tests, tables and figures list them so."""
    assert study_of().arm_names(protocol) == names


@pytest.mark.parametrize("protocol", ["quick", "smoke"])
def test_a_study_without_a_protocol_has_no_arms_there(protocol: str) -> None:
    """A run of a protocol passes over studies that lack it; without `quick` there is no `smoke` either."""
    assert study_of(protocols={"published": PUBLISHED}, comparisons=()).arm_names(protocol) == []


def test_two_arms_of_one_name_are_refused() -> None:
    """Their records could not be told apart."""
    twice = replace(QUICK, arms=(*ARMS, ARMS[0]))

    with pytest.raises(StudyError, match="study 'activation', protocol 'quick': two arms share a name"):
        study_of(protocols={"quick": twice})


@pytest.mark.parametrize("comparison", [("rellu", ("tanh",)), ("relu", ("rellu",))])
def test_a_comparison_of_an_arm_that_is_not_there_is_refused(comparison: tuple[str, tuple[str, ...]]) -> None:
    """A mistyped name would silently compare nothing."""
    baseline, arms = comparison
    bad = Comparison(name="bad", title="bad", baseline=baseline, arms=arms)

    with pytest.raises(StudyError, match="study 'activation': unknown arm 'rellu': did you mean 'relu'"):
        study_of(comparisons=(bad,))


def comparisons_in(protocol: str, arm: Arm) -> list[str]:
    """Return the names of the comparisons in an arm's context."""
    return [comparison["name"] for comparison in study_of().context(protocol, arm)["comparisons"]]


def test_an_arm_takes_part_in_its_comparisons() -> None:
    """As the baseline or beside it."""
    assert [comparisons_in("quick", arm) for arm in ARMS] == [["all"], ["all", "saturating"], ["all", "saturating"]]


def test_a_comparison_without_arms_in_the_protocol_is_left_out() -> None:
    """`published` has no tanh: its baseline sigmoid is compared with nothing there."""
    assert comparisons_in("published", ARMS[2]) == ["all"]


def test_a_comparison_without_its_baseline_in_the_protocol_is_left_out() -> None:
    """`published` without ReLU: sigmoid is compared with nothing there, and nobody waits for a baseline to be run."""
    study = study_of(protocols={"quick": QUICK, "published": replace(PUBLISHED, arms=ARMS[1:])})

    assert [comparison["name"] for comparison in study.context("published", ARMS[2])["comparisons"]] == ["saturating"]


@pytest.mark.parametrize(("protocol", "family"), [("quick", 3), ("smoke", 3), ("published", 1)])
def test_the_context_counts_the_pairs_of_its_protocol(protocol: str, family: int) -> None:
    """Three pairs are compared where all arms are; `published` has sigmoid against ReLU only."""
    assert study_of().context(protocol, ARMS[0])["family"] == family


def test_a_pair_of_two_comparisons_counts_once() -> None:
    """The correction is for what is compared, not for how often it is shown."""
    twice = tuple(Comparison(name=name, title=name, baseline="relu", arms=("tanh",)) for name in ("a", "b"))

    assert study_of(comparisons=twice).context("quick", ARMS[0])["family"] == 1


def test_the_context_has_what_tables_need() -> None:
    """Tables are made from records alone."""
    arm = replace(ARMS[1], published=(Published(value=98.0, source="S1", note="one run"),))
    study = study_of(protocols={"quick": replace(QUICK, arms=(ARMS[0], arm, ARMS[2]), target_training_error=0.05)})
    context = study.context("quick", arm)

    assert (context["label"], context["order"], context["margin"]) == ("TANH", 1, 0.01)
    assert context["published"] == [{"value": 98.0, "source": "S1", "note": "one run"}]
    assert context["target_training_error"] == 0.05


@pytest.mark.parametrize(
    "change",
    [
        {"study": "other"},
        {"arm": "other"},
        {"seed": 1},
        {"protocol": "smoke"},
        {"dataset": "mnist"},
        {"architecture": "lenet-relu"},
        {"options": {"activation": "tanh"}},
        {"recipe": Recipe(learning_rate=0.2)},
        {"recipe": Recipe(learning_rate=0.1, augment=("flip",))},
    ],
    ids=str,
)
def test_what_defines_a_trial_changes_its_key(change: dict[str, Any]) -> None:
    """A record is never taken for another trial's."""
    assert trial_of(**change).key(threads=1) != trial_of().key(threads=1)


@pytest.mark.parametrize(
    "change",
    [
        {"context": study_of(margin=0.5).context("quick", ARMS[0])},
        {"learning_rate_from": "elsewhere"},
        {"reduced": True},
    ],
    ids=["context", "learning_rate_from", "reduced"],
)
def test_what_only_describes_a_trial_leaves_its_key(change: dict[str, Any]) -> None:
    """A reworded question does not cost hours of training."""
    assert trial_of(**change).key(threads=1) == trial_of().key(threads=1)


def test_conditions_change_the_key() -> None:
    """A trial measured on one thread is no record of two."""
    assert trial_of().key(threads=1) != trial_of().key(threads=2)


def test_a_hash_does_not_depend_on_the_order_of_keys() -> None:
    """Options may be written in any order."""
    assert content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})


def test_a_trial_has_a_name_of_its_own() -> None:
    """Within a protocol study, arm and seed say which it is."""
    assert trial_of(seed=3).name == "activation/relu/seed 3"


@pytest.mark.parametrize("study", load_studies(), ids=lambda study: str(study.name))
def test_a_committed_study_tells_each_arm_from_the_others(study: Study) -> None:
    """No two arms of a protocol are the same under two names, but for those that `smoke` makes so."""
    for name in study.protocols:
        protocol = study.protocol(name)
        recipes = [protocol.recipe.but(arm.recipe).as_dict() for arm in protocol.arms]
        arms = [
            [arm.architecture, dict(arm.options), recipe] for arm, recipe in zip(protocol.arms, recipes, strict=True)
        ]

        assert len({content_hash(arm) for arm in arms}) == len(arms)


def test_smoke_is_short_whatever_an_arm_states() -> None:
    """An arm's own epochs and number of images do not count there; the rest of its recipe does."""
    own = {"epochs": 50, "train_images": 60_000, "first_image": 10_000, "momentum": 0.5}
    arms = (Arm("long", "long", "mlp", recipe=own),)
    smoke = study_of(protocols={"quick": Protocol("mnist-5k", Recipe(), arms)}, comparisons=()).protocol("smoke")

    assert smoke.arms[0].recipe == {"first_image": 10_000, "momentum": 0.5}
