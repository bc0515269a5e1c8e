"""Tests of bench.harness.files."""

import json
from pathlib import Path

import pytest

from bench.harness.files import write_json, write_text


def test_text_is_written_with_its_folder(tmp_path: Path) -> None:
    """UTF-8 with plain newlines, whatever the system's own are."""
    write_text(tmp_path / "new" / "file.txt", "é\n")

    assert (tmp_path / "new" / "file.txt").read_bytes() == "é\n".encode()


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk ends the write halfway: the old content stays, the half-written file goes."""
    path = tmp_path / "file.txt"
    write_text(path, "old")

    def full(self: Path, *_: object, **__: object) -> int:
        with self.open("wb") as file:
            file.write(b"ha")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        write_text(path, "new and longer")

    assert path.read_text("utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file.txt"]


def test_json_is_strict(tmp_path: Path) -> None:
    """NaN is refused before anything is written."""
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "file.json", {"accuracy": float("nan")})
    write_json(tmp_path / "file.json", {"accuracy": 0.5})

    assert json.loads((tmp_path / "file.json").read_text("utf-8")) == {"accuracy": 0.5}
