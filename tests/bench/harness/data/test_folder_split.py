"""Tests of bench.harness.data.folder_split: what is held out of a folder, and images that are in two splits."""

import os
import shutil
from pathlib import Path

import pytest

from bench.harness.data.catalogue import DataError
from bench.harness.data.dataset import Dataset, Images
from bench.harness.data.folder import load_folder
from bench.harness.data.folder_files import SPLIT_FILE
from bench.harness.data.folder_name import folder_name
from bench.harness.data.holdout import LEAST_PER_CLASS, PARTS, digest
from tests.bench.harness.data.folders import fill, noise, put


def read(root: Path, options: str = "") -> Dataset:
    """Return the folder's data set, at 8 x 8 pixels."""
    return load_folder(folder_name(f"folder:{root}?image-size=8{options}"))


def images_of(dataset: Dataset) -> dict[str, str]:
    """Return the split of each image, by a hash of its pixels."""
    parts: dict[str, Images | None] = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    return {digest(image.numpy().data): part for part, images in parts.items() if images for image in images.images}


def by_class(images: Images | None) -> list[int]:
    """Return how many images of each of two classes there are."""
    assert images is not None
    return [int((images.labels == label).sum()) for label in (0, 1)]


def test_a_folder_without_splits_is_split_three_ways(tmp_path: Path) -> None:
    """A sixth of each class validates, another tests."""
    dataset = read(fill(tmp_path, {"a": 240, "b": 120}))

    assert by_class(dataset.validation) == pytest.approx([40, 20], abs=15)
    assert by_class(dataset.test) == pytest.approx([40, 20], abs=15)
    assert len(images_of(dataset)) == 360
    assert dataset.split().validation is dataset.validation


def test_a_train_folder_alone_is_split_three_ways(tmp_path: Path) -> None:
    """As if its classes lay in the folder itself."""
    whole, train = fill(tmp_path / "whole", {"a": 60, "b": 60}), fill(tmp_path / "one" / "train", {"a": 60, "b": 60})

    assert images_of(read(whole)) == images_of(read(train.parent))


def test_where_there_is_a_test_folder_validation_is_held_out(tmp_path: Path) -> None:
    """All of test/ tests; forty of eighty images train a net that can be exported."""
    fill(tmp_path / "train", {"a": 30, "b": 30})
    fill(tmp_path / "test", {"a": 10, "b": 10}, first=1)
    dataset = read(tmp_path)

    assert len(dataset.test) == 20
    assert dataset.split(count=40).validation is not None
    assert min(by_class(dataset.validation)) >= LEAST_PER_CLASS
    assert not (tmp_path / "train" / SPLIT_FILE).exists()


def test_where_there_is_a_val_folder_test_images_are_held_out(tmp_path: Path) -> None:
    """All of val/ validates."""
    fill(tmp_path / "train", {"a": 30, "b": 30})
    fill(tmp_path / "val", {"a": 6, "b": 7}, first=1)
    dataset = read(tmp_path)

    assert by_class(dataset.validation) == [6, 7]
    assert min(by_class(dataset.test)) >= LEAST_PER_CLASS
    assert "held out to test on: a sixth of each class, by a hash of the file" in "\n".join(dataset.summary)


def test_folders_that_name_all_splits_are_taken_as_they_are(tmp_path: Path) -> None:
    """Nothing is moved, no number of images is asked for, and no file is written."""
    for first, split in enumerate(("train", "val", "test")):
        fill(tmp_path / split, {"a": 2, "b": 1}, first=first)
    dataset = read(tmp_path)

    assert [by_class(images) for images in (dataset.train, dataset.validation, dataset.test)] == [[2, 1]] * 3
    assert not (tmp_path / SPLIT_FILE).exists()


@pytest.mark.parametrize("count", [15, 30, 40])
def test_added_images_move_none(count: int, tmp_path: Path) -> None:
    """Whatever is added, and in whichever order the files lie."""
    before = images_of(read(fill(tmp_path, {"a": count, "b": count})))
    for first in (1, 2):
        fill(tmp_path, {"a": 25, "b": 1}, first=first)
        after = images_of(read(tmp_path))
        assert {image: after[image] for image in before} == before
        before = after


def test_removed_images_that_come_back_are_where_they_were(tmp_path: Path) -> None:
    """The choice is remembered by content, not by name."""
    before = images_of(read(fill(tmp_path / "set", {"a": 30, "b": 30})))
    shutil.move(tmp_path / "set" / "a" / "0-3.png", tmp_path / "elsewhere.png")
    fill(tmp_path / "set", {"a": 10}, first=1)
    read(tmp_path / "set")
    shutil.move(tmp_path / "elsewhere.png", tmp_path / "set" / "a" / "another name.png")
    after = images_of(read(tmp_path / "set"))

    assert {image: after[image] for image in before} == before


def test_the_choice_is_a_file_to_look_at(tmp_path: Path) -> None:
    """A line an image; whoever changes a split there has it so."""
    read(fill(tmp_path, {"a": 30, "b": 30}))
    path = tmp_path / SPLIT_FILE
    lines = path.read_text("utf-8").splitlines()
    changed = next(line for line in lines if ",train,a/" in line)

    assert lines[0] == "sha256,split,file"
    assert {line.split(",")[1] for line in lines[1:]} == set(PARTS)
    assert len(lines) == 61

    path.write_text("\n".join(lines).replace(changed, changed.replace(",train,", ",test,")), "utf-8")
    image = images_of(read(tmp_path))
    assert list(image.values()).count("test") == sum(",test," in line for line in lines) + 1


@pytest.mark.parametrize("line", ["no csv", "abc,trian,a/1.png", "abc,train"])
def test_a_damaged_file_of_the_choice_is_an_error(line: str, tmp_path: Path) -> None:
    """It is never written over."""
    read(fill(tmp_path, {"a": 30, "b": 30}))
    path = tmp_path / SPLIT_FILE
    path.write_text(path.read_text("utf-8") + line + "\n", "utf-8")

    with pytest.raises(DataError, match=rf"{SPLIT_FILE}, line 62 is '{line}': mend it, or remove the file"):
        read(tmp_path)
    assert path.read_text("utf-8").endswith(line + "\n")


@pytest.mark.skipif(os.name == "nt", reason="folders of others are made in another way there")
def test_a_folder_that_cannot_be_written_is_split_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The summary says that the choice is not kept."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("bench.harness.data.folder_split.write_text", refuse)
    dataset = read(fill(tmp_path, {"a": 30, "b": 30}))

    assert min(by_class(dataset.test)) >= LEAST_PER_CLASS
    assert "not kept (Permission denied)" in "\n".join(dataset.summary)


def test_a_class_with_too_few_images_is_named_with_what_is_missing(tmp_path: Path) -> None:
    """All such classes at once."""
    fill(tmp_path, {"a": 12, "b": 30, "c": 1})

    with pytest.raises(
        DataError,
        match=r"too few different images of 2 of 3 classes: a has 12 and needs 3 more; c has 1 and needs 14 more "
        r"\(5 to train on, 5 to test on, 5 to validate\)",
    ):
        read(tmp_path)


@pytest.mark.parametrize(
    ("one", "other"),
    [("train/a/x.png", "test/a/y.png"), ("val/b/x.png", "test/b/x.png"), ("train/a/x.png", "val/b/x.bmp")],
)
def test_the_same_image_in_two_splits_is_an_error_that_names_both(one: str, other: str, tmp_path: Path) -> None:
    """Under whatever name, class and format."""
    for first, split in enumerate(("train", "val", "test")):
        fill(tmp_path / split, {"a": 2, "b": 2}, first=first)
    for path in (one, other):
        put(tmp_path / path, noise(99))

    with pytest.raises(
        DataError, match=f"the same image is in two splits, {one} and {other}: remove one of them, or pass --allow-dup"
    ):
        read(tmp_path)
    dataset = read(tmp_path, "&allow-duplicates")
    assert f"in two splits: 1 images, such as {one} and {other}: accuracies are too high" in "\n".join(dataset.summary)
    assert dataset.source.name.endswith("allow-duplicates")


def test_the_same_image_twice_in_one_split_is_no_error(tmp_path: Path) -> None:
    """It weighs twice, and no answer is given away."""
    for first, split in enumerate(("train", "val", "test")):
        fill(tmp_path / split, {"a": 2, "b": 2}, first=first)
    put(tmp_path / "train" / "a" / "x.png", noise(99))
    put(tmp_path / "train" / "a" / "y.png", noise(99))

    assert len(read(tmp_path).train) == 6


@pytest.mark.parametrize("name", [b"a\rb.png", b"a\nb, c.png", b"caf\xe9.png"], ids=["return", "newline", "latin-1"])
def test_the_split_of_a_file_with_an_odd_name_is_kept_and_read_again(tmp_path: Path, name: bytes) -> None:
    """A name that no line of UTF-8 text can hold is written with its odd characters escaped."""
    root = fill(tmp_path, {"a": 20, "b": 20})
    (root / "a" / "0-0.png").rename(root / "a" / os.fsdecode(name))
    first = read(root)

    assert images_of(read(root)) == images_of(first)
    assert len((root / SPLIT_FILE).read_text("utf-8").splitlines()) == 1 + 40
