"""Tests of seeds until the answer, with a backend that makes records without training anything."""

from collections.abc import Sequence

import pytest

from bench.harness.machine import clock
from bench.harness.run.session import Session
from tests.bench.harness.run.conftest import RELU, STUDY, TANH, Begin, Fake, MakeRecord, run


def looked(session: Session, seeds: Sequence[int] = range(5)) -> tuple[str, set[tuple[str, int]]]:
    """Train some seeds of two arms, look, and return what the look said and which trials it added."""
    for planned in session.prepare([(STUDY, arm, seed) for seed in seeds for arm in (RELU, TANH)]):
        session.record(planned)
    line, trials = session.look()
    return line, {(arm, seed) for (_, arm, seed), _ in trials}


def alike(make_record: MakeRecord) -> Fake:
    """Return a backend whose two arms are equally good."""
    backend = Fake(make_record)
    backend.accuracies = dict.fromkeys((RELU, TANH), 0.99)
    return backend


def test_an_answered_comparison_gets_no_more_seeds(begin: Begin, make_record: MakeRecord) -> None:
    """Twenty points are clear with five seeds."""
    backend = Fake(make_record)
    backend.accuracies = {RELU: 0.9, TANH: 0.7}

    line, added = looked(begin(backend, seeds=range(5), most_seeds=30))

    assert (line, added) == ("look: 1 of 1 comparison answered", set())


def test_an_open_comparison_gets_the_seeds_of_its_next_look(begin: Begin, make_record: MakeRecord) -> None:
    """Arms that agree are not called tied with five seeds: both get three more, and then they are."""
    session = begin(alike(make_record), seeds=range(5), most_seeds=30)

    line, added = looked(session)
    for planned in session.plan.to_train:
        session.record(planned)

    assert line.startswith("look: 0 of 1 comparison answered, 1 gets more seeds (6 trials, about ")
    assert added == {(arm, seed) for arm in (RELU, TANH) for seed in (5, 6, 7)}
    assert session.look() == ("look: 1 of 1 comparison answered", [])


def test_added_seeds_follow_those_that_were_asked_for(begin: Begin, make_record: MakeRecord) -> None:
    """A run of seeds 100 to 104 goes on with 105."""
    _, added = looked(begin(alike(make_record), seeds=range(100, 105), most_seeds=30), range(100, 105))

    assert {seed for _, seed in added} == {105, 106, 107}


def test_seeds_that_have_a_record_are_not_trained_again(begin: Begin, make_record: MakeRecord) -> None:
    """A run that is begun again restores what its looks had added, and goes on from there."""
    backend = alike(make_record)
    run(begin(backend), [(STUDY, arm, seed) for seed in range(7) for arm in (RELU, TANH)])
    session = begin(backend, seeds=range(5), most_seeds=30)

    line, added = looked(session)

    assert "1 gets more seeds" in line
    assert {(planned.trial.arm, planned.trial.seed) for planned in session.plan.to_train} == {(RELU, 7), (TANH, 7)}
    assert len(added) == 6


def test_no_seed_is_added_beyond_the_most(begin: Begin, make_record: MakeRecord) -> None:
    """With at most seven seeds there is no further look."""
    line, added = looked(begin(alike(make_record), seeds=range(5), most_seeds=7))

    assert (line, added) == ("look: 0 of 1 comparison answered, 1 open, where more seeds would hardly tell", set())


def test_a_look_that_would_end_too_late_is_not_begun(
    begin: Begin, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six trials of a second do not fit into three: none of them is planned."""
    session = begin(alike(make_record), seeds=range(5), most_seeds=30, minutes=1)
    monkeypatch.setattr(clock, "process_seconds", lambda: 40.0)
    monkeypatch.setattr(type(session.speeds), "expected_seconds", 17.0)

    line, added = looked(session)

    assert (line, added) == ("look: 0 of 1 comparison answered, 1 open for want of time", set())


def test_arms_that_were_not_asked_for_get_no_seeds(begin: Begin, make_record: MakeRecord) -> None:
    """A run of the baseline alone adds nothing, though an earlier run left the comparison open."""
    backend = alike(make_record)
    run(begin(backend), [(STUDY, arm, seed) for seed in range(5) for arm in (RELU, TANH)])

    session = begin(backend, seeds=range(5), most_seeds=30)
    for planned in session.prepare([(STUDY, RELU, seed) for seed in range(5)]):
        session.record(planned)

    assert session.look()[1] == []


def test_fewer_seeds_than_a_look_takes_are_filled_up(begin: Begin, make_record: MakeRecord) -> None:
    """A run that begins with two seeds goes on to the first look."""
    line, added = looked(begin(alike(make_record), seeds=range(2), most_seeds=30), range(2))

    assert line.startswith("look: 0 of 1 comparison answered, 1 gets more seeds (6 trials, about ")
    assert added == {(arm, seed) for arm in (RELU, TANH) for seed in (2, 3, 4)}


def test_a_trial_that_failed_is_not_tried_again(begin: Begin, make_record: MakeRecord) -> None:
    """Its arm cannot reach the look, so nothing is trained for it in vain."""
    backend = alike(make_record)
    session = begin(backend, seeds=range(2), most_seeds=30)
    planned = session.prepare([(STUDY, arm, seed) for seed in range(2) for arm in (RELU, TANH)])
    for one in planned[:3]:
        session.record(one)
    backend.failing = {TANH}
    with pytest.raises(ValueError, match=f"{TANH} failed"):
        session.record(planned[3])

    line, trials = session.look()

    assert (line, trials) == ("look: 0 of 1 comparison answered, 1 open, where more seeds would hardly tell", [])


def test_a_trial_that_failed_is_not_trained_again_with_added_seeds(begin: Begin, make_record: MakeRecord) -> None:
    """Another comparison gets more seeds: these are trained, and the failed trial keeps its error."""
    backend = alike(make_record)
    backend.failing = {"lenet5-sigmoid"}
    session = begin(backend, seeds=range(5), most_seeds=30)
    wanted = [*((STUDY, arm, seed) for seed in range(5) for arm in (RELU, TANH)), (STUDY, "lenet5-sigmoid", 0)]
    *good, failing = session.prepare(wanted)
    for planned in good:
        session.record(planned)
    with pytest.raises(ValueError, match="failed"):
        session.record(failing)

    _, added = session.look()
    for _, planned in added:
        session.record(planned)

    assert len(added) == 6
    assert backend.taken.count(("lenet5-sigmoid", 0)) == 1
