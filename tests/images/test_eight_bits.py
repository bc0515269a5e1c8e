"""Tests of images.eight_bits: the pixels of every mode are those that are seen."""

import numpy as np
import pytest
from PIL import Image

from images.decoding import read
from images.errors import PictureError
from tests.images.corpus import ALPHA, COLOUR, COLOURS, DEEP, GREY, GREYS, encoded, tiff

UPPER = (DEEP >> 8).astype(np.uint8)
DEEP_NAMES = [name for name in GREYS if "bits" in name and "transparent" not in name]


def pixels(content: bytes) -> np.ndarray:
    """Return what becomes of a file, (height, width) or (height, width, channels)."""
    return np.asarray(read(content, "a").image)


@pytest.mark.parametrize("name", DEEP_NAMES)
def test_deep_greys_are_scaled_by_the_range_of_their_type(name: str) -> None:
    """The same scene in 16 and 32 bits, with and without a sign, is the same picture."""
    np.testing.assert_array_equal(pixels(GREYS[name]), UPPER)


@pytest.mark.parametrize("kind", [np.uint16, np.int16, np.uint32, np.int32, np.float32])
def test_black_and_white_are_the_ends_of_the_range(kind: type[np.generic]) -> None:
    """Zero is black, the largest value is white."""
    largest = np.iinfo(kind).max if issubclass(kind, np.integer) else 1

    assert pixels(tiff(np.array([[0, largest]], kind))).tolist() == [[0, 255]]


def test_floats_of_eight_bits_come_back() -> None:
    """A grey that was divided by 255 is that grey again."""
    values = np.arange(256, dtype=np.uint8)[None]

    np.testing.assert_array_equal(pixels(tiff(values.astype(np.float32) / 255)), values)


@pytest.mark.parametrize("value", [-0.01, 1.01, np.nan, np.inf])
def test_floats_outside_0_to_1_are_refused(value: float) -> None:
    """Nobody knows which grey is white there; one such pixel is enough."""
    with pytest.raises(PictureError, match=r"its greys are floats from .*, and 0 to 1 are black to white"):
        pixels(tiff(np.array([[0.5, value, 0.5]], np.float32)))


def test_greys_below_black_are_refused() -> None:
    """With the least of them."""
    with pytest.raises(PictureError, match="its greys go down to -5, and 0 is black"):
        pixels(tiff(np.array([[0, -5]], np.int32)))


def test_one_bit_is_black_and_white() -> None:
    """Not black and nearly black."""
    assert set(np.unique(pixels(GREYS["one bit.png"]))) == {0, 255}


def test_alpha_is_kept_beside_grey_and_colour() -> None:
    """Pixel by pixel."""
    np.testing.assert_array_equal(pixels(GREYS["grey and alpha.png"]), np.dstack([GREY, ALPHA]))
    np.testing.assert_array_equal(pixels(COLOURS["colour and alpha.png"]), np.dstack([COLOUR, ALPHA]))


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("a grey is transparent.png", GREY[3, 3] != GREY),
        ("16 bits, one is transparent.png", DEEP[3, 3] != DEEP),
        ("a colour is transparent.png", (COLOUR[3, 3] != COLOUR).any(axis=2)),
    ],
)
def test_a_grey_or_colour_may_be_transparent(name: str, seen: np.ndarray) -> None:
    """Where it is, nothing is seen; all else is opaque."""
    np.testing.assert_array_equal(pixels((GREYS | COLOURS)[name])[..., -1], np.where(seen, 255, 0))


@pytest.mark.parametrize("name", ["palette, one is transparent.png", "palette, one is transparent.gif"])
def test_a_colour_of_a_palette_may_be_transparent(name: str) -> None:
    """The one at place 3."""
    places = np.asarray(Image.fromarray(COLOUR).quantize(16))

    np.testing.assert_array_equal(pixels(COLOURS[name])[..., 3], np.where(places == 3, 0, 255))


def test_a_palette_is_its_colours() -> None:
    """In PNG as in GIF."""
    colours = np.asarray(Image.fromarray(COLOUR).quantize(16).convert("RGB"))

    for name in ("palette.png", "palette.gif"):
        np.testing.assert_array_equal(pixels(COLOURS[name]), colours)


def test_printing_inks_are_the_colours_they_print() -> None:
    """White paper without ink is white, and a JPEG's inks are not taken for their opposite."""
    white = Image.new("CMYK", (8, 8))

    assert (pixels(encoded(white, "TIFF")) == 255).all()
    assert (pixels(encoded(white, "JPEG")) == 255).all()


def test_brightness_and_colour_apart_are_put_together() -> None:
    """Within the rounding of the conversion."""
    difference = pixels(COLOURS["brightness and colour.tiff"]).astype(int) - COLOUR

    assert np.abs(difference).max() <= 3
