"""Tests of export.trial.selection: what is chosen, by what, and what cannot be."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.harness.records.record import Record
from export.trial.selection import SelectionError, Wish, checkpoint_path, select
from tests.bench.conftest import a_record


def trial(arm: str, seed: int = 0, validation: float | None = 0.9, **changes: Any) -> Record:  # noqa: ANN401 - fields
    """Return a record with a checkpoint."""
    return replace(
        a_record(arm, seed, **changes), validation_accuracy=validation, checkpoint=f"checkpoints/{arm}{seed}"
    )


def chosen(records: list[Record], wish: Wish | None = None) -> list[tuple[str, int]]:
    """Return names and seeds of what is exported."""
    return [(choice.name, choice.record.seed) for choice in select(records, wish or Wish()).choices]


def test_the_best_trial_of_each_arm_is_the_default() -> None:
    """By validation accuracy."""
    records = [trial("base", 0, 0.8), trial("base", 1, 0.9), trial("other", 0, 0.7), trial("other", 1, 0.6)]

    assert chosen(records) == [("norm_base", 1), ("norm_other", 0)]


def test_test_accuracy_has_no_say() -> None:
    """The trial that is best on the test set loses to the one that is best on validation images."""
    records = [trial("base", 0, 0.8, accuracy=0.99), trial("base", 1, 0.9, accuracy=0.1)]

    assert chosen(records) == [("norm_base", 1)]


@pytest.mark.parametrize("changes", [{"mflops_per_image": 0.1}, {"parameters": 10}, {"seed": 4}])
def test_of_equals_the_cheaper_is_chosen(changes: dict[str, Any]) -> None:
    """First operations, then parameters, then the lower seed."""
    cheaper = replace(trial("other", 5), **changes)

    (choice,) = select([trial("base", 5), cheaper, trial("third", 5)], Wish(winner=True)).choices

    assert choice.record.arm == "other"


def test_of_one_study_the_winner() -> None:
    """The best of all arms."""
    records = [trial("base", 0, 0.8), trial("other", 3, 0.9), trial("x", 1, 0.95, study="other study")]

    assert chosen(records, Wish(studies=("norm",), winner=True)) == [("norm", 3)]


def test_the_best_of_an_architecture_whatever_its_study() -> None:
    """A data set each."""
    records = [
        trial("base", 0, 0.8, architecture="sk"),
        trial("other", 1, 0.9, architecture="sk", study="b"),
        trial("other", 2, 0.7, architecture="sk", study="b", dataset="mnist"),
        trial("third", 3, 0.99),
    ]

    assert chosen(records, Wish(architectures=("sk",))) == [("sk_mnist-5k", 1), ("sk_mnist", 2)]
    assert [name for name, _ in chosen(records, Wish(every=True))] == ["sk_mnist-5k", "sk_mnist", "lenet5_mnist-5k"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"status": "diverged"}, "it diverged"),
        ({"validation_accuracy": None}, "it trained on the images of mnist-5k, which leaves too few to choose on"),
        ({"checkpoint": None}, "it has no checkpoint"),
    ],
)
def test_what_cannot_be_exported_is_left_out_and_said(changes: dict[str, Any], why: str) -> None:
    """Even if it is the best."""
    bad = replace(trial("base", 1, 0.99), **changes)

    selection = select([trial("base", 0, 0.8), bad], Wish())

    assert [choice.record.seed for choice in selection.choices] == [0]
    assert selection.left_out == (f"norm/base, seed 1: {why}",)


def test_nothing_to_export_is_an_error() -> None:
    """Which says why."""
    with pytest.raises(SelectionError, match="no trial can be exported: norm/base, seed 0: it diverged"):
        select([replace(trial("base"), status="diverged")], Wish())
    with pytest.raises(SelectionError, match="run `pytest bench/` first"):
        select([], Wish())


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (Wish(studies=("nrm",)), "unknown study 'nrm': did you mean 'norm'"),
        (Wish(architectures=("lenet",)), "unknown architecture 'lenet': did you mean 'lenet5'"),
    ],
)
def test_an_unknown_name_is_an_error(wish: Wish, message: str) -> None:
    """With the nearest that has a record."""
    with pytest.raises(SelectionError, match=message):
        select([trial("base")], wish)


def test_only_the_newest_setting_of_a_study_counts() -> None:
    """Accuracies of two versions of torch are not compared: the last run is what is exported."""
    old = replace(trial("base", 0, 0.99), threads=8, finished="2025-01-01T00:00:00+00:00")

    assert chosen([old, trial("base", 1, 0.8)]) == [("norm_base", 1)]


def test_a_reason_says_of_how_many() -> None:
    """For the dry run."""
    one, other = select([trial("base", 0), trial("base", 1), trial("other", 0)], Wish()).choices

    assert one.reason == (
        "the best of 2 trials of norm/base, the cheapest of 2 equals: norm/base seed 0, 90.00 % on validation images"
    )
    assert other.reason == "the only trial of norm/other: norm/other seed 0, 90.00 % on validation images"


def test_a_missing_checkpoint_is_an_error(tmp_path: Path) -> None:
    """It names the path and what to do."""
    with pytest.raises(SelectionError, match=r"base0 of norm/base, seed 0 is missing: train it again"):
        checkpoint_path(tmp_path, trial("base"))


def test_what_was_asked_for_and_has_no_usable_trial_is_an_error() -> None:
    """Not a line that nobody reads."""
    records = [trial("base", architecture="sk"), replace(trial("other"), status="diverged")]

    with pytest.raises(SelectionError, match="no trial of lenet5 can be exported: norm/other, seed 0: it diverged"):
        select(records, Wish(architectures=("sk", "lenet5")))


@pytest.mark.parametrize("arms", [("A b", "a-b"), ("net", "net_int8")])
def test_two_models_of_one_name_are_an_error(arms: tuple[str, str]) -> None:
    """The second would become a version of the first, or of its variant."""
    with pytest.raises(SelectionError, match="would both be exported as"):
        select([trial(arm) for arm in arms], Wish())


def test_architectures_are_chosen_within_their_newest_setting() -> None:
    """Whatever the study: accuracies of two versions of torch or two protocols are never compared."""
    old = replace(trial("base", 0, 0.99, study="a"), threads=8, finished="2025-01-01T00:00:00+00:00")

    assert chosen([old, trial("base", 1, 0.8, study="b")], Wish(every=True)) == [("lenet5_mnist-5k", 1)]


def by_hand(validation: float, day: int, code: str = "newest", **recipe: Any) -> Record:  # noqa: ANN401 - hyper-parameters
    """Return a net that `python -m bench train` trained on a day of May."""
    made = trial("net", 0, validation, study="train", architecture="net")
    definition: Any = {**made.definition, "code": code, "recipe": recipe}
    return replace(made, protocol="train", definition=definition, finished=f"2026-05-{day:02d}T02:00:00+00:00")


@pytest.mark.parametrize("wish", [Wish(), Wish(architectures=("net",)), Wish(every=True)])
def test_of_nets_trained_by_hand_the_best_is_chosen_and_not_the_newest(wish: Wish) -> None:
    """They share a name and a seed, and differ in what they were trained by."""
    records = [by_hand(0.556, 1, epochs=9), by_hand(0.426, 2, epochs=2), by_hand(0.166, 3, epochs=1)]

    (choice,) = select(records, wish).choices

    assert choice.record.validation_accuracy == 0.556
    assert "the best of 3 trials" in choice.reason


def test_of_a_net_trained_by_hand_again_the_newest_stands() -> None:
    """The same definition twice is one trial; and what older code has trained is no candidate."""
    records = [by_hand(0.9, 1, code="old"), by_hand(0.5, 2), by_hand(0.4, 3)]

    (choice,) = select(records, Wish()).choices

    assert (choice.record.validation_accuracy, choice.among) == (0.4, 1)
