"""Tests of bench.harness.data.folder."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from bench.harness.data.catalogue import DataError
from bench.harness.data.folder import load_folder
from bench.harness.data.load import load

RED, GREEN = (255, 0, 0), (0, 255, 0)


def write(path: Path, colour: int | tuple[int, int, int], size: tuple[int, int] = (6, 6)) -> None:
    """Write an image of one colour; a number is a grey one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L" if isinstance(colour, int) else "RGB", size, colour).save(path)


@pytest.fixture
def colours(tmp_path: Path) -> Path:
    """Return a folder of red and green images, the classes made in an order that is not sorted."""
    for part in ("train", "test"):
        write(tmp_path / part / "red" / "1.png", RED)
        write(tmp_path / part / "green" / "1.png", GREEN)
    return tmp_path


def test_classes_are_the_folders_sorted(colours: Path) -> None:
    """The number of a class is its folder's place in the alphabet."""
    assert load_folder(colours).source.classes == ("green", "red")


def test_labels_belong_to_their_images(colours: Path) -> None:
    """Class 1 is red: the channels are in order and no label is on another image."""
    train = load_folder(colours).train

    assert train.images[train.labels == 1][0, :, 0, 0].tolist() == list(RED)


def test_grey_images_have_one_channel(tmp_path: Path) -> None:
    """Images are grey if the first one is, whatever the others are."""
    write(tmp_path / "train" / "a" / "1.png", 10)
    write(tmp_path / "test" / "a" / "1.png", RED)
    write(tmp_path / "test" / "a" / "2.png", 20)

    assert load_folder(tmp_path).test.images.shape == (2, 1, 6, 6)


def test_images_take_the_first_ones_shorter_side(tmp_path: Path) -> None:
    """All images become squares of one size."""
    write(tmp_path / "train" / "a" / "1.png", RED, size=(9, 5))
    write(tmp_path / "train" / "a" / "2.png", RED, size=(30, 20))
    write(tmp_path / "test" / "a" / "1.png", RED, size=(2, 2))
    write(tmp_path / "test" / "a" / "2.png", RED, size=(7, 9))
    dataset = load_folder(tmp_path)

    assert dataset.train.images.shape[1:] == dataset.test.images.shape[1:] == (3, 5, 5)


def test_mean_and_std_are_those_of_the_training_images(tmp_path: Path) -> None:
    """Normalisation is measured, a channel each, and the test images have no part in it."""
    write(tmp_path / "train" / "a" / "1.png", (0, 51, 255))
    write(tmp_path / "train" / "a" / "2.png", (255, 51, 255))
    for name in ("1.png", "2.png"):
        write(tmp_path / "test" / "a" / name, RED)
    entry = load_folder(tmp_path).source

    assert entry.mean == pytest.approx((0.5, 0.2, 1.0))
    assert entry.std == pytest.approx((0.5, 0.001, 0.001), rel=0.01)  # constant channels are not divided by 0


def test_a_folder_is_loaded_by_name(colours: Path) -> None:
    """`folder:PATH` is a data set like any other."""
    dataset = load(f"folder:{colours}")

    assert (dataset.source.name, len(dataset.train), len(dataset.test)) == (f"folder:{colours}", 2, 2)


def test_pixels_are_what_pillow_decodes(tmp_path: Path) -> None:
    """Rows stay rows: an image that is not symmetrical comes out as it went in."""
    pixels = np.arange(16, dtype=np.uint8).reshape(4, 4)
    for name in ("1.png", "2.png"):
        write(tmp_path / "test" / "a" / name, 0)
    (tmp_path / "train" / "a").mkdir(parents=True)
    Image.fromarray(pixels).save(tmp_path / "train" / "a" / "1.png")

    assert torch.equal(load_folder(tmp_path).train.images[0, 0], torch.from_numpy(pixels))


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_missing_part_is_an_error(colours: Path, part: str) -> None:
    """The message says where images belong."""
    (colours / part).rename(colours / "elsewhere")

    with pytest.raises(DataError, match=f"no images in .*{part}: put them in .*{part}/<class>/, for example"):
        load_folder(colours)


def test_one_test_image_is_too_few(colours: Path) -> None:
    """An accuracy on one image has no interval: that is said before hours of training, in one line."""
    (colours / "test" / "red" / "1.png").unlink()

    with pytest.raises(DataError, match=r"^folder:.* has 1 test image: put at least 2 there, an accuracy[^\n]*$"):
        load_folder(colours)


def test_a_class_that_only_the_test_images_have_is_an_error(colours: Path) -> None:
    """A net cannot answer a class that it was never shown."""
    write(colours / "test" / "blue" / "1.png", (0, 0, 255))

    with pytest.raises(DataError, match="test has classes that train/ has not: blue"):
        load_folder(colours)


def test_a_file_that_is_no_image_is_named(colours: Path) -> None:
    """One damaged file among thousands must be findable."""
    (colours / "train" / "red" / "2.png").write_text("not an image", encoding="utf-8")

    with pytest.raises(DataError, match=r"red/2\.png is not a picture that can be read .*: remove or replace it"):
        load_folder(colours)


def test_a_truncated_image_is_named(colours: Path) -> None:
    """Half a file is an error, not half an image, and the file is closed again."""
    path = colours / "train" / "red" / "1.png"
    path.write_bytes(path.read_bytes()[:50])

    with pytest.raises(DataError, match=r"red/1\.png is not a picture that can be read"):
        load_folder(colours)


def test_a_damaged_header_is_named(colours: Path) -> None:
    """Pillow's decoders raise more than OSError."""
    (colours / "train" / "red" / "2.ppm").write_bytes(b"P6\n6 x6\n255\n" + bytes(108))

    with pytest.raises(DataError, match=r"red/2\.ppm is not a picture that can be read"):
        load_folder(colours)


@pytest.mark.parametrize(
    ("training", "ground"),
    [((10, 20), "black"), ((10, 200), "white"), ((RED, RED), "white")],
    ids=["light on dark", "one dark on light", "colour"],
)
def test_the_ground_is_black_where_no_grey_training_picture_is_on_paper(
    training: tuple[int | tuple[int, int, int], ...], ground: str, tmp_path: Path
) -> None:
    """The test pictures have no say; what is transparent lies on that ground, in both parts."""
    for number, colour in enumerate(training):
        write(tmp_path / "train" / "a" / f"{number}.png", colour)
    write(tmp_path / "test" / "a" / "1.png", 255)
    for part in ("train", "test"):
        Image.new("LA" if isinstance(training[0], int) else "RGBA", (6, 6)).save(tmp_path / part / "a" / "nothing.png")

    dataset = load_folder(tmp_path)

    assert dataset.source.ground == ground
    under = 0 if ground == "black" else 255
    for images in (dataset.train.images, dataset.test.images):
        assert (images == under).all(dim=(1, 2, 3)).any()


def test_other_files_are_passed_over(colours: Path) -> None:
    """A README or a thumbnail database beside the images is no image."""
    (colours / "train" / "red" / "notes.txt").touch()

    assert len(load_folder(colours).train) == 2


def test_a_slice_of_the_training_images_has_every_class(tmp_path: Path) -> None:
    """Splits are slices by place, so the images are in a mixed order, the same every time."""
    for colour, name in ((RED, "red"), (GREEN, "green")):
        for number in range(30):
            write(tmp_path / "train" / name / f"{number}.png", colour)
        for number in range(2):
            write(tmp_path / "test" / name / f"{number}.png", colour)

    first, again = (load_folder(tmp_path).train.labels for _ in range(2))

    assert first.tolist() == again.tolist()
    assert {0, 1} == set(first[:15].tolist()) == set(first[-15:].tolist())


def test_sixteen_bits_are_scaled(tmp_path: Path) -> None:
    """Mid-grey of 16 bits is mid-grey, not white."""
    for part in ("train", "test"):
        (tmp_path / part / "a").mkdir(parents=True)
        for number in range(2):
            Image.fromarray(np.full((6, 6), 32896, np.uint16)).save(tmp_path / part / "a" / f"{number}.png")

    assert set(load_folder(tmp_path).train.images.flatten().tolist()) == {128}
