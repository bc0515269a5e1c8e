"""Tests of the interaction of two changes."""

import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.questions.interaction import interaction
from bench.harness.analysis.results import StudyResult
from bench.harness.report.answers import study_answers
from tests.bench.conftest import MakeRecord

OPTIONS = [(pooling, activation) for pooling in ("average", "max") for activation in ("sigmoid", "relu")]


def study(
    make_record: MakeRecord, accuracies: dict[tuple[str, str], float], *, baseline: str = "average-sigmoid"
) -> StudyResult:
    """Return a study of three seeds an arm, by pooling and activation."""
    records = [
        make_record(
            "-".join(names),
            seed,
            accuracy=accuracy + 0.01 * (seed - 1),
            images=1000,
            definition={"options": dict(zip(("pooling", "activation"), names, strict=True))},
            order=order,
            comparisons=(("main", baseline),),
        )
        for seed in range(3)
        for order, (names, accuracy) in enumerate(accuracies.items())
    ]
    return analyse(records)[0]


def test_two_changes_that_add_up_do_not_interact(make_record: MakeRecord) -> None:
    """5 points and 10 points together are 15."""
    both = interaction(study(make_record, dict(zip(OPTIONS, (0.6, 0.7, 0.65, 0.75), strict=True))))

    assert both is not None
    assert {both.first, both.second} == {"pooling", "activation"}
    assert both.effect.value == pytest.approx(0, abs=1e-9)
    assert both.effect.low < 0 < both.effect.high


def test_two_changes_that_need_each_other_do(make_record: MakeRecord) -> None:
    """Nothing from either alone, 20 points from both; the answers say so."""
    result = study(make_record, dict(zip(OPTIONS, (0.6, 0.6, 0.6, 0.8), strict=True)))
    both = interaction(result)

    assert both is not None
    assert both.effect.value == pytest.approx(0.2)
    assert both.effect.low > 0
    assert any("together differ from the sum of both alone: +20.00" in line for line in study_answers(result))


def test_other_studies_have_none(make_record: MakeRecord) -> None:
    """Three arms, or four that differ in one thing."""
    three = dict(zip(OPTIONS[:3], (0.6, 0.7, 0.65), strict=True))
    one = {(pooling, "relu"): 0.7 for pooling in ("a", "b", "c", "d")}

    assert interaction(study(make_record, three)) is None
    assert interaction(study(make_record, one)) is None


def test_the_sign_is_seen_from_the_baseline(make_record: MakeRecord) -> None:
    """Which arm stands first decides nothing: both together are compared with the arm that has neither."""
    accuracies = dict(zip(OPTIONS, (0.6, 0.6, 0.6, 0.8), strict=True))
    order = [OPTIONS[1], OPTIONS[0], *OPTIONS[2:]]

    both = interaction(study(make_record, {names: accuracies[names] for names in order}, baseline="average-sigmoid"))

    assert both is not None
    assert both.effect.value == pytest.approx(0.2)


def test_three_levels_are_no_factorial(make_record: MakeRecord) -> None:
    """Four arms of which the second choice has three values."""
    three = {("a", "one"): 0.6, ("a", "two"): 0.7, ("b", "one"): 0.65, ("b", "three"): 0.8}

    assert interaction(study(make_record, three)) is None
