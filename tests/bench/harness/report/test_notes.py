"""Tests of what the notes say: on speeds that are missing or disturbed, on learning rates chosen for something else."""

from dataclasses import replace
from typing import Any

import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.records.parts import CHOSEN_ON, OTHER_CODE
from bench.harness.records.record import Record
from bench.harness.report.notes import notes, speeds
from tests.bench.conftest import MakePhase, MakeRecord, a_turn

BOTH = {"base": 1000.0, "other": 800.0}
QUOTA: dict[str, Any] = {"throttled": 0.1, "disturbance": "a quota stopped it for 10% of the time"}
GUESTS: dict[str, Any] = {"stolen_cores": 0.7, "disturbance": "other machines on this host used 0.7 cores"}
PROGRAMS: dict[str, Any] = {"other_cores": 1.2, "disturbance": "other programs used 1.2 cores"}


@pytest.fixture
def trials(make_record: MakeRecord) -> list[Record]:
    """Return a trial of each of two arms."""
    return [make_record("base", 0, label="no norm"), make_record("other", 0, label="LRN")]


def test_a_missing_phase_is_said_with_its_cure(trials: list[Record]) -> None:
    """A table without speeds tells how to come by them."""
    (result,) = analyse(trials)

    assert list(speeds(result)) == ["No speed phase yet: `python -m bench speed-phase` adds it."]
    assert set(speeds(result)) <= set(notes(result, result.comparisons[0]))


def test_arms_that_the_phase_lacks_are_named(trials: list[Record], make_phase: MakePhase) -> None:
    """By their labels, as they stand in the table."""
    (result,) = analyse(trials, [make_phase({"base": 1000.0})])

    (note,) = speeds(result)

    assert note == "Not in the speed phase: LRN; `python -m bench speed-phase` measures all anew."


def test_a_quiet_phase_needs_no_note(trials: list[Record], make_phase: MakePhase) -> None:
    """Neither missing nor disturbed."""
    assert list(speeds(analyse(trials, [make_phase(BOTH)])[0])) == []


@pytest.mark.parametrize(
    ("turns", "said"),
    [
        ([PROGRAMS], "1 of 12 turns were disturbed, mostly because other programs used 1.2 cores"),
        ([GUESTS, GUESTS], "2 of 12 turns were disturbed, mostly because other machines on this host used 0.7 cores"),
        ([QUOTA], "1 of 12 turns were disturbed, mostly because a quota stopped it for 10% of the time"),
    ],
)
def test_disturbed_turns_are_counted_with_their_cause(
    trials: list[Record], make_phase: MakePhase, turns: list[dict[str, Any]], said: str
) -> None:
    """A reader learns whom to stop before measuring again."""
    told = [a_turn(**turn) for turn in turns] + [a_turn()] * (12 - len(turns))
    (result,) = analyse(trials, [replace(make_phase(BOTH), turns=told)])

    assert list(speeds(result)) == [f"Speeds: {said}."]


def test_cores_are_those_of_the_commonest_cause(trials: list[Record], make_phase: MakePhase) -> None:
    """Two turns beside programs and three beside guests: the guests' cores are told, in the middle of their turns."""
    guests: list[dict[str, Any]] = [
        {"stolen_cores": cores, "disturbance": f"other machines on this host used {cores} cores"}
        for cores in (0.3, 0.4, 0.5)
    ]
    told = [a_turn(**turn) for turn in [PROGRAMS, PROGRAMS, *guests]] + [a_turn()] * 7
    (result,) = analyse(trials, [replace(make_phase(BOTH), turns=told)])

    (note,) = speeds(result)

    assert note.endswith("5 of 12 turns were disturbed, mostly because other machines on this host used 0.4 cores.")


def test_a_cause_with_another_number_is_the_same_cause(trials: list[Record], make_phase: MakePhase) -> None:
    """A quota that stopped three turns, for another share of the time each, outweighs programs in two."""
    quotas: list[dict[str, Any]] = [
        {"throttled": share / 100, "disturbance": f"a quota stopped it for {share}% of the time"}
        for share in (10, 20, 30)
    ]
    told = [a_turn(**turn) for turn in [PROGRAMS, PROGRAMS, *quotas]] + [a_turn()] * 7
    (result,) = analyse(trials, [replace(make_phase(BOTH), turns=told)])

    (note,) = speeds(result)

    assert "mostly because a quota stopped it" in note


def test_what_torchs_lrn_would_cost_is_said_with_its_turns(trials: list[Record], make_phase: MakePhase) -> None:
    """The ratio has an interval, and the number of turns that it is of."""
    (result,) = analyse(trials, [make_phase(BOTH, torch_lrn=0.5)])

    assert (
        "LRN: with torch.nn.LocalResponseNorm, which computes the same, this net trains at 0.50x [0.50, 0.50] the "
        "speed (12 turns)."
    ) in notes(result, result.comparisons[0])


def test_of_nets_without_lrn_nothing_is_said_about_it(trials: list[Record], make_phase: MakePhase) -> None:
    """Most have none."""
    (result,) = analyse(trials, [make_phase(BOTH)])

    assert not [note for note in notes(result, result.comparisons[0]) if "LocalResponseNorm" in note]


@pytest.mark.parametrize(
    ("origin", "note"),
    [
        (f"base.json{CHOSEN_ON}mnist-5k", "Learning rates were chosen on mnist-5k, not on mnist."),
        (
            f"base.json{OTHER_CODE}",
            "Learning rates of 1 trial were chosen before the code",
        ),
        (f"base.json{OTHER_CODE}{CHOSEN_ON}mnist-5k", "Learning rates were chosen on mnist-5k, not on mnist."),
    ],
)
def test_a_learning_rate_that_was_chosen_for_something_else_is_noted(
    make_record: MakeRecord, origin: str, note: str
) -> None:
    """An arm may have lost by its rate alone."""
    result = analyse([make_record(dataset="mnist", definition={"learning_rate_from": origin})])[0]

    assert any(text.startswith(note) for text in notes(result, result.comparisons[0]))


def test_a_learning_rate_of_its_own_needs_no_note(make_record: MakeRecord) -> None:
    """Chosen on the same data, with the same code."""
    result = analyse([make_record(definition={"learning_rate_from": "base.json"})])[0]

    assert not any("earning rate" in text for text in notes(result, result.comparisons[0]))


def test_seeds_are_counted_arm_by_arm(make_record: MakeRecord) -> None:
    """Arms of four seeds each have no verdict, though they have eight seeds between them."""
    records = [make_record("base", seed) for seed in range(4)] + [make_record("x", seed) for seed in range(4, 8)]
    result = analyse(records)[0]

    told = notes(result, result.comparisons[0])

    assert "Fewer than 5 seeds: no verdicts." in told
    assert not any("other arms have up to" in note for note in told)
