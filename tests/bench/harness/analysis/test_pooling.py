"""Tests of bench.harness.analysis.pooling."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.pooling import machines_of
from bench.harness.records.record import Record
from tests.bench.conftest import MakePhase, MakeRecord

Trial = tuple[str, int, str]  # arm, seed, hardware
Make = Callable[[Sequence[Trial]], list[Record]]


@pytest.fixture
def make(make_record: MakeRecord) -> Make:
    """Return a function that makes records of trials."""
    return lambda trials: [
        make_record(arm, seed, order=order, environment={"hardware": hardware})
        for order, (arm, seed, hardware) in enumerate(trials)
    ]


def hardware(records: Iterable[Record]) -> list[str]:
    """Return the names that a table would have."""
    return [result.setting.hardware for result in analyse(records, pool=True)]


def test_seeds_that_were_each_trained_on_one_machine_are_one_table(make: Make) -> None:
    """Each of the two has all arms of its seeds."""
    records = make([(arm, seed, "A" if seed < 2 else "B") for arm in ("base", "new") for seed in range(4)])

    (result,) = analyse(records, pool=True)

    assert machines_of(result.setting.hardware) == ["A", "B"]
    assert [len(arm.records) for arm in result.arms] == [4, 4]


@pytest.mark.parametrize(
    "trials",
    [
        [("base", 0, "A"), ("new", 0, "A"), ("base", 1, "A"), ("new", 1, "B")],
        [("base", 0, "A"), ("new", 0, "A"), ("base", 1, "B")],
        [("base", 0, "A"), ("new", 0, "A"), ("base", 0, "B"), ("new", 0, "B")],
    ],
    ids=["a seed on two machines", "a seed without an arm", "a seed twice"],
)
def test_what_a_machine_could_confound_stays_apart(trials: list[Trial], make: Make) -> None:
    """An arm that was trained elsewhere than its baseline says nothing of the arm."""
    assert sorted(hardware(make(trials))) == ["A", "B"]


def test_trials_of_two_definitions_stay_apart(make: Make) -> None:
    """One arm is enough: its older ones would be left out, and the arms would be compared across machines."""
    records = make([(arm, seed, "A" if seed < 2 else "B") for arm in ("base", "new") for seed in range(4)])
    other = [
        replace(record, definition={**record.definition, "code": "other"})
        if (record.arm, record.seed >= 2) == ("new", True)
        else record
        for record in records
    ]

    assert sorted(hardware(other)) == ["A", "B"]


def test_one_machine_is_what_it_was(make: Make) -> None:
    """Its name is its own."""
    assert hardware(make([("base", 0, "A"), ("new", 0, "A")])) == ["A"]


def test_machines_stay_apart_unless_asked(make: Make) -> None:
    """A run goes on with the trials of its own machine."""
    records = make([(arm, seed, f"machine {seed}") for arm in ("base", "new") for seed in range(2)])

    assert sorted(result.setting.hardware for result in analyse(records)) == ["machine 0", "machine 1"]


def test_trials_of_older_code_are_pooled_where_they_count(make: Make) -> None:
    """With --keep-stale."""
    records = make([(arm, seed, f"machine {seed}") for arm in ("base", "new") for seed in range(2)])
    older = [replace(one, definition={**one.definition, "code": "older"}) if one.seed else one for one in records]

    assert len(analyse(older, pool=True, keep_stale=True)) == 1


def test_a_seed_that_another_machine_has_is_not_missed(make: Make) -> None:
    """Older code trained it here, today's code there."""
    records = make([(arm, seed, f"machine {seed}") for arm in ("base", "new") for seed in range(2)])
    older = make([("new", 1, "machine 0")])

    (result,) = analyse([replace(older[0], definition={**older[0].definition, "code": "older"}), *records], pool=True)

    assert result.unused == {}


def test_trials_of_older_code_are_counted_under_the_pooled_name(make: Make) -> None:
    """The table that lacks them says so."""
    records = make([(arm, seed, f"machine {seed}") for arm in ("base", "new") for seed in range(2)])
    (old,) = make([("new", 7, "machine 0")])
    older = replace(old, definition={**old.definition, "code": "older"})

    (result,) = analyse([older, *records], pool=True)

    assert result.unused == {"new": 1}


@pytest.mark.parametrize(("machine", "shown"), [("machine 0", True), ("machine 1", True), ("another", False)])
def test_speeds_are_those_of_one_of_the_machines(make: Make, make_phase: MakePhase, machine: str, shown: bool) -> None:
    """Those of a machine that trained nothing are not shown."""
    records = make([(arm, seed, f"machine {seed}") for arm in ("base", "new") for seed in range(2)])
    phase = make_phase({"base": 1000.0}, environment={"hardware": machine})

    (result,) = analyse(records, [phase], pool=True)

    assert (result.arms[0].speed is not None) == shown
