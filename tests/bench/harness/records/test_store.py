"""Tests of bench.harness.records.store."""

import errno
from collections.abc import Callable
from io import RawIOBase
from pathlib import Path

import pytest

from bench.harness.records.record import Record, RecordError
from bench.harness.records.setting import latest
from bench.harness.records.store import RECORDS, UNFINISHED, Store, StoreError, UnfinishedRecordWarning

MakeRecord = Callable[..., Record]


@pytest.fixture
def three(make_record: MakeRecord, tmp_path: Path) -> Path:
    """Return a results folder with the records of seeds 0, 1 and 2."""
    with Store(tmp_path) as store:
        for seed in range(3):
            store.append(make_record(seed=seed))
    return tmp_path


def seeds_in(folder: Path) -> list[int]:
    """Return the seeds of the records that a store finds."""
    with Store(folder) as store:
        return [record.seed for record in store.records]


def test_a_record_is_found_by_its_key(make_record: MakeRecord, tmp_path: Path) -> None:
    """In the run that appended it."""
    record = make_record()
    with Store(tmp_path / "results" / "quick") as store:
        store.append(record)

        assert store.find(record.key) == record
        assert store.find("another key") is None


def test_a_later_run_finds_what_was_appended(make_record: MakeRecord, three: Path) -> None:
    """A trial that has a record is not trained again."""
    with Store(three) as store:
        assert store.find(make_record(seed=1).key) == make_record(seed=1)


def test_the_last_record_of_a_key_is_found(make_record: MakeRecord, three: Path) -> None:
    """--fresh appends, and the newest stands."""
    newer = make_record(seed=1, accuracy=0.5)
    with Store(three) as store:
        store.append(newer)
    with Store(three) as store:
        assert store.find(newer.key) == newer


def test_records_of_this_run_and_of_earlier_ones_stand_together(make_record: MakeRecord, tmp_path: Path) -> None:
    """JSON makes lists of tuples: one definition must not become two by it, or `latest` drops the earlier seeds."""
    definition = {"options": {"hidden": (500,)}}
    with Store(tmp_path) as store:
        store.append(make_record(seed=0, definition=definition))
    with Store(tmp_path) as store:
        store.append(make_record(seed=1, definition=definition))

        assert [record.seed for record in latest(store.records)] == [0, 1]


def test_a_record_is_on_disk_when_append_returns(make_record: MakeRecord, tmp_path: Path) -> None:
    """A kill costs the trial in flight and nothing before it."""
    with Store(tmp_path) as store:
        store.append(make_record())

        assert (tmp_path / RECORDS).read_text("utf-8") == make_record().to_json() + "\n"


def test_appending_leaves_earlier_lines_alone(make_record: MakeRecord, three: Path) -> None:
    """The file only grows."""
    before = (three / RECORDS).read_bytes()
    with Store(three) as store:
        store.append(make_record(seed=3))

    assert (three / RECORDS).read_bytes() == before + make_record(seed=3).to_json().encode() + b"\n"


@pytest.mark.parametrize("cut", [1, 50, 1000])
def test_an_unfinished_last_line_is_set_aside(three: Path, cut: int) -> None:
    """A kill in the middle of a write loses that line only: it is warned of, kept, and the rest is intact."""
    whole = (three / RECORDS).read_bytes()
    unfinished = whole.splitlines(keepends=True)[2][: -cut - 1]
    (three / RECORDS).write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 1] + unfinished)
    with pytest.warns(UnfinishedRecordWarning, match=f"was cut off: it was moved to {UNFINISHED}"):
        assert seeds_in(three) == [0, 1]

    assert whole.startswith((three / RECORDS).read_bytes())
    assert (three / UNFINISHED).read_bytes() == unfinished + b"\n"


def test_a_last_line_longer_than_the_first_look_is_read_whole(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of the file is read in growing pieces until a line's start is found."""
    monkeypatch.setattr("bench.harness.records.store.TAIL", 7)
    whole = (three / RECORDS).read_bytes()
    (three / RECORDS).write_bytes(whole[:-20])
    with pytest.warns(UnfinishedRecordWarning):
        assert seeds_in(three) == [0, 1]

    assert (three / UNFINISHED).read_bytes() == whole.splitlines()[2][:-19] + b"\n"
    assert (three / RECORDS).read_bytes() == b"".join(whole.splitlines(keepends=True)[:2])


def test_a_mended_file_warns_once(make_record: MakeRecord, three: Path) -> None:
    """The next run finds a whole file and appends to it."""
    with (three / RECORDS).open("a", encoding="utf-8") as file:
        file.write('{"schema": 1, "rec')
    with pytest.warns(UnfinishedRecordWarning), Store(three) as store:
        store.append(make_record(seed=3))

    assert seeds_in(three) == [0, 1, 2, 3]


def test_two_kills_leave_two_unfinished_lines(three: Path) -> None:
    """The line that an earlier kill left is not overwritten."""
    for start in ('{"one', '{"other'):
        with (three / RECORDS).open("a", encoding="utf-8") as file:
            file.write(start)
        with pytest.warns(UnfinishedRecordWarning):
            seeds_in(three)

    assert (three / UNFINISHED).read_text("utf-8") == '{"one\n{"other\n'


def test_a_whole_last_line_without_its_newline_is_kept(make_record: MakeRecord, three: Path) -> None:
    """The next record does not end up on the same line."""
    (three / RECORDS).write_bytes((three / RECORDS).read_bytes().rstrip(b"\n"))
    with Store(three) as store:
        store.append(make_record(seed=3))

    assert seeds_in(three) == [0, 1, 2, 3]


def damage_line(folder: Path, number: int) -> bytes:
    """Overwrite the start of a line; return the file's content."""
    lines = (folder / RECORDS).read_bytes().splitlines(keepends=True)
    lines[number - 1] = b"####" + lines[number - 1][4:]
    (folder / RECORDS).write_bytes(b"".join(lines))
    return b"".join(lines)


def test_damage_in_the_middle_is_an_error_that_names_the_line(three: Path) -> None:
    """No kill does that: somebody must look."""
    damage_line(three, 2)

    with pytest.raises(RecordError, match=r"records\.jsonl, line 2 is damaged"):
        seeds_in(three)


@pytest.mark.parametrize("ending", [b"", b'{"cut'])
def test_damage_in_the_middle_changes_nothing(three: Path, ending: bytes) -> None:
    """Not even an unfinished last line is moved then."""
    content = damage_line(three, 2) + ending
    (three / RECORDS).write_bytes(content)
    with pytest.raises(RecordError, match="line 2"):
        seeds_in(three)

    assert (three / RECORDS).read_bytes() == content
    assert not (three / UNFINISHED).exists()


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    """Two runs would train the same trials and mix their lines."""
    with (
        Store(tmp_path),
        pytest.raises(StoreError, match=r"another run is writing to .*: wait for it, or pass another"),
    ):
        seeds_in(tmp_path)


def test_the_folder_is_free_after_a_run(tmp_path: Path) -> None:
    """Whoever comes next may write."""
    seeds_in(tmp_path)

    assert seeds_in(tmp_path) == []


def test_the_folder_is_free_after_an_error(three: Path) -> None:
    """A damaged file can be mended without ending the process."""
    content = (three / RECORDS).read_bytes()
    damage_line(three, 1)
    with pytest.raises(RecordError, match="line 1"):
        seeds_in(three)
    (three / RECORDS).write_bytes(content)

    assert seeds_in(three) == [0, 1, 2]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    """It is found before anything is trained, and the message names the option."""
    (tmp_path / "file").touch()

    with pytest.raises(StoreError, match=r"results folder .*quick cannot be written to .*: pass --results"):
        seeds_in(tmp_path / "file" / "quick")


def test_a_file_in_the_folders_place_is_an_error(tmp_path: Path) -> None:
    """`--results records.jsonl` is a likely mistake."""
    (tmp_path / "file").touch()

    with pytest.raises(StoreError, match=r"results folder .*file cannot be written to"):
        seeds_in(tmp_path / "file")


def test_a_file_that_cannot_be_opened_is_an_error(make_record: MakeRecord, tmp_path: Path) -> None:
    """It is the store's own, which says what to do."""
    with Store(tmp_path) as store:
        store.path.mkdir()
        with pytest.raises(StoreError, match=r"could not be written to .*run the same command again"):
            store.append(make_record())


def test_a_full_disk_leaves_the_file_as_it_was(
    tmp_path: Path, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a line would swallow the next record: what was written of it is taken back, and later records go on."""

    def full(file: RawIOBase, content: bytes) -> None:
        file.write(content[:20])
        raise OSError(errno.ENOSPC, "No space left on device")

    with Store(tmp_path) as store:
        store.append(make_record(seed=0))
        with monkeypatch.context() as patch:
            patch.setattr("bench.harness.records.store._write_all", full)
            with pytest.raises(StoreError, match=r"could not be written to \(No space left on device\): make room"):
                store.append(make_record(seed=1))
        store.append(make_record(seed=2))

    assert seeds_in(tmp_path) == [0, 2]
