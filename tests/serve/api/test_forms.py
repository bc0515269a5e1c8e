"""Tests of serve.api.picture: several pictures come as a form, under limits."""

import numpy as np
import pytest

from serve.api import picture
from serve.api.picture import pictures
from serve.errors import RequestError
from tests.serve.drawing import GREY, encoded, form


def test_several_pictures_come_as_a_form(digit: np.ndarray) -> None:
    """In their order, by their names."""
    content_type, body = form(("a.png", encoded(digit)), ("b.png", encoded(digit // 2)))

    first, second = pictures(content_type, body, GREY, invert=False)

    assert (first.name, second.name) == ("a.png", "b.png")
    np.testing.assert_array_equal(second.pixels[0], digit // 2)


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

    with pytest.raises(RequestError, match="the form has no picture"):
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

    (decoded,) = pictures(
        'multipart/form-data; Boundary="x y"', head + encoded(digit) + b"\r\n--x y--", GREY, invert=None
    )

    assert decoded.name == name
    np.testing.assert_array_equal(decoded.pixels[0], digit)


def test_a_field_for_the_polarity_is_refused() -> None:
    """It would be ignored."""
    body = b'--x\r\ncontent-disposition: form-data; name="invert"\r\n\r\ntrue\r\n--x--\r\n'

    with pytest.raises(RequestError, match=r"invert belongs into the URL: \?invert=true"):
        pictures("multipart/form-data; boundary=x", body, GREY, invert=None)


@pytest.mark.parametrize("blank", [b" ", b"\t"])
def test_blanks_behind_a_boundary_are_refused(blank: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library would go through them one by one: seconds for a body full of them."""
    monkeypatch.setattr(picture, "MultipartParser", lambda *_, **__: pytest.fail("it was read"))
    body = b"--x" + blank * 1_000_000 + b"\r\n\r\nwords\r\n--x--\r\n"

    with pytest.raises(RequestError, match="boundary that its content-type names"):
        pictures("multipart/form-data; boundary=x", body, GREY, invert=None)


def test_words_before_the_first_boundary_are_no_picture(digit: np.ndarray) -> None:
    """Mail has them, and they are not shown there."""
    content_type, body = form(("a.png", encoded(digit)))

    (picture_of_the_form,) = pictures(content_type, b"This is a form.\r\n" + body, GREY, invert=False)

    assert picture_of_the_form.name == "a.png"


@pytest.mark.parametrize("between", [b"--x--\r\n", b"--xy\r\n"], ids=["an end", "a longer boundary"])
def test_a_boundary_that_is_none_is_refused(between: bytes) -> None:
    """Parts behind an end, or behind another boundary that opens alike, are not dropped in silence."""
    part = b'content-disposition: form-data; name="f"; filename="a"\r\n\r\nwords\r\n'
    body = b"--x\r\n" + part + between + part + b"--x--\r\n"

    with pytest.raises(RequestError, match="boundary that its content-type names"):
        pictures("multipart/form-data; boundary=x", body, GREY, invert=None)


def test_the_headers_of_a_part_are_counted() -> None:
    """Eight are taken, and a thousand are not collected."""
    for headers, message in ((8, "the form has no picture"), (9, "part 1 of the form has no headers")):
        body = b"--x\r\n" + b"a: b\r\n" * headers + b"\r\nwords\r\n--x--\r\n"
        with pytest.raises(RequestError, match=message):
            pictures("multipart/form-data; boundary=x", body, GREY, invert=None)
