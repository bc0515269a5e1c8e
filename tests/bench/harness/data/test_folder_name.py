"""Tests of bench.harness.data.folder_name."""

from pathlib import Path
from typing import Any

import pytest

from bench.harness.data.catalogue import DataError
from bench.harness.data.folder_name import FolderName, folder_name, with_options


@pytest.mark.parametrize(
    "name",
    [
        "folder:photos",
        "folder:/a b/ü",
        "folder:photos?image-size=64",
        "folder:photos?fit=pad",
        "folder:photos?allow-duplicates",
        "folder:photos?image-size=64&fit=crop&allow-duplicates",
    ],
)
def test_a_name_is_what_its_parts_make(name: str) -> None:
    """A record's name finds the same pixels again."""
    assert str(folder_name(name)) == name


def test_a_question_mark_may_be_a_folders_own(tmp_path: Path) -> None:
    """Where a folder has just this name."""
    path = tmp_path / "cats?fit=crop"
    path.mkdir()

    assert folder_name(f"folder:{path}") == FolderName(str(path))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("folder:p?fit=squeeze", "unknown fit 'squeeze': known: stretch, crop, pad"),
        ("folder:p?image-size=big", "image-size is 'big': give a number of pixels from 4 to 1024"),
        ("folder:p?image-size=3", "image-size is '3'"),
        ("folder:p?image-size=1025", "image-size is '1025'"),
        ("folder:p?imagesize=32", "unknown option of .*: 'imagesize': did you mean 'image-size'"),
        ("folder:p?", "unknown option"),
    ],
)
def test_a_mistyped_option_is_an_error(name: str, message: str) -> None:
    """It says which value, and what there is."""
    with pytest.raises(DataError, match=message):
        folder_name(name)


@pytest.mark.parametrize(
    ("name", "options", "whole"),
    [
        ("folder:p", {}, "folder:p"),
        ("folder:p", {"image_size": 96, "fit": "crop", "allow_duplicates": True}, None),
        ("folder:p?image-size=32", {"image_size": 96}, "folder:p?image-size=96"),
        ("folder:p?fit=crop", {"image_size": 96}, "folder:p?image-size=96&fit=crop"),
        ("folder:p?fit=crop", {"fit": "stretch"}, "folder:p"),
        ("cifar10", {"image_size": None, "fit": None, "allow_duplicates": False}, "cifar10"),
    ],
)
def test_the_command_line_goes_before_the_name(name: str, options: dict[str, Any], whole: str | None) -> None:
    """An option that is given stands in the name."""
    assert with_options(name, options) == (whole or "folder:p?image-size=96&fit=crop&allow-duplicates")


@pytest.mark.parametrize("name", [None, "cifar10"])
@pytest.mark.parametrize("option", [{"image_size": 64}, {"fit": "crop"}, {"allow_duplicates": True}])
def test_options_of_folders_are_refused_elsewhere(name: str | None, option: dict[str, Any]) -> None:
    """They would have no effect."""
    word = next(iter(option)).replace("_", "-")

    with pytest.raises(DataError, match=f"^--{word} is for folders of images: leave it out, or pass --dataset folder:"):
        with_options(name, option)


@pytest.mark.parametrize("size", [0, -5, 3, 4000])
def test_a_size_out_of_range_is_an_error(size: int) -> None:
    """Zero is no request for the default."""
    with pytest.raises(DataError, match=f"image-size is '{size}'"):
        with_options("folder:p", {"image_size": size})
