"""The results folder: records appended as they happen, found again by key, safe against kills and second writers."""

import os
import tempfile
import warnings
from io import RawIOBase
from pathlib import Path
from typing import Self

from filelock import FileLock

from bench.harness.errors import UserError
from bench.harness.files import write_text
from bench.harness.records.key import key_of_any_code
from bench.harness.records.record import Record, RecordError, from_json, load, parse

RECORDS = "records.jsonl"
EXPORTS = "export.json"  # models that were exported from a results folder
UNFINISHED = "records.jsonl.unfinished"
TAIL = 1 << 16  # bytes read first from the end of a file: some ten records


class StoreError(UserError):
    """A results folder that cannot be used; the message says why and what to do."""


class UnfinishedRecordWarning(UserWarning):
    """The last line of records.jsonl was cut off, as a kill leaves it; it was set aside."""


class Store:
    """The records of one results folder. A context manager: one process at a time may write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / RECORDS
        self.records: list[Record] = []
        self._by_key: dict[str, Record] = {}
        self._lock = FileLock(folder / ".lock", blocking=False, thread_local=False)

    def __enter__(self) -> Self:
        """Make the folder, take its lock, mend an unfinished last line and load what is there.

        Raises:
            StoreError: the folder cannot be written to, or another process is writing.
            RecordError: a line other than the last is damaged. Nothing was changed.
        """
        self._make_folder()
        self._take_lock()
        try:
            if self.path.exists():
                _set_aside_unfinished_line(self.path)
                for record in load(self.path):
                    self._remember(record)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Give the lock back."""
        self._lock.release()

    def find(self, key: str) -> Record | None:
        """Return the last record of a trial, None if it has not been run."""
        return self._by_key.get(key)

    def find_of_any_code(self, study: str, arm: str, seed: int, key: str) -> Record | None:
        """Return the last record of a trial, whichever code trained it, None if it has not been run."""
        alike = (one for one in reversed(self.records) if (one.study, one.arm, one.seed) == (study, arm, seed))
        return next((record for record in alike if key_of_any_code(record) == key), None)

    def append(self, record: Record) -> None:
        """Write a record to the end of the file; it is on disk when this returns.

        Raises:
            StoreError: it could not be written, and the file is as it was: half a line would damage the next one.
        """
        line = record.to_json()
        try:
            with self.path.open("ab", buffering=0) as file:
                end = file.seek(0, os.SEEK_END)
                try:
                    _write_all(file, f"{line}\n".encode())
                    os.fsync(file.fileno())
                except OSError:
                    file.truncate(end)
                    raise
        except OSError as error:
            raise StoreError(
                f"{self.path} could not be written to ({error.strerror}): make room and run the same command again"
            ) from error
        self._remember(from_json(line))  # as it will be read back: JSON has lists where Python has tuples

    def _remember(self, record: Record) -> None:
        self.records.append(record)
        self._by_key[record.key] = record

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder):
                pass
        except OSError as error:
            raise StoreError(
                f"results folder {self.folder} cannot be written to ({error.strerror}): pass --results"
            ) from error

    def _take_lock(self) -> None:
        try:
            self._lock.acquire()
        except OSError as error:
            raise StoreError(
                f"another run is writing to {self.folder}: wait for it, or pass another --results"
            ) from error


def _write_all(file: RawIOBase, content: bytes) -> None:
    """Write every byte: a full disk may take some of them before it refuses."""
    while content:
        written = file.write(content) or 0
        content = content[written:]


def _set_aside_unfinished_line(path: Path) -> None:
    """Move a damaged last line to a file of its own; add a newline that a whole one lacks."""
    start, content = _last_line(path)
    if not content:
        return
    last = content.decode("utf-8", errors="replace")
    try:
        from_json(last)
    except RecordError:
        whole = path.read_bytes()[:start].decode("utf-8", errors="replace")
        parse(whole, path)  # damage elsewhere is an error, and then nothing may be changed
        with (path.parent / UNFINISHED).open("a", encoding="utf-8") as file:
            file.write(last.rstrip("\n") + "\n")
        write_text(path, whole)
        warnings.warn(
            f"the last line of {path} was cut off: it was moved to {UNFINISHED}, its trial runs again",
            UnfinishedRecordWarning,
            stacklevel=2,
        )
    else:
        if not last.endswith("\n"):
            with path.open("ab") as file:
                file.write(b"\n")


def _last_line(path: Path) -> tuple[int, bytes]:
    """Return where the last line starts, and its bytes; only the end of the file is read."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        length = 0
        while length < size:
            length = min(size, max(TAIL, 2 * length))
            file.seek(size - length)
            tail = file.read(length)
            newline = tail.rstrip(b"\n").rfind(b"\n")
            if newline >= 0:
                return size - length + newline + 1, tail[newline + 1 :]
        file.seek(0)
        return 0, file.read()


def results_folders(folder: Path) -> list[Path]:
    """Return the folders with records: this one, or else those in it.

    Raises:
        RecordError: there are none.
    """
    if (folder / RECORDS).is_file():
        return [folder]
    folders = sorted(path.parent for path in folder.glob(f"*/{RECORDS}"))
    if not folders:
        raise RecordError(
            f"no {RECORDS} in {folder} or a folder in it: run `pytest bench/` first, or name its --results"
        )
    return folders
