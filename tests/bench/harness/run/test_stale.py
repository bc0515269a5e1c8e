"""Tests of records that older code has made: not restored, not averaged with new ones, unless they are asked for."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.results import StudyResult
from bench.harness.records.record import Record
from bench.harness.report.notes import notes
from bench.harness.run.session import Session
from bench.harness.study import trial as module
from bench.harness.study.planned import Planned
from tests.bench.harness.run.conftest import RELU, STUDY, TANH, WANTED, Begin, Fake, MakeRecord, run


class Whole(Fake):
    """A backend whose records hold all that their key is made of."""

    def _result(self, planned: Planned) -> Record | Exception:
        record = super()._result(planned)
        assert isinstance(record, Record)
        trial, execution = planned.trial, planned.execution
        return replace(
            record,
            protocol=trial.protocol,
            definition={**trial.definition(), "learning_rate_from": "x.json"},
            data_sha256=self.data_sha256,
            threads=execution.threads,
            deterministic=execution.deterministic,
            execution=execution.as_dict(),  # type: ignore[arg-type]  # a TypedDict
            environment={**record.environment, "torch": torch.__version__},
        )

    data_sha256 = "06ea174137c75e00"


Recode = Callable[[str], None]


@pytest.fixture
def recode(monkeypatch: pytest.MonkeyPatch) -> Recode:
    """Return a function that lets the code of every architecture have another hash."""

    def change(code: str) -> None:
        monkeypatch.setattr(module, "code_hash", lambda _: code)

    return change


def begun(begin: Begin, backend: Whole, *, keep_stale: bool = False) -> Session:
    """Return a session on the folder, with the data's hash known to the backend."""
    session = begin(backend)
    session.settings = replace(session.settings, keep_stale=keep_stale)
    backend.data_sha256 = session._load("mnist-5k").sha256  # noqa: SLF001 - records of this very data
    return session


def test_zeros_for_xavier(begin: Begin, make_record: MakeRecord, recode: Recode) -> None:
    """Where the initialisation was changed, five old records are trained again, not averaged with new ones."""
    backend = Whole(make_record)
    recode("xavier")
    run(begun(begin, backend))
    recode("zeros")

    session = begun(begin, backend)
    run(session)

    assert backend.taken == [(RELU, 0), (TANH, 0)] * 2
    assert {record.definition["code"] for result in analyse(session.store.records) for record in result.records} == {
        "zeros"
    }


def unused(session: Session, *, keep_stale: bool) -> tuple[StudyResult, list[str]]:
    """Return the study's result, and the notes on trials of other code."""
    (result,) = analyse(session.store.records, keep_stale=keep_stale)
    lines = {note for comparison in result.comparisons for note in notes(result, comparison) if "code" in note}
    return result, sorted(lines)


def test_older_records_are_shown_as_such(begin: Begin, make_record: MakeRecord, recode: Recode) -> None:
    """A seed that only older code has trained is counted in a note, and not in the arm."""
    backend = Whole(make_record)
    recode("old")
    run(begun(begin, backend), [(STUDY, RELU, 0), (STUDY, RELU, 1)])
    recode("new")
    session = begun(begin, backend)
    run(session, [(STUDY, RELU, 0)])

    result, lines = unused(session, keep_stale=False)

    assert [len(arm.records) for arm in result.arms] == [1]
    assert lines == [
        "LeNet-5, ReLU: 1 older trial not used, because the code that decides them has changed; --keep-stale uses them."
    ]


def test_keep_stale_uses_them_and_says_so(begin: Begin, make_record: MakeRecord, recode: Recode) -> None:
    """They are restored, they count, and the tables name the versions."""
    backend = Whole(make_record)
    recode("old")
    run(begun(begin, backend), [(STUDY, RELU, 0)])
    recode("new")
    session = begun(begin, backend, keep_stale=True)
    run(session, [(STUDY, RELU, 0), (STUDY, RELU, 1)])

    result, lines = unused(session, keep_stale=True)

    assert backend.taken == [(RELU, 0), (RELU, 1)]
    assert [len(arm.records) for arm in result.arms] == [2]
    assert lines == ["LeNet-5, ReLU: its trials were trained by 2 versions of the code (--keep-stale)."]


def test_the_same_code_restores(begin: Begin, make_record: MakeRecord, recode: Recode) -> None:
    """Nothing is trained twice where nothing has changed."""
    backend = Whole(make_record)
    recode("same")

    for _ in range(2):
        run(begun(begin, backend), WANTED)

    assert backend.taken == [(RELU, 0), (TANH, 0)]
