"""Tests of serve.picture and the classify route: pictures are read as the training images were, or refused."""

import contextlib
import io
import json
import re
import warnings
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
ORIENTATION = 0x0112  # of EXIF


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


def test_a_damaged_picture_is_the_clients_fault(digit: np.ndarray) -> None:
    """Whatever Pillow raises on it."""
    chance = np.random.default_rng(0)
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    for kind in ("PNG", "JPEG", "WEBP"):
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

    found = read(encoded(np.rot90(upright), kind, exif=exif, **options), (3, 16, 16)).pixels

    np.testing.assert_array_equal(found, read(encoded(upright, kind, **options), (3, 16, 16)).pixels)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_the_first_of_moving_pictures_is_read(kind: str, digit: np.ndarray) -> None:
    """As it is seen at first."""
    others = [Image.fromarray(255 - digit)]

    found = read(encoded(digit, kind, lossless=True, save_all=True, append_images=others)).pixels[0]

    np.testing.assert_array_equal(found, digit)


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


def test_the_pixels_of_all_pictures_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many small pictures are as much work as a large one."""
    monkeypatch.setattr(picture, "MOST_PIXELS", 200)
    content = encoded(np.zeros((9, 10), np.uint8))

    assert len(pictures(*form(("a", content), ("b", content)), GREY, invert=None)) == 2
    with pytest.raises(RequestError, match="'c' has 10 x 9 pixels, those before it 180: at most 200") as caught:
        pictures(*form(("a", content), ("b", content), ("c", content)), GREY, invert=None)
    assert caught.value.status == 413


def test_a_form_without_pictures_is_refused() -> None:
    """So is one without its boundary, or without its end."""
    for content_type, body in (
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=xyz", b"x"),
        ("multipart/form-data; boundary*" + "9" * 9000 + "=x", b"--x--"),
    ):
        with pytest.raises(RequestError, match="boundary that its content-type names"):
            pictures(content_type, body, GREY, invert=None)
    content_type, body = form(("a", b"x"))
    with pytest.raises(RequestError, match="cut off"):
        pictures(content_type, body.removesuffix(b"--\r\n"), GREY, invert=None)
    with pytest.raises(RequestError, match="the request has 0 pictures"):
        pictures(content_type, b"--xyz--\r\n", GREY, invert=None)
    with pytest.raises(RequestError, match="part 1 of the form has no headers that end within 4096 bytes"):
        pictures(*form(("a" * 5000, b"x")), GREY, invert=None)


def test_too_many_pictures_are_refused_before_one_is_decoded() -> None:
    """More than a form or the model may have: what is no picture is not looked at."""
    with pytest.raises(RequestError, match="the request has 65 pictures: 1 to 64 are taken"):
        pictures(*form(*[("a", b"x")] * 65), GREY, invert=None)
    with pytest.raises(RequestError, match="the request has 3 pictures: 1 to 2 are taken"):
        pictures(*form(*[("a", b"x")] * 3), GREY, invert=None, most=2)


def test_a_form_in_a_form_is_no_picture() -> None:
    """Nor is one in that: none is looked into."""
    inner = b"words"
    for depth in range(200):
        head = b"--%d\r\ncontent-type: multipart/mixed; boundary=%d\r\n\r\n" % (depth + 1, depth)
        inner = head + inner + b"\r\n--%d--\r\n" % (depth + 1)

    with pytest.raises(RequestError, match="'part 1' is not a picture that can be read"):
        pictures("multipart/form-data; boundary=200", inner, GREY, invert=None)


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('form-data; name="f"; filename="prüfung.png"', "prüfung.png"),
        ("form-data; name=f; filename=a.png", "a.png"),
        (r'form-data; filename="a \"b\"; name=invert"; name="f"', 'a "b"; name=invert'),
        ('form-data; name="f"; filename="_"; filename*=UTF-8\'\'pr%C3%BCfung.png', "prüfung.png"),
        ('form-data; name="f"', "part 1"),
    ],
)
def test_a_picture_has_the_name_of_its_file(disposition: str, name: str, digit: np.ndarray) -> None:
    """As clients write it; the place where there is none."""
    head = f"--x y\r\nContent-Disposition: {disposition}\r\n\r\n".encode()

    (found,) = pictures(
        'multipart/form-data; Boundary="x y"', head + encoded(digit) + b"\r\n--x y--", GREY, invert=None
    )

    assert found.name == name
    np.testing.assert_array_equal(found.pixels[0], digit)


def test_a_field_for_the_polarity_is_refused() -> None:
    """It would be ignored."""
    body = b'--x\r\ncontent-disposition: form-data; name="invert"\r\n\r\ntrue\r\n--x--\r\n'

    with pytest.raises(RequestError, match=r"invert belongs into the URL: \?invert=true"):
        pictures("multipart/form-data; boundary=x", body, GREY, invert=None)


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
    assert many[0] == 400
    assert re.fullmatch("the request has 9 pictures: .*1 to 8 .*", many[1]["error"])


@pytest.mark.parametrize(("query", "inverted"), [("?invert=true", True), ("?invert=false", False), ("", False)])
def test_the_polarity_may_be_told(query: str, inverted: bool, running: Running) -> None:
    """Anything but true and false is an error."""
    pixels = np.arange(16, dtype=np.uint8).reshape(4, 4)

    _, answer, _ = running.ask("POST", CLASSIFY + query, encoded(pixels))

    assert answer["predictions"][0]["inverted"] is inverted
    assert running.ask("POST", CLASSIFY + "?invert=maybe", encoded(pixels))[0] == 400


def test_an_unknown_parameter_is_refused(running: Running) -> None:
    """With the one that is known."""
    status, answer, _ = running.ask("POST", CLASSIFY + "?inverted=true", encoded(np.zeros((4, 4), np.uint8)))

    assert (status, answer["error"]) == (400, "unknown parameter 'inverted': known is invert")


def test_a_refused_picture_says_why(running: Running) -> None:
    """And the server goes on."""
    status, answer, _ = running.ask("POST", CLASSIFY, b"words")

    assert status == 400
    assert "not a picture that can be read (PNG, JPEG, WEBP)" in answer["error"]
    assert json.dumps(answer)
    assert running.ask("GET", "/v2")[0] == 200
