"""Tests of bench.harness.data.folder_files: which files are taken, and the account of all others."""

import os
from pathlib import Path

import pytest

from bench.harness.data.catalogue import DataError
from bench.harness.data.folder_files import find
from bench.harness.data.holdout import TEST, TRAIN, VALIDATION, Part
from tests.bench.harness.data.folders import fill, noise, put


def names(root: Path, part: Part = TRAIN) -> list[str]:
    """Return the files of a part as `class name`."""
    return [f"{file.label} {file.path.name}" for file in find(root).by_part[part] or ()]


@pytest.mark.parametrize("hidden", [".ipynb_checkpoints", "__MACOSX", ".git", ".hidden"])
@pytest.mark.parametrize("where", ["", "train", "train/a"])
def test_hidden_folders_are_no_classes_and_are_counted(hidden: str, where: str, tmp_path: Path) -> None:
    """At every depth."""
    fill(tmp_path / "train", {"a": 1, "b": 1})
    fill(tmp_path / "test", {"a": 1, "b": 1}, first=1)
    put(tmp_path / where / hidden / "c" / "1.png", noise(9))

    assert names(tmp_path) == ["a 0-0.png", "b 0-0.png"]
    assert find(tmp_path).unused.lines() == [f"not used, hidden folders: 1 ({hidden}/ with 1 files)"]


def test_files_are_taken_from_every_depth(tmp_path: Path) -> None:
    """The class is the folder below the split's."""
    put(tmp_path / "train" / "a" / "x" / "y" / "1.png", noise(1))
    put(tmp_path / "train" / "a" / "2.png", noise(2))
    put(tmp_path / "train" / "b" / "x" / "3.png", noise(3))

    assert names(tmp_path) == ["a 2.png", "a 1.png", "b 3.png"]


@pytest.mark.parametrize("ending", [".jfif", ".jpe", ".JPG", ".png", "", ".txt", ".dat"])
def test_a_picture_is_known_by_its_content(ending: str, tmp_path: Path) -> None:
    """Whatever its name ends in."""
    fill(tmp_path, {"a": 1, "b": 1})
    noise(5).save(tmp_path / "b" / f"z{ending}", "JPEG")

    assert names(tmp_path)[2:] == [f"b z{ending}"]


@pytest.mark.parametrize("wrap", ["", "photos", "photos/photos"])
def test_a_folder_around_everything_is_gone_through(wrap: str, tmp_path: Path) -> None:
    """Archives are unpacked into one; it is no class."""
    fill(tmp_path / wrap / "train", {"a": 1, "b": 1})
    fill(tmp_path / wrap / "test", {"a": 2, "b": 2}, first=1)

    assert names(tmp_path) == ["a 0-0.png", "b 0-0.png"]
    assert len(names(tmp_path, TEST)) == 4


def test_a_folder_around_the_classes_is_gone_through(tmp_path: Path) -> None:
    """In each split."""
    fill(tmp_path / "train" / "all", {"a": 1, "b": 1})
    fill(tmp_path / "test" / "all", {"a": 1, "b": 1}, first=1)

    assert names(tmp_path) == ["a 0-0.png", "b 0-0.png"]
    assert names(tmp_path, TEST) == ["a 1-0.png", "b 1-0.png"]


def test_a_test_folder_with_one_class_is_not_gone_through(tmp_path: Path) -> None:
    """Its folder is a class that training has too."""
    fill(tmp_path / "train", {"a": 1, "b": 1})
    put(tmp_path / "test" / "a" / "deep" / "1.png", noise(4))

    assert names(tmp_path, TEST) == ["a 1.png"]


@pytest.mark.parametrize(("train", "test"), [("Train", "TEST"), ("training", "testing"), ("Training", "test")])
def test_splits_are_known_by_their_usual_names(train: str, test: str, tmp_path: Path) -> None:
    """In any case: as classes they would train to a high and senseless accuracy."""
    fill(tmp_path / train, {"a": 1, "b": 1})
    fill(tmp_path / test, {"a": 1, "b": 1}, first=1)

    assert names(tmp_path) == ["a 0-0.png", "b 0-0.png"]
    assert names(tmp_path, TEST) == ["a 1-0.png", "b 1-0.png"]


def test_two_folders_of_one_split_are_an_error(tmp_path: Path) -> None:
    """Neither is left out in silence."""
    for name in ("train", "val", "valid"):
        fill(tmp_path / name, {"a": 1, "b": 1})

    with pytest.raises(DataError, match="has val/ and valid/: keep one of them"):
        find(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="there are no pipes in folders there")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """It is no file, and is named."""
    fill(tmp_path, {"a": 1, "b": 1})
    os.mkfifo(tmp_path / "a" / "pipe")

    assert names(tmp_path) == ["a 0-0.png", "b 0-0.png"]
    assert find(tmp_path).unused.lines() == ["not used, neither files nor folders: 1 (pipe)"]


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_a_folder_may_name_the_images_that_validate(name: str, tmp_path: Path) -> None:
    """By any of the usual names."""
    fill(tmp_path / "train", {"a": 1, "b": 1})
    fill(tmp_path / name, {"a": 1, "b": 1}, first=1)

    assert names(tmp_path, VALIDATION) == ["a 1-0.png", "b 1-0.png"]
    assert find(tmp_path).by_part[TEST] is None


def test_classes_may_lie_in_the_folder_itself(tmp_path: Path) -> None:
    """Then nothing is split yet."""
    fill(tmp_path, {"a": 1, "b": 1})
    contents = find(tmp_path)

    assert names(tmp_path) == ["a 0-0.png", "b 0-0.png"]
    assert contents.by_part[VALIDATION] is None
    assert contents.by_part[TEST] is None


def test_whatever_is_not_used_is_counted_and_named(tmp_path: Path) -> None:
    """Five of a kind by name, the others by number."""
    fill(tmp_path / "train", {"a": 1, "b": 1})
    fill(tmp_path / "old", {"a": 1})
    put(tmp_path / "train" / "loose.png", noise(8))
    (tmp_path / "train" / "empty").mkdir()
    (tmp_path / "train" / "a" / ".DS_Store").touch()
    (tmp_path / "train" / "a" / "nothing.png").touch()
    for number in range(7):
        (tmp_path / "train" / "b" / f"{number}.txt").write_text("text", "utf-8")

    five = ", ".join(f"train/b/{number}.txt" for number in range(5))
    assert sorted(find(tmp_path).unused.lines()) == [
        f"not used, broken or too large: 1 ({tmp_path}/train/a/nothing.png is empty: remove or replace it)",
        "not used, classes without a picture: 1 (train/empty/)",
        "not used, hidden files: 1 (.DS_Store)",
        "not used, in no class's folder: 1 (train/loose.png)",
        "not used, neither train/, val/ nor test/: 1 (old/)",
        f"not used, no picture of a format that is read: 7 ({five} and 2 more)",
    ]


def test_links_are_followed_once(tmp_path: Path) -> None:
    """A class may be a link to elsewhere; a circle ends."""
    fill(tmp_path / "elsewhere", {"b": 1})
    fill(tmp_path / "set" / "train", {"a": 1})
    (tmp_path / "set" / "train" / "b").symlink_to(tmp_path / "elsewhere" / "b")
    (tmp_path / "elsewhere" / "b" / "again").symlink_to(tmp_path / "elsewhere" / "b")

    assert names(tmp_path / "set") == ["a 0-0.png", "b 0-0.png"]


def test_a_link_upwards_is_not_followed(tmp_path: Path) -> None:
    """It would give the pictures of every class to one."""
    fill(tmp_path, {"a": 1, "b": 1})
    (tmp_path / "a" / "up").symlink_to("..")

    assert names(tmp_path) == ["a 0-0.png", "b 0-0.png"]


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not left out in silence."""
    fill(tmp_path, {"a": 1, "b": 1})
    closed = tmp_path / "a" / "closed"
    closed.mkdir()
    scandir = os.scandir

    def refuse(path: str) -> object:
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)

    assert find(tmp_path).unused.lines() == [f"not used, folders that cannot be read: 1 ({closed}: Permission denied)"]


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        ({}, "no images in .*: put them in .*/<class>/, for example"),
        ({"train": {}}, "no images in .*train: put them in .*train/<class>/, for example"),
        ({"train": {"a": 1, "b": 1}, "test": {}}, "no images in .*test: put them in .*test/<class>/"),
        ({"test": {"a": 1, "b": 1}}, "has no train/: put the images to train on into .*train/<class>/"),
        ({"val": {"a": 1, "b": 1}, "test": {"a": 1}}, "has no train/"),
        ({"train": {"a": 3}, "test": {"a": 3}}, "train has one class, 'a': at least 2 are needed, a folder for each"),
        ({"train": {"a": 1, "b": 1}, "test": {"blue": 1, "a": 1}}, "test has classes that train/ has not: blue"),
        ({"train": {"a": 1, "b": 1}, "val": {"blue": 1}}, "val has classes that train/ has not: blue"),
    ],
)
def test_a_folder_that_cannot_be_trained_on_is_an_error(
    splits: dict[str, dict[str, int]], message: str, tmp_path: Path
) -> None:
    """It says which folder, and what belongs where."""
    for name, counts in splits.items():
        (tmp_path / name).mkdir()
        fill(tmp_path / name, counts)

    with pytest.raises(DataError, match=message):
        find(tmp_path)


def test_a_folder_that_there_is_not_is_an_error(tmp_path: Path) -> None:
    """Not an empty one."""
    with pytest.raises(DataError, match="nosuch is no folder: folder:PATH has PATH/train/<class>/"):
        find(tmp_path / "nosuch")


def test_an_error_says_what_was_there_instead(tmp_path: Path) -> None:
    """A folder of files that are no pictures is no empty folder."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "cat.heic").write_text("other", "utf-8")

    with pytest.raises(DataError, match=r"no images in .*no picture of a format that is read: 1 \(a/cat.heic"):
        find(tmp_path)
