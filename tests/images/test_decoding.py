"""Tests of images.decoding: by content, upright, the first picture, under limits."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile, PngImagePlugin

from images.decoding import MOST_PIXELS, read, read_file
from images.errors import PictureError, TooManyPixelsError, UnknownFormatError
from tests.images.corpus import BROKEN, COLOUR, JPEG_BEGINS, WHOLE, encoded, in_strips, moving, turned, with_a_second

SLOW = (
    *("greys as words.pgm", "greys up to 7.pgm", "run lengths.bmp", "a strip for each pixel.tiff"),
    "a hundred scans.jpg",
)
Turn = Callable[[np.ndarray], np.ndarray]
UPRIGHT: dict[int, Turn] = {  # what is seen, of pixels that were stored with this orientation
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),
    8: lambda stored: np.rot90(stored, 1),
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_a_picture_is_turned_as_its_camera_was(kind: str, orientation: int) -> None:
    """All eight orientations of EXIF, once each, though the decoder of TIFF turns them itself."""
    picture = read(turned(kind, orientation), "a")

    np.testing.assert_array_equal(np.asarray(picture.image), UPRIGHT[orientation](COLOUR))


def test_a_jpeg_is_turned_as_its_camera_was() -> None:
    """The format that cameras write: the turned file has the pixels of the upright one, turned."""
    stored = np.asarray(read(turned("JPEG", 1), "a").image)

    for orientation, upright in UPRIGHT.items():
        np.testing.assert_array_equal(np.asarray(read(turned("JPEG", orientation), "a").image), upright(stored))


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_photo_with_a_second_picture_is_the_one_that_is_seen(orientation: int) -> None:
    """The files of phones, MPO by name: the pixels of the same JPEG alone, be the second whole, cut off or missing."""
    alone = np.asarray(read(turned("JPEG", orientation), "a").image)
    content = with_a_second(orientation)

    assert content.count(b"MPF\0") == 1
    for kept in (len(content), content.rindex(JPEG_BEGINS) + 50, content.rindex(JPEG_BEGINS)):
        np.testing.assert_array_equal(np.asarray(read(content[:kept], "a").image), alone)


@pytest.mark.filterwarnings("ignore:Image appears to be a malformed MPO file")
def test_a_broken_list_of_pictures_loses_none() -> None:
    """The first picture is whole, so it is read."""
    content = bytearray(with_a_second())
    content[content.index(b"MPF\0") + 4] ^= 0xFF

    picture = read(bytes(content), "a")

    np.testing.assert_array_equal(np.asarray(picture.image), np.asarray(read(turned("JPEG", 1), "a").image))


def test_a_broken_camera_note_turns_nothing() -> None:
    """The pixels are whole, so the picture is read as it is stored."""
    content = encoded(COLOUR, "JPEG", exif=b"Exif\0\0no TIFF")

    np.testing.assert_array_equal(
        np.asarray(read(content, "a").image), np.asarray(read(encoded(COLOUR, "JPEG"), "a").image)
    )


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_the_first_of_moving_pictures_is_read(kind: str) -> None:
    """As it is seen at first, and as it is alone."""
    alone = encoded(COLOUR, kind, **({"lossless": True} if kind == "WEBP" else {}))

    np.testing.assert_array_equal(np.asarray(read(moving(kind), "a").image), np.asarray(read(alone, "a").image))


def test_content_decides_and_not_the_ending(tmp_path: Path) -> None:
    """A PNG that is named as a JPEG is a PNG."""
    (tmp_path / "a.jpg").write_bytes(encoded(COLOUR))

    np.testing.assert_array_equal(np.asarray(read_file(tmp_path / "a.jpg").image), COLOUR)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """With the system's reason."""
    with pytest.raises(PictureError, match=r"none\.png cannot be read: No such file or directory"):
        read_file(tmp_path / "none.png")


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_in_one_line_with_its_name(name: str) -> None:
    """It says what to do, and nothing of how it was opened."""
    with pytest.raises(PictureError) as caught:
        read(BROKEN[name], name)

    assert str(caught.value).startswith(f"{name} ")
    assert str(caught.value).endswith(("remove or replace it", "scale it down", "save it as PNG"))
    assert "BytesIO" not in str(caught.value)


def test_a_format_that_is_not_read_is_told_from_a_broken_file() -> None:
    """It may have been changed on its way."""
    with pytest.raises(UnknownFormatError, match=r"\(PNG, JPEG, WEBP, BMP, GIF, PPM, TIFF\): it is none of them"):
        read(b"words", "a")


def test_pixels_are_counted_before_they_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """With those of the pictures before it."""
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _: pytest.fail("it was decoded"))

    with pytest.raises(TooManyPixelsError, match="a has 10 x 8 pixels: at most 79 are taken: scale it down"):
        read(encoded(COLOUR), "a", most_pixels=79)
    with pytest.raises(TooManyPixelsError, match="a has 10 x 8 pixels, those before it 21: at most 100 are taken"):
        read(encoded(COLOUR), "a", most_pixels=100, pixels_before=21)


@pytest.mark.parametrize(
    "name",
    [
        "greys as words.pgm",
        "greys up to 7.pgm",
        "run lengths.bmp",
        "a strip for each pixel.tiff",
        "a hundred scans.jpg",
    ],
)
def test_pixels_that_take_long_to_read_are_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request's worth of them took thirteen seconds; decoders in C take less than one."""
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _: pytest.fail("it was decoded"))

    with pytest.raises(PictureError, match="it is stored in a way that takes long to read: save it as PNG"):
        read(BROKEN[name], "a")


def test_a_strip_for_each_row_is_read() -> None:
    """As the simplest programs write TIFF, in whole pictures of any size."""
    for height, width in ((28, 28), (256, 256), (4000, 4000)):
        image = Image.new("L", (width, height))
        content = encoded(image, "TIFF", strip_size=width)
        assert read(content, "a").size == (width, height)
    assert read(in_strips(256), "a").size == (1, 256)


def test_as_many_pixels_as_are_taken_are_read() -> None:
    """The limit itself is within it."""
    assert read(encoded(COLOUR), "a", most_pixels=100, pixels_before=20).size == (10, 8)


def test_the_decoders_own_limits_are_in_place() -> None:
    """Whoever loosened one for the whole process would loosen it for all users of the reader."""
    assert Image.MAX_IMAGE_PIXELS is not None
    assert Image.MAX_IMAGE_PIXELS >= MOST_PIXELS
    assert (PngImagePlugin.MAX_TEXT_CHUNK, PngImagePlugin.MAX_TEXT_MEMORY) == (1 << 20, 64 << 20)
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.parametrize("name", WHOLE)
def test_every_picture_is_in_one_of_four_modes(name: str) -> None:
    """Grey or colour, with or without alpha, 8 bits a channel."""
    assert read(WHOLE[name], name).image.mode in ("L", "LA", "RGB", "RGBA")
