"""Tests of bench.harness.run.session, with a backend that makes records without training anything."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.harness.data.load import load
from bench.harness.machine import clock
from bench.harness.machine.environment import environment
from bench.harness.records import record as on_disk
from bench.harness.records.record import Record
from bench.harness.records.store import StoreError
from bench.harness.run import session as module
from bench.harness.run.backends.backend import BackendError
from bench.harness.run.backends.seeds import BatchedSeeds
from bench.harness.study.planned import Planned
from tests.bench.harness.run.conftest import RELU, STUDY, TANH, WANTED, Begin, Events, Fake, MakeRecord, run


def test_a_record_is_that_of_its_trial(begin: Begin, make_record: MakeRecord, tmp_path: Path) -> None:
    """Whichever of the trials in flight ends first; every record is on disk, in the order in which they ended."""
    session = begin(Fake(make_record, at_once=2))

    records = run(session)

    assert [record.arm for record in records] == [RELU, TANH]
    assert [record.arm for record in on_disk.load(tmp_path / "records.jsonl")] == [TANH, RELU]
    assert all(map(session.was_trained, records))


def test_a_trial_is_taken_when_it_is_asked_for(begin: Begin, make_record: MakeRecord) -> None:
    """A backend that trains one at a time is not ahead of the tests that show the trials."""
    backend = Fake(make_record)
    session = begin(backend)
    first, second = session.prepare(WANTED)
    before = list(backend.taken)

    session.record(first)
    after_one = list(backend.taken)
    session.record(second)

    assert (before, after_one, backend.taken) == ([], [(RELU, 0)], [(RELU, 0), (TANH, 0)])


def test_all_arms_of_a_seed_come_before_the_next(begin: Begin, make_record: MakeRecord) -> None:
    """Whatever the order in which they were asked for: a run that is cut short compares like with like."""
    backend = Fake(make_record)

    run(begin(backend), [(STUDY, arm, seed) for arm in (RELU, TANH) for seed in (0, 1)])

    assert backend.taken == [(RELU, 0), (TANH, 0), (RELU, 1), (TANH, 1)]


def test_a_restored_trial_is_not_trained_again(begin: Begin, make_record: MakeRecord) -> None:
    """The backend is handed the other one alone, and the record is the one of before."""
    (earlier,) = run(begin(Fake(make_record)), WANTED[:1])
    backend = Fake(make_record)
    session = begin(backend)

    restored, trained = run(session)

    assert backend.taken == [(TANH, 0)]
    assert restored.record_id == earlier.record_id
    assert [session.was_trained(record) for record in (restored, trained)] == [False, True]


def test_fresh_trains_what_has_a_record(begin: Begin, make_record: MakeRecord) -> None:
    """--fresh restores nothing."""
    run(begin(Fake(make_record)))
    backend = Fake(make_record)

    run(begin(backend, fresh=True))

    assert backend.taken == [(RELU, 0), (TANH, 0)]


def test_a_record_of_another_machine_is_not_restored(begin: Begin, make_record: MakeRecord) -> None:
    """Its accuracy would stand in another table: here the trial is trained, and both records are kept."""
    elsewhere = Fake(make_record)
    elsewhere.hardware = "another CPU"
    run(begin(elsewhere))
    backend = Fake(make_record)

    records = run(begin(backend))

    assert backend.taken == [(RELU, 0), (TANH, 0)]
    assert {record.environment["hardware"] for record in records} == {environment("cpu")["hardware"]}


def test_an_error_is_that_of_its_trial(begin: Begin, make_record: MakeRecord, tmp_path: Path) -> None:
    """It is raised where its record is asked for, each time; the other trial has its record."""
    backend = Fake(make_record)
    backend.failing = {RELU}
    session = begin(backend)
    failing, good = session.prepare(WANTED)

    for _ in range(2):
        with pytest.raises(ValueError, match="lenet5-relu failed"):
            session.record(failing)

    assert session.record(good).arm == TANH
    assert [record.arm for record in on_disk.load(tmp_path / "records.jsonl")] == [TANH]
    assert backend.taken == [(RELU, 0), (TANH, 0)]


def test_a_full_disk_is_the_error_of_the_trial_that_it_lost(
    begin: Begin, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not of the trial that was waited for meanwhile, which is stored once there is room again."""
    backend, events = Fake(make_record, at_once=2), Events()
    session = begin(backend, events)
    waited_for, lost = session.prepare(WANTED)
    append = session.store.append

    def full_once(record: Record) -> None:
        monkeypatch.setattr(session.store, "append", append)
        raise StoreError(f"no room for {record.arm}")

    monkeypatch.setattr(session.store, "append", full_once)

    assert session.record(waited_for).arm == RELU
    with pytest.raises(StoreError, match=f"no room for {TANH}"):
        session.record(lost)
    assert (f"{TANH} failed", 0) in events.told


def test_the_backend_is_closed_where_a_trial_raised(begin: Begin, make_record: MakeRecord) -> None:
    """At the end of the run, once, and the folder is free for the next."""
    backend = Fake(make_record)
    backend.failing = {RELU, TANH}
    session = begin(backend)
    for planned in session.prepare(WANTED):
        with pytest.raises(ValueError, match="failed"):
            session.record(planned)

    lines = session.finish()

    assert backend.closed == 1
    assert any(line.startswith("2 of 2 trials have no record yet") for line in lines)
    assert len(run(begin(Fake(make_record)))) == 2


def test_a_trial_beyond_the_time_limit_is_never_begun(begin: Begin, make_record: MakeRecord) -> None:
    """The process has been running for longer than the limit already."""
    backend = Fake(make_record)
    session = begin(backend, minutes=1e-6)

    left_out = [session.leaves_out(planned) for planned in session.prepare(WANTED)]

    assert (left_out, backend.taken) == ([True, True], [])


def test_a_backend_that_trains_ahead_is_not_handed_what_is_left_out(
    begin: Begin, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trial that fits into the time limit is trained, the longer one beside it is not begun."""
    monkeypatch.setattr(clock, "process_seconds", lambda: 0.0)
    backend = Fake(make_record, at_once=2)
    session = begin(backend, minutes=10)
    short, long = session.prepare(WANTED)
    short.expected_seconds, long.expected_seconds = 1.0, 1000.0

    session.record(short)

    assert backend.taken == [(RELU, 0)]
    assert session.leaves_out(long)


def test_a_trial_that_a_longer_one_leaves_no_time_for_is_left_out(
    begin: Begin, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fits when it is asked for, but the longer one is trained first and takes what was left."""
    backend = Fake(make_record)
    monkeypatch.setattr(clock, "process_seconds", lambda: 601.0 * len(backend.taken))
    session = begin(backend, minutes=10)
    short, long = session.prepare(WANTED)
    short.expected_seconds, long.expected_seconds = 20.0, 500.0
    session.plan.trials.reverse()  # as a plan has them: the longest first

    assert session.leaves_out(short)
    assert not session.leaves_out(long)
    assert session.record(long).arm == TANH
    assert backend.taken == [(TANH, 0)]


def test_a_trial_that_the_backend_never_ends_has_an_error_by_name(begin: Begin, make_record: MakeRecord) -> None:
    """No test ends by a bare StopIteration."""
    session = begin(Fake(make_record), minutes=1e-6)
    (planned,) = session.prepare(WANTED[:1])

    with pytest.raises(BackendError, match="activation/lenet5-relu/seed 0 was not trained"):
        session.record(planned)


def test_the_next_arm_is_not_begun_before_it_is_trained(
    begin: Begin, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where all seeds of an arm are one program, the time that it takes counts for the arms behind it."""
    trained: list[str] = []
    monkeypatch.setattr(clock, "process_seconds", lambda: 601.0 * bool(trained))

    def train(_self: BatchedSeeds, seeds: Sequence[Planned]) -> list[Record]:
        trained.extend(one.trial.name for one in seeds)
        return [make_record(RELU, one.trial.seed, study=STUDY.name, key=one.key) for one in seeds]

    monkeypatch.setattr(BatchedSeeds, "_train", train)
    session = begin(BatchedSeeds(tmp_path, load), minutes=10)
    planned = session.prepare([(STUDY, arm, seed) for seed in (0, 1) for arm in (RELU, TANH)])

    assert [session.leaves_out(one) for one in planned] == [False, True, False, True]
    assert trained == [f"{STUDY.name}/{RELU}/seed {seed}" for seed in (0, 1)]


def test_a_restored_trial_is_within_any_time_limit(begin: Begin, make_record: MakeRecord) -> None:
    """It takes no time."""
    run(begin(Fake(make_record)), WANTED[:1])
    session = begin(Fake(make_record), minutes=1e-6)

    left_out = [session.leaves_out(planned) for planned in session.prepare(WANTED)]

    assert left_out == [False, True]


def test_records_of_other_data_say_nothing_of_time_and_memory(begin: Begin, make_record: MakeRecord) -> None:
    """The same folder has the records of every --dataset: these are of data with another hash, and of 100 MB."""
    session = begin(Fake(make_record))
    (estimated,) = session.prepare(WANTED[:1])
    session.record(estimated)
    session.store.__exit__()

    (planned,) = begin(Fake(make_record), fresh=True).prepare(WANTED[:1])

    assert planned.memory_bytes == estimated.memory_bytes < 100e6


def test_looks_train_beside_each_other_what_fits_into_memory(
    begin: Begin, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where all trials were restored: those that a look adds need what these needed."""
    run(begin(Fake(make_record)))
    counted: list[int] = []

    def count(*given: Sequence[Planned]) -> int:
        counted.append(len(given[-1]))
        return 1

    monkeypatch.setattr(module, "worker_count", count)

    run(begin(Fake(make_record)))
    run(begin(Fake(make_record), most_seeds=30))

    assert counted == [0, 2]


def test_trackers_are_told_of_every_trial(begin: Begin, make_record: MakeRecord) -> None:
    """In turn, and of how many have a record by then: one that failed has none."""
    backend, events = Fake(make_record), Events()
    backend.failing = {TANH}
    session = begin(backend, events)
    good, failing = session.prepare(WANTED)
    session.record(good)
    session.done.clear()  # no tables
    with pytest.raises(ValueError, match="failed"):
        session.record(failing)

    session.finish()

    assert events.told == [
        ("run begins", 0),
        (f"{RELU} begins", 0),
        (f"{RELU} ended", 1),
        (f"{TANH} begins", 1),
        (f"{TANH} failed", 1),
        ("run ends", -1),
    ]
