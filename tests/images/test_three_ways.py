"""A picture file becomes the same bytes in a training folder, for `python -m bench predict`, and in the server."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.commands.predict import read_image
from bench.harness.data.catalogue import DataError
from bench.harness.data.dataset import Dataset
from bench.harness.data.folder import load_folder
from bench.harness.data.folder_name import FolderName
from bench.harness.errors import UserError
from images.decoding import read_file
from images.errors import PictureError
from images.fit import FITS, Fit, fit_of
from serve.api.picture import pictures
from serve.errors import RequestError
from tests.images.corpus import BROKEN, COLOUR, GREY, SIDE, WHOLE, encoded
from tests.serve.drawing import form


def folder(root: Path, name: str, content: bytes, channels: int, paper: int) -> Path:
    """Write a data set, in colour or grey by all but one, whose only training picture of class b is odd."""
    first = np.full((SIDE, SIDE), paper, np.uint8) if channels == 1 else COLOUR[:, :SIDE]
    for part, file in (("train", "1.png"), ("val", "1.png"), ("test", "1.png"), ("test", "2.png")):
        (root / part / "a").mkdir(parents=True, exist_ok=True)
        (root / part / "a" / file).write_bytes(encoded(first))
    other = first.copy()
    other[SIDE // 2, SIDE // 2] ^= 1
    (root / "train" / "a" / "2.png").write_bytes(encoded(other))
    (root / "train" / "b").mkdir()
    (root / "train" / "b" / name).write_bytes(content)
    return root


def loaded(root: Path, fit: Fit = "stretch") -> Dataset:
    """Return the data set, in a size that its pictures have."""
    return load_folder(FolderName(str(root), image_size=SIDE, fit=fit, allow_duplicates=True))


def as_trained(root: Path, fit: Fit = "stretch") -> tuple[np.ndarray, dict[str, Any]]:
    """Return the odd picture as a net is trained on it, and what the net's card says of the data set."""
    dataset = loaded(root, fit)
    (pixels,) = dataset.train.images[dataset.train.labels == 1].numpy()
    source = dataset.source
    of_its_source = {"image_size": source.size, "channels": source.channels}
    return pixels, {**of_its_source, "ground": source.ground, "fit": source.fit}


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("paper", [0, 255], ids=["dark", "light"])
@pytest.mark.parametrize("channels", [1, 3], ids=["grey", "colour"])
@pytest.mark.parametrize("name", WHOLE)
def test_a_file_becomes_the_same_bytes_in_all_three_ways(
    name: str, channels: int, paper: int, fit: Fit, tmp_path: Path
) -> None:
    """Whatever the file is, whatever the net takes, and whatever ground and fit the data set has.

    A picture in colours makes its data set one in colours: for a net that takes grey it is read as training would.
    """
    trained, card = as_trained(folder(tmp_path, name, WHOLE[name], channels, paper), fit)
    if card["channels"] > channels:
        card |= {"channels": channels, "ground": "white" if paper else "black"}
        trained = read_file(tmp_path / "train" / "b" / name).pixels(channels, SIDE, SIDE, card["ground"], fit)

    asked = read_image(tmp_path / "train" / "b" / name, card)[0].numpy()
    shape = (channels, SIDE, SIDE)
    (served,) = pictures(*form((name, WHOLE[name])), shape, invert=False, ground=card["ground"], fit=fit_of(card))

    assert trained.shape == shape
    np.testing.assert_array_equal(asked, trained)
    np.testing.assert_array_equal(served.pixels, trained)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_in_the_same_words_in_all_three_ways(name: str, tmp_path: Path) -> None:
    """Behind the name by which each knows the file; a client is told with a status of 4xx."""
    root = folder(tmp_path, name, BROKEN[name], channels=3, paper=0)
    path = root / "train" / "b" / name

    with pytest.raises(DataError, match="has one class, 'a'"):  # the picture is left out, and class b with it
        loaded(root)
    with pytest.raises(PictureError) as in_training:
        read_file(path)
    with pytest.raises(UserError) as in_predict:
        read_image(path, {"image_size": SIDE, "channels": 3})
    with pytest.raises(RequestError) as in_the_server:
        pictures(*form((name, BROKEN[name])), (3, SIDE, SIDE), invert=None)

    said = str(in_training.value).removeprefix(str(path))
    assert said.startswith((" is ", " has "))
    assert str(in_predict.value).removeprefix(str(path)) == said
    assert str(in_the_server.value).removeprefix(repr(name)) == said
    assert in_the_server.value.status == (413 if "pixels" in said else 400)
    assert "\n" not in said


@pytest.mark.parametrize("channels", [1, 3], ids=["grey", "colour"])
def test_a_picture_in_the_nets_size_keeps_its_pixels(channels: int, tmp_path: Path) -> None:
    """Nothing is scaled, turned or weighed where nothing has to be."""
    square = GREY[:, :SIDE].copy() if channels == 1 else COLOUR[:, :SIDE].copy()
    trained, _ = as_trained(folder(tmp_path, "odd.png", encoded(square), channels, 0))

    np.testing.assert_array_equal(trained, square[None] if channels == 1 else square.transpose(2, 0, 1))
