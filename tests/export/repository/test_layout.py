"""Tests of export.repository.layout: versions are numbered, whole or not there, and never overwritten."""

import os
import subprocess
from pathlib import Path

import pytest

from export.repository import layout as layout_file
from export.repository.layout import (
    CARD,
    CONFIG,
    GOLDEN,
    LABELS,
    MODEL,
    SUMS,
    RepositoryError,
    check_sums,
    model_name,
    models,
    publish,
    read_card,
    staged,
    versions,
)

SHARED = {CONFIG: "name: 'net'\n", LABELS: "a\nb\n"}


def put(folder: Path, content: bytes = b"weights", version: int | None = None, name: str = "net") -> Path:
    """Publish a model whose files hold a few bytes."""
    with staged(folder, name) as staging:
        for file in (MODEL, GOLDEN):
            (staging / file).write_bytes(content)
        (staging / CARD).write_text('{"name": "net"}', "utf-8")
        return publish(folder, name, staging, shared=SHARED, version=version)


def test_versions_count_from_one(tmp_path: Path) -> None:
    """The next is one above the highest."""
    assert [put(tmp_path).name for _ in range(3)] == ["1", "2", "3"]
    assert put(tmp_path, version=7).name == "7"
    assert put(tmp_path).name == "8"
    assert versions(tmp_path / "net") == [1, 2, 3, 7, 8]
    assert models(tmp_path) == ["net"]


def test_an_existing_version_is_an_error_and_stays(tmp_path: Path) -> None:
    """Even if it was asked for by number."""
    put(tmp_path, b"old")

    with pytest.raises(RepositoryError, match=r"net.1 exists, and versions are never overwritten"):
        put(tmp_path, b"new", version=1)

    assert (tmp_path / "net" / "1" / MODEL).read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net"]


def test_a_version_that_another_export_took_meanwhile_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the rename; the other's stays, with all that belongs to it."""
    rename = Path.rename

    def slower(self: Path, target: Path) -> Path:
        if not target.exists() and self.name.startswith(".staging"):
            target.mkdir()
            (target / MODEL).write_bytes(b"theirs")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", slower)

    with pytest.raises(RepositoryError, match="another export was faster"):
        put(tmp_path, b"new")

    assert sorted(path.name for path in (tmp_path / "net").iterdir()) == ["1", CONFIG, LABELS]
    assert (tmp_path / "net" / "1" / MODEL).read_bytes() == b"theirs"


def test_every_file_is_on_the_disk_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the power fails, a name never leads to an empty file: what versions share, too."""
    written: list[Path] = []
    monkeypatch.setattr(layout_file, "_to_disk", written.append)

    put(tmp_path)

    names = {path.name.removeprefix(".").removesuffix(f".{os.getpid()}") for path in written}
    assert names == {MODEL, GOLDEN, CARD, SUMS, CONFIG, LABELS}


@pytest.mark.parametrize("existing", [True, False])
def test_a_disk_that_fills_up_at_the_end_leaves_nothing(
    existing: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a model without a version nor a version without its sums; what was there stays."""
    if existing:
        put(tmp_path, b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(layout_file, "_move", full)

    with pytest.raises(OSError, match="No space left"):
        put(tmp_path, b"new")

    assert [path.name for path in tmp_path.iterdir()] == (["net"] if existing else [])
    assert versions(tmp_path / "net") == ([1] if existing else [])


def test_what_a_killed_export_left_is_removed(tmp_path: Path) -> None:
    """By the next one; what a living one is working on stays."""
    for process in (2**22 + 1, os.getpid()):
        (tmp_path / f".staging-other-{process}").mkdir()

    put(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == [f".staging-other-{os.getpid()}", "net"]


def test_an_operators_configuration_stays(tmp_path: Path) -> None:
    """It is written once, where there is none."""
    put(tmp_path)
    (tmp_path / "net" / CONFIG).write_text("other\n", "utf-8")

    put(tmp_path)

    assert (tmp_path / "net" / CONFIG).read_text("utf-8") == "other\n"


def test_a_configuration_that_an_earlier_export_signed_may_be_edited(tmp_path: Path) -> None:
    """Its sum is not looked at."""
    version = put(tmp_path)
    with (version / SUMS).open("a", encoding="utf-8") as file:
        file.write(f"{'0' * 64}  ../{CONFIG}\n")

    check_sums(version)


def test_versions_share_labels(tmp_path: Path) -> None:
    """A version with other labels would change what the earlier ones answer."""
    put(tmp_path)
    (tmp_path / "net" / LABELS).write_text("other\n", "utf-8")

    with pytest.raises(RepositoryError, match="differs from what this version needs"):
        put(tmp_path)

    assert versions(tmp_path / "net") == [1]


def test_an_export_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Whatever happens between the first byte and the rename."""

    def fill() -> None:
        with staged(tmp_path, "net") as staging:
            (staging / MODEL).write_bytes(b"half")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        fill()

    assert list(tmp_path.iterdir()) == []


def test_a_whole_version_has_right_sums(tmp_path: Path) -> None:
    """As `sha256sum -c` reads them too."""
    version = put(tmp_path)

    check_sums(version)
    done = subprocess.run(["sha256sum", "-c", SUMS], cwd=version, capture_output=True, text=True, check=False)  # noqa: S603, S607 - our own file

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("OK") == 4


@pytest.mark.parametrize("file", [MODEL, GOLDEN, CARD, f"../{LABELS}"])
def test_a_changed_file_is_named(file: str, tmp_path: Path) -> None:
    """One byte is enough; so is a missing file."""
    version = put(tmp_path)
    content = (version / file).read_bytes()
    (version / file).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(RepositoryError, match=f"{Path(file).name} was changed"):
        check_sums(version)

    (version / file).unlink()
    with pytest.raises(RepositoryError, match=f"{Path(file).name} is missing"):
        check_sums(version)


@pytest.mark.parametrize("text", ["", "abc  model.onnx\n", "abc  /etc/passwd\n", "\xff"])
def test_sums_that_do_not_list_the_files_are_refused(text: str, tmp_path: Path) -> None:
    """A list that leaves a file out would let anything pass; one that names others is not ours."""
    version = put(tmp_path)
    (version / SUMS).write_bytes(text.encode("latin-1"))

    with pytest.raises(RepositoryError, match=SUMS):
        check_sums(version)


def test_missing_sums_are_refused(tmp_path: Path) -> None:
    """A version without them was not exported whole."""
    version = put(tmp_path)
    (version / SUMS).unlink()

    with pytest.raises(RepositoryError, match="SHA256SUMS is missing"):
        check_sums(version)


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00"])
def test_a_card_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    """The message names the file."""
    (tmp_path / CARD).write_text(text, "utf-8")

    with pytest.raises(RepositoryError, match=r"card\.json"):
        read_card(tmp_path)


def test_only_numbers_are_versions_and_only_names_are_models(tmp_path: Path) -> None:
    """Files and folders that lie beside them are not looked at."""
    put(tmp_path)
    for name in ("0", "01", "-1", "1.0", "backup"):
        (tmp_path / "net" / name).mkdir()
    for name in (".hidden", "a.b", "-x"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").write_text("", "utf-8")

    assert versions(tmp_path / "net") == [1]
    assert models(tmp_path) == ["net"]
    assert versions(tmp_path / "nothing") == []


def test_no_repository_is_an_error(tmp_path: Path) -> None:
    """It says how to make one."""
    with pytest.raises(RepositoryError, match="run `python -m export`"):
        models(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("kernel-size_bn-5x5", "kernel-size_bn-5x5"),
        ("sk_folder:/a b/ü", "sk_folder-a-b"),
        ("../..", "unnamed"),
        ("a\x00b", "a-b"),
        ("x" * 300, "x" * 110),
    ],
)
def test_a_models_name_is_safe_as_a_folder(text: str, name: str) -> None:
    """No separators, dots or control characters."""
    assert model_name(text) == name
    assert layout_file.MODEL_NAME.fullmatch(name)
