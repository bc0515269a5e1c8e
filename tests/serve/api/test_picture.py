"""Tests of serve.api.picture: pictures are read as the training images were, or refused."""

import contextlib
import warnings
import zlib
from collections.abc import Mapping

import numpy as np
import pytest
from PIL import Image

from images.formats import FORMATS, NAMES
from serve.api import picture
from serve.api.picture import Picture, pictures
from serve.errors import RequestError
from tests.serve.drawing import COLOUR, GREY, encoded, form

ORIENTATION = 0x0112  # of EXIF


def read(content: bytes, dims: tuple[int, ...] = GREY, *, invert: bool | None = False) -> Picture:
    """Return the one picture of a body."""
    (decoded,) = pictures("image/png", content, dims, invert=invert)
    return decoded


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True}), ("JPEG", {"quality": 100})])
def test_every_kind_is_read(kind: str, options: Mapping[str, object], digit: np.ndarray) -> None:
    """Without loss where the format has none."""
    pixels = read(encoded(digit, kind, **options)).pixels

    assert pixels.shape == GREY
    np.testing.assert_allclose(pixels[0].astype(int), digit, atol=6 if kind == "JPEG" else 0)


def test_colour_and_grey_become_what_the_model_takes(digit: np.ndarray) -> None:
    """Grey is repeated, colour is weighed."""
    colour = np.stack([digit, digit // 2, digit // 4], axis=-1)

    assert (read(encoded(digit), COLOUR).pixels == digit).all()
    np.testing.assert_array_equal(read(encoded(colour), COLOUR).pixels, colour.transpose(2, 0, 1))
    assert read(encoded(colour)).pixels.shape == GREY


def test_another_size_is_scaled(digit: np.ndarray) -> None:
    """To the model's."""
    large = np.kron(digit, np.ones((4, 4), np.uint8))

    np.testing.assert_allclose(read(encoded(large)).pixels[0].astype(int), digit, atol=60)


def test_what_is_transparent_lies_on_white(digit: np.ndarray) -> None:
    """As it is seen on a page."""
    transparent = np.zeros((8, 8, 4), np.uint8)
    transparent[..., 3] = digit

    pixels = read(encoded(transparent)).pixels[0]

    assert pixels[0, 0] == 255
    assert pixels[3, 3] < 10


def test_sixteen_bits_become_eight(digit: np.ndarray) -> None:
    """Scaled, not cut."""
    pixels = read(encoded(digit.astype(np.uint16) * 257)).pixels[0]

    np.testing.assert_array_equal(pixels, digit)


def test_ink_on_paper_is_inverted_and_said(digit: np.ndarray) -> None:
    """A grey model reads light on dark, as MNIST has it; what the client says goes before what is seen."""
    paper = 255 - digit

    for sent, invert, inverted in (
        (digit, None, False),
        (paper, None, True),
        (paper, False, False),
        (digit, True, True),
    ):
        decoded = read(encoded(sent), invert=invert)
        assert decoded.inverted is inverted
        np.testing.assert_array_equal(decoded.pixels[0], 255 - sent if inverted else sent)
    assert not read(encoded(paper), COLOUR, invert=None).inverted


@pytest.mark.parametrize(
    "content",
    [b"nothing", b"\x89PNG\r\n\x1a\n", b"GIF89a" + b"\x00" * 50, zlib.compress(b"x" * 1000)],
    ids=["words", "half", "gif", "zip"],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    """400, with the kinds that are read."""
    with pytest.raises(RequestError, match="the body is not a picture that can be read") as caught:
        read(content)
    assert caught.value.status == 400
    assert "_io.BytesIO" not in str(caught.value)


def test_nothing_is_said_to_be_nothing() -> None:
    """In the body as in a form."""
    with pytest.raises(RequestError, match="the body is empty: send the picture"):
        read(b"")
    with pytest.raises(RequestError, match=r"'a\.png' is empty"):
        pictures(*form(("a.png", b"")), GREY, invert=None)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("declared", ["", "image/png", "application/x-www-form-urlencoded", "text/plain"])
def test_a_picture_is_told_by_its_content(kind: str, declared: str, digit: np.ndarray) -> None:
    """Not by what it is declared as, which clients get wrong, nor by the ending of its name."""
    content = encoded(digit, kind, **({"lossless": True} if kind == "WEBP" else {}))

    (alone,) = pictures(declared, content, GREY, invert=False)
    content_type, body = form(*((f"a{ending}", content) for ending in (*NAMES[kind].endings, "", ".txt")))
    in_a_form = pictures(content_type, body.replace(b"image/png", declared.encode()), GREY, invert=False)

    assert len({read.name for read in in_a_form}) == len(NAMES[kind].endings) + 2
    for read in (alone, *in_a_form):
        np.testing.assert_allclose(read.pixels[0].astype(int), digit, atol=30 if kind == "JPEG" else 0)


def test_a_damaged_picture_is_the_clients_fault(digit: np.ndarray) -> None:
    """Whatever Pillow raises on it."""
    chance = np.random.default_rng(0)
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    for kind in FORMATS:
        content = np.frombuffer(encoded(digit, kind, exif=exif), np.uint8)
        for _ in range(100):
            damaged = content.copy()
            damaged[chance.integers(0, len(content), 5)] = chance.integers(0, 256, 5)
            with contextlib.suppress(RequestError), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                read(damaged.tobytes())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_camera_that_was_turned_is_noticed(kind: str) -> None:
    """A picture that lies on its side, and says so, has the pixels of the upright one."""
    upright = np.zeros((16, 16, 3), np.uint8)
    upright[:8, :8] = 200
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # to be turned by 90 degrees, clockwise
    options = {"quality": 100} if kind == "JPEG" else {"lossless": True}

    pixels = read(encoded(np.rot90(upright), kind, exif=exif, **options), (3, 16, 16)).pixels

    np.testing.assert_array_equal(pixels, read(encoded(upright, kind, **options), (3, 16, 16)).pixels)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_the_first_of_moving_pictures_is_read(kind: str, digit: np.ndarray) -> None:
    """As it is seen at first."""
    others = [Image.fromarray(255 - digit)]

    pixels = read(encoded(digit, kind, lossless=True, save_all=True, append_images=others)).pixels[0]

    np.testing.assert_array_equal(pixels, digit)


def test_a_truncated_picture_is_refused(digit: np.ndarray) -> None:
    """Half a digit is another digit."""
    content = encoded(np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8))
    assert digit.shape == (8, 8)

    with pytest.raises(RequestError, match="is not a picture"):
        read(content[: len(content) // 2])


def test_too_many_pixels_are_refused_before_they_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kilobyte of PNG can hold gigabytes."""
    monkeypatch.setattr(picture, "MOST_PIXELS", 100)

    with pytest.raises(RequestError, match="has 11 x 10 pixels: at most 100 are taken") as caught:
        read(encoded(np.zeros((10, 11), np.uint8)))
    assert caught.value.status == 413
