"""Tests of bench.harness.analysis.runs.compare: runs joined by study and arm, and what is not compared."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bench.harness.analysis.runs.compare import compare
from bench.harness.analysis.runs.run import Run, run_of_records
from bench.harness.errors import UserError
from bench.harness.records.speed import SpeedRecord
from bench.harness.report.runs.table import comparison_lines
from tests.bench.beside import a_beside
from tests.bench.conftest import MakePhase, a_record, a_turn


def a_run(name: str, accuracies: dict[str, float], phases: Sequence[SpeedRecord] = (), **changes: Any) -> Run:  # noqa: ANN401 - any field of a record
    """Return a run of five seeds of each arm; its answers depend on its name."""
    records = [
        replace(a_record(arm, seed, accuracy=accuracy, images=1000, study="norm", label=f"{name} {arm}"), **changes)
        for arm, accuracy in accuracies.items()
        for seed in range(5)
    ]
    return run_of_records(name, records, phases)


def test_runs_are_joined_by_study_and_arm() -> None:
    """Each arm of both has the difference of its accuracies; what only one of them has is named."""
    base = a_run("old", {"base": 0.9, "kept": 0.8, "gone": 0.7})
    new = a_run("new", {"kept": 0.85, "base": 0.9, "come": 0.9})

    (comparison,) = compare(base, [new])

    effects = {one.base.arm: one.accuracy.change.effect for one in comparison.changes if one.accuracy.change}
    assert effects == {"base": 0.0, "kept": pytest.approx(0.05)}
    assert (comparison.lost, comparison.added) == ((("norm", "gone"),), (("norm", "come"),))


def test_the_same_run_has_the_same_answers() -> None:
    """A run beside itself changes nothing, and says so."""
    base = a_run("old", {"base": 0.9})

    assert [one.accuracy.verdict for one in compare(base, [base])[0].changes] == ["same answers"]


def test_a_clear_change_has_a_verdict() -> None:
    """Ten points are better, one way, and worse the other."""
    low, high = a_run("low", {"base": 0.8}), a_run("high", {"base": 0.9})

    assert compare(low, [high])[0].changes[0].accuracy.verdict == "better"
    assert compare(high, [low])[0].changes[0].accuracy.verdict == "worse"


def test_verdicts_are_corrected_over_all_runs() -> None:
    """A change that is shown beside one other run is no longer shown among forty."""
    base, new = a_run("old", {"base": 0.9}), a_run("new", {"base": 0.916})

    alone = compare(base, [new])[0].changes[0].accuracy.verdict
    among = compare(base, [new, *[a_run("same", {"base": 0.9})] * 400])[0].changes[0].accuracy.verdict

    assert (alone, among) == ("better", "cannot tell")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"data_sha256": "e" * 64}, "data dddddddddddd and eeeeeeeeeeee"),
        ({"protocol": "published"}, "protocol quick and published"),
        ({"reduced": True}, "reduced no and yes"),
    ],
)
def test_other_test_images_or_another_protocol_are_not_compared(changes: dict[str, Any], reason: str) -> None:
    """Accuracies on other images are of other things."""
    comparison = compare(a_run("old", {"base": 0.9}), [a_run("new", {"base": 0.8}, **changes)])[0]

    judged = comparison.changes[0].accuracy
    assert (judged.change, judged.verdict, judged.why_not) == (None, "no verdict", reason)


def test_conditions_that_differ_are_named() -> None:
    """Those of all arms stand once with both values; code and commit are no condition of an arm's own."""
    base = a_run("old", {"base": 0.9, "other": 0.9})
    new = a_run("new", {"base": 0.9, "other": 0.9}, threads=1)

    comparison = compare(base, [new])[0]

    assert comparison.differences == {"threads": ("2", "1")}
    assert comparison.changes[0].differing == ("threads",)


def test_a_choice_that_one_run_leaves_out_differs() -> None:
    """An option or hyper-parameter at its default is absent; set in one run, it is a condition that differs."""
    recipe = {"optimizer": "sgd"}
    base = a_run("old", {"base": 0.9}, options={"width": 1}, definition={"recipe": recipe})
    options = {"width": 1, "init": "paper"}
    new = a_run("new", {"base": 0.9}, options=options, definition={"recipe": {**recipe, "sort_by_class": True}})

    comparison = compare(base, [new])[0]

    assert comparison.differences == {"recipe: sort_by_class": ("–", "yes"), "option: init": ("–", "paper")}
    assert comparison_lines(comparison)[1:3] == ["  option: init: – → paper", "  recipe: sort_by_class: – → yes"]


def test_runs_without_a_common_arm_are_an_error() -> None:
    """Nothing to compare is said, with what the base has."""
    with pytest.raises(UserError, match=r"new has no arm of old \(norm: 1 arm\)"):
        compare(a_run("old", {"base": 0.9}), [a_run("new", {"other": 0.9})])


def test_speeds_of_different_times_have_no_verdict(make_phase: MakePhase) -> None:
    """Their ratio is shown, and nothing is claimed of it."""
    base = a_run("old", {"base": 0.9}, [make_phase({"base": 1000.0})])
    new = a_run("new", {"base": 0.9}, [make_phase({"base": 500.0})])

    speed = compare(base, [new])[0].changes[0].speed

    assert speed.change is not None
    assert math.exp(speed.change.effect) == pytest.approx(0.5, rel=0.05)
    assert (speed.change.interval, speed.verdict) == (None, "no verdict")


def test_speeds_of_unlike_machines_are_compared_only_when_told_to(make_phase: MakePhase) -> None:
    """Another processor is named as the reason; who asks for it gets the ratio."""
    faster = {**a_record().environment, "hardware": "Faster CPU"}
    phases = make_phase({"base": 2000.0}, environment={"hardware": "Faster CPU"})
    base = a_run("old", {"base": 0.9}, [make_phase({"base": 1000.0})])
    new = a_run("new", {"base": 0.9}, [phases], environment=faster)

    refused, told = (compare(base, [new], unlike_machines=told)[0].changes[0].speed for told in (False, True))

    assert (refused.change, refused.why_not) == (None, "other machine: hardware Test CPU and Faster CPU")
    assert told.change is not None


def test_speeds_beside_disturbances_are_not_compared(make_phase: MakePhase) -> None:
    """Where every turn was disturbed there is no ratio, and the cause is named."""
    quiet, noisy = make_phase({"base": 1000.0}), make_phase({"base": 100.0}, disturbed=12)

    speed = compare(a_run("old", {"base": 0.9}, [quiet]), [a_run("new", {"base": 0.9}, [noisy])])[0].changes[0].speed

    assert (speed.change, speed.noisy) == (None, True)
    assert speed.why_not == "12 of 12 turns disturbed: other programs used 1.5 cores"


def beside(new: Run, **changes: Any) -> Run:  # noqa: ANN401 - any field of the measurement
    """Return a run with a measurement beside the base of these tests."""
    return replace(new, besides=(a_beside({"base": 0.85}, **changes),))


def test_speeds_side_by_side_have_a_verdict(make_phase: MakePhase) -> None:
    """A measurement in turns is judged, whatever phases of other times say."""
    base = a_run("old", {"base": 0.9}, [make_phase({"base": 1000.0})])
    new = beside(a_run("new", {"base": 0.9}, [make_phase({"base": 4000.0})]))

    speed = compare(base, [new])[0].changes[0].speed

    assert speed.change is not None
    assert math.exp(speed.change.effect) == pytest.approx(0.85)
    assert speed.verdict == "worse"


@pytest.mark.parametrize("side", ["base", "new"])
@pytest.mark.parametrize("other", [{"torch": "2.9.1"}, {"commit": "f" * 40}])
def test_a_measurement_of_another_side_is_not_taken(side: str, other: dict[str, str]) -> None:
    """One in which either side had another commit or torch says nothing on these two."""
    base = a_run("old", {"base": 0.9})
    measured = a_beside({"base": 0.85}, **{side: {**a_record().environment, **other}})
    new = replace(a_run("new", {"base": 0.9}), besides=(measured,))

    assert compare(base, [new])[0].changes[0].speed.why_not == "not measured"


def test_disturbed_turns_side_by_side_are_left_out() -> None:
    """With too few others there is no change, and the cause is named."""
    base = a_run("old", {"base": 0.9})
    new = beside(a_run("new", {"base": 0.9}), turns=[a_turn(1.0)] * 35 + [a_turn()] * 5)

    speed = compare(base, [new])[0].changes[0].speed

    assert (speed.change, speed.noisy) == (None, True)
    assert speed.why_not == "35 of 40 turns disturbed: other programs used 1.0 cores"


def test_a_run_without_answers_is_compared_by_its_seeds() -> None:
    """A run that knows accuracies alone, as a JSON does, is judged by their spread."""
    base, new = a_run("old", {"base": 0.9}), a_run("new", {"base": 0.8})
    arms = {name: replace(arm, records=()) for name, arm in new.arms.items()}

    change = compare(base, [replace(new, arms=arms)])[0].changes[0].accuracy

    assert change.change is not None
    assert change.change.sources is not None
    assert (change.change.sources.image, change.verdict) == (0.0, "worse")
