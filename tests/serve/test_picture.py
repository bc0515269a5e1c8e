"""Tests of serve.picture and the classify route: pictures are read as the training images were, or refused."""

import io
import json
import zlib
from collections.abc import Mapping

import numpy as np
import pytest
from PIL import Image

from serve import picture
from serve.errors import RequestError
from serve.picture import Picture, pictures
from tests.serve.conftest import LABELS_OF, Running, expected

GREY, COLOUR = (1, 8, 8), (3, 8, 8)
CLASSIFY = "/v2/models/net/classify"


def encoded(pixels: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    """Return an image file; pixels (height, width) or (height, width, channels)."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def read(content: bytes, dims: tuple[int, ...] = GREY, *, invert: bool | None = False) -> Picture:
    """Return the one picture of a body."""
    (found,) = pictures("image/png", content, dims, invert=invert)
    return found


@pytest.fixture
def digit() -> np.ndarray:
    """Return a light stroke on a dark ground, (8, 8)."""
    made = np.zeros((8, 8), np.uint8)
    made[1:7, 3:5] = 250
    return made


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True}), ("JPEG", {"quality": 100})])
def test_every_kind_is_read(kind: str, options: Mapping[str, object], digit: np.ndarray) -> None:
    """Without loss where the format has none."""
    found = read(encoded(digit, kind, **options)).pixels

    assert found.shape == GREY
    np.testing.assert_allclose(found[0].astype(int), digit, atol=6 if kind == "JPEG" else 0)


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

    found = read(encoded(transparent)).pixels[0]

    assert found[0, 0] == 255
    assert found[3, 3] < 10


def test_sixteen_bits_become_eight(digit: np.ndarray) -> None:
    """Scaled, not cut."""
    found = read(encoded(digit.astype(np.uint16) * 257)).pixels[0]

    np.testing.assert_array_equal(found, digit)


def test_ink_on_paper_is_inverted_and_said(digit: np.ndarray) -> None:
    """A grey model reads light on dark, as MNIST has it; what the client says goes before what is seen."""
    paper = 255 - digit

    for sent, invert, inverted in (
        (digit, None, False),
        (paper, None, True),
        (paper, False, False),
        (digit, True, True),
    ):
        found = read(encoded(sent), invert=invert)
        assert found.inverted is inverted
        np.testing.assert_array_equal(found.pixels[0], 255 - sent if inverted else sent)
    assert not read(encoded(paper), COLOUR, invert=None).inverted


def form(*files: tuple[str, bytes]) -> tuple[str, bytes]:
    """Return content type and body of a form with files."""
    parts = [
        b'--xyz\r\ncontent-disposition: form-data; name="f"; filename="%s"\r\ncontent-type: image/png\r\n\r\n%s\r\n'
        % (name.encode(), content)
        for name, content in files
    ]
    return "multipart/form-data; boundary=xyz", b"".join(parts) + b"--xyz--\r\n"


def test_several_pictures_come_as_a_form(digit: np.ndarray) -> None:
    """In their order, by their names."""
    content_type, body = form(("a.png", encoded(digit)), ("b.png", encoded(digit // 2)))

    first, second = pictures(content_type, body, GREY, invert=False)

    assert (first.name, second.name) == ("a.png", "b.png")
    np.testing.assert_array_equal(second.pixels[0], digit // 2)


@pytest.mark.parametrize(
    "content",
    [b"", b"nothing", b"\x89PNG\r\n\x1a\n", b"GIF89a" + b"\x00" * 50, zlib.compress(b"x" * 1000)],
    ids=["empty", "words", "half", "gif", "zip"],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    """400, with the kinds that are read."""
    with pytest.raises(RequestError, match="the body is not a picture that can be read") as caught:
        read(content)
    assert caught.value.status == 400


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


def test_a_form_without_pictures_is_refused() -> None:
    """Nor one with too many."""
    with pytest.raises(RequestError, match="boundary"):
        pictures("multipart/form-data", b"x", GREY, invert=None)
    with pytest.raises(RequestError, match="the request has 65 pictures"):
        pictures(*form(*[("a", b"x")] * 65), GREY, invert=None)


def test_a_picture_is_classified(running: Running) -> None:
    """Labels with probabilities, best first; whether it was inverted is said."""
    pixels = np.arange(16, dtype=np.uint8).reshape(4, 4)
    status, answer, _ = running.ask("POST", CLASSIFY, encoded(pixels), {"Content-Type": "image/png"})
    logits = expected(pixels[None, None])[0]
    order = np.argsort(-logits)

    (found,) = answer["predictions"]
    assert (status, answer["model_name"], answer["model_version"]) == (200, "net", "1")
    assert [each["label"] for each in found["labels"]] == [LABELS_OF[place] for place in order]
    assert sum(each["probability"] for each in found["labels"]) == pytest.approx(1, abs=1e-5)
    assert found["inverted"] is False


def test_a_form_of_pictures_is_classified(running: Running) -> None:
    """Each by its name, at most as many as a request may have."""
    pixels = np.arange(16, dtype=np.uint8).reshape(4, 4)
    content_type, body = form(("a.png", encoded(pixels)), ("b.png", encoded(pixels[::-1].copy())))

    _, answer, _ = running.ask("POST", CLASSIFY, body, {"Content-Type": content_type})
    many = running.ask("POST", CLASSIFY, form(*[("a", encoded(pixels))] * 9)[1], {"Content-Type": content_type})

    assert [each["name"] for each in answer["predictions"]] == ["a.png", "b.png"]
    assert (many[0], many[1]["error"]) == (400, "the request has 9 pictures: net takes 1 to 8 a request")


@pytest.mark.parametrize(("query", "inverted"), [("?invert=true", True), ("?invert=false", False), ("", False)])
def test_the_polarity_may_be_told(query: str, inverted: bool, running: Running) -> None:
    """Anything but true and false is an error."""
    pixels = np.arange(16, dtype=np.uint8).reshape(4, 4)

    _, answer, _ = running.ask("POST", CLASSIFY + query, encoded(pixels))

    assert answer["predictions"][0]["inverted"] is inverted
    assert running.ask("POST", CLASSIFY + "?invert=maybe", encoded(pixels))[0] == 400


def test_a_refused_picture_says_why(running: Running) -> None:
    """And the server goes on."""
    status, answer, _ = running.ask("POST", CLASSIFY, b"words")

    assert status == 400
    assert "not a picture that can be read (PNG, JPEG, WEBP)" in answer["error"]
    assert json.dumps(answer)
    assert running.ask("GET", "/v2")[0] == 200
