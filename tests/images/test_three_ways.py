"""A picture file becomes the same bytes in a training folder, for `python -m bench predict`, and in the server."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.commands.predict import read_image
from bench.harness.data.catalogue import DataError
from bench.harness.data.folder import load_folder
from bench.harness.errors import UserError
from serve.api.picture import pictures
from serve.errors import RequestError
from tests.images.corpus import BROKEN, COLOUR, GREY, SIDE, WHOLE, encoded
from tests.serve.drawing import form


def folder(root: Path, name: str, content: bytes, channels: int, paper: int) -> Path:
    """Write a data set whose first file decides on its channels, and whose only training picture of class b is odd."""
    first = np.full((SIDE, SIDE), paper, np.uint8) if channels == 1 else COLOUR[:, :SIDE]
    for part, label, file in (("train", "a", "1.png"), ("test", "a", "1.png"), ("test", "a", "2.png")):
        (root / part / label).mkdir(parents=True, exist_ok=True)
        (root / part / label / file).write_bytes(encoded(first))
    (root / "train" / "b").mkdir()
    (root / "train" / "b" / name).write_bytes(content)
    return root


def as_trained(root: Path) -> tuple[np.ndarray, dict[str, Any]]:
    """Return the odd picture as a net is trained on it, and what the net's card says of the data set."""
    dataset = load_folder(root)
    (pixels,) = dataset.train.images[dataset.train.labels == 1].numpy()
    source = dataset.source
    return pixels, {"image_size": source.size, "channels": source.channels, "ground": source.ground}


@pytest.mark.parametrize("paper", [0, 255], ids=["dark", "light"])
@pytest.mark.parametrize("channels", [1, 3], ids=["grey", "colour"])
@pytest.mark.parametrize("name", WHOLE)
def test_a_file_becomes_the_same_bytes_in_all_three_ways(name: str, channels: int, paper: int, tmp_path: Path) -> None:
    """Whatever the file is, whatever the net takes, and whatever the ground of the data set."""
    trained, card = as_trained(folder(tmp_path, name, WHOLE[name], channels, paper))

    asked = read_image(tmp_path / "train" / "b" / name, card)[0].numpy()
    shape = (channels, SIDE, SIDE)
    (served,) = pictures(*form((name, WHOLE[name])), shape, invert=False, ground=card["ground"])

    assert trained.shape == shape
    np.testing.assert_array_equal(asked, trained)
    np.testing.assert_array_equal(served.pixels, trained)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_in_the_same_words_in_all_three_ways(name: str, tmp_path: Path) -> None:
    """Behind the name by which each knows the file; a client is told with a status of 4xx."""
    root = folder(tmp_path, name, BROKEN[name], channels=3, paper=0)
    path = root / "train" / "b" / name

    with pytest.raises(DataError) as in_training:
        load_folder(root)
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
