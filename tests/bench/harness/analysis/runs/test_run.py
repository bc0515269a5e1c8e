"""Tests of bench.harness.analysis.runs.run: what a run holds of every arm."""

import pytest

from bench.harness.analysis.runs.run import run_of_records
from tests.bench.conftest import MakePhase, MakeRecord, a_turn


def test_arms_stand_in_their_studys_order(make_record: MakeRecord) -> None:
    """Arms are found by study and arm, with their seeds ascending and the accuracy over them."""
    records = [make_record(arm, seed, order=order) for order, arm in ((1, "late"), (0, "early")) for seed in (3, 1)]

    run = run_of_records("a run", records, [])

    assert list(run.arms) == [("norm", "early"), ("norm", "late")]
    arm = run.arms["norm", "early"]
    assert arm.seeds == (1, 3)
    assert arm.accuracy is not None
    assert arm.accuracy.n == 2
    assert arm.accuracy.mean == pytest.approx(0.9)
    assert (run.name, run.older, run.finished) == ("a run", 0, "2026-01-01T00:03:30+00:00")


def test_of_two_settings_the_newest_is_the_run(make_record: MakeRecord) -> None:
    """Trials of an older torch in the same folder are left out, and counted."""
    old = [make_record("base", seed, environment={"torch": "2.9.1"}) for seed in range(3)]
    new = [make_record("base", seed, finished="2026-02-01T00:00:00+00:00") for seed in range(2)]

    run = run_of_records("a run", [*new, *old], [])

    assert run.arms["norm", "base"].conditions["torch"] == "2.14.1"
    assert (run.arms["norm", "base"].seeds, run.older) == ((0, 1), 3)


def test_trials_of_older_code_are_counted(make_record: MakeRecord) -> None:
    """One new trial stands for its arm alone; the five of older code are left out, and counted."""
    definition = make_record().definition
    old = [make_record("base", seed, definition={**definition, "code": "c1"}) for seed in range(5)]
    new = make_record("base", 5, definition={**definition, "code": "c2"}, finished="2026-02-01T00:00:00+00:00")

    run = run_of_records("a run", [*old, new], [])

    assert (run.arms["norm", "base"].seeds, run.older, run.stale) == ((5,), 0, 5)


def test_conditions_are_words(make_record: MakeRecord) -> None:
    """Every condition is a text under its name: options and hyper-parameters, machine, versions, code."""
    record = make_record("base", 0, options={"width": 0.5}, deterministic=True)

    conditions = run_of_records("a run", [record], []).arms["norm", "base"].conditions

    expected = {
        "data": "dddddddddddd",
        "option: width": "0.5",
        "recipe: learning_rate": "0.01",
        "deterministic": "yes",
        "cores": "2",
        "torch": "2.14.1",
        "commit": "0123456789ab",
        "code": "unknown",
    }
    assert {name: conditions[name] for name in expected} == expected


def test_speed_is_of_the_turns_that_nothing_disturbed(make_record: MakeRecord, make_phase: MakePhase) -> None:
    """The seconds of a step are the median over the turns that are left."""
    phase = make_phase({"base": [64.0, 128.0, 64.0]})
    phase.turns[0] = a_turn(1.5)

    arm = run_of_records("a run", [make_record("base", 0)], [phase]).arms["norm", "base"]

    assert arm.phase is not None
    assert arm.phase.seconds == (0.5, 1.0)
    assert arm.phase.disturbances == ("other programs used 1.5 cores",)
    assert arm.seconds == 0.75
    assert arm.speed_conditions["threads"] == "2"


def test_a_phase_of_another_definition_is_not_the_arms(make_record: MakeRecord, make_phase: MakePhase) -> None:
    """Speeds stand for trials of the same definition alone."""
    record = make_record("base", 0, definition={"recipe": {"batch_size": 128}})

    assert run_of_records("a run", [record], [make_phase({"base": 1000.0})]).arms["norm", "base"].phase is None
