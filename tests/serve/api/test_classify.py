"""Tests of serve.api.classify and its route: pictures in, labels with probabilities out."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from images.fit import FITS, fit_of
from images.picture import Picture
from tests.serve.conftest import LABELS_OF, PutModel, Running, Start, expected
from tests.serve.drawing import encoded, form

CLASSIFY = "/v2/models/net/classify"


def test_a_picture_is_classified(running: Running) -> None:
    """Labels with probabilities, best first; whether it was inverted is said."""
    pixels = np.arange(16, dtype=np.uint8).reshape(4, 4)
    status, answer, _ = running.ask("POST", CLASSIFY, encoded(pixels), {"Content-Type": "image/png"})
    logits = expected(pixels[None, None])[0]
    order = np.argsort(-logits)

    (prediction,) = answer["predictions"]
    assert (status, answer["model_name"], answer["model_version"]) == (200, "net", "1")
    assert [entry["label"] for entry in prediction["labels"]] == [LABELS_OF[place] for place in order]
    assert sum(entry["probability"] for entry in prediction["labels"]) == pytest.approx(1, abs=1e-5)
    assert prediction["inverted"] is False


def test_a_form_of_pictures_is_classified(running: Running) -> None:
    """Each by its name, at most as many as a request may have."""
    pixels = np.arange(16, dtype=np.uint8).reshape(4, 4)
    content_type, body = form(("a.png", encoded(pixels)), ("b.png", encoded(pixels[::-1].copy())))

    _, answer, _ = running.ask("POST", CLASSIFY, body, {"Content-Type": content_type})
    many = running.ask("POST", CLASSIFY, form(*[("a", encoded(pixels))] * 9)[1], {"Content-Type": content_type})

    assert [prediction["name"] for prediction in answer["predictions"]] == ["a.png", "b.png"]
    assert many[0] == 400
    assert re.fullmatch("the request has 9 pictures: .*1 to 8 .*", many[1]["error"])


HEAD = b'--X\r\ncontent-disposition: form-data; name="field"'
FIELDS = (
    HEAD + b"\r\n\r\na seven, I think \xe2\x80\x93 or not\r\n",
    HEAD + b'; filename=""\r\ncontent-type: application/octet-stream\r\n\r\n\r\n',
)


@pytest.mark.parametrize("field", FIELDS)
def test_what_else_a_form_has_is_passed_over(running: Running, field: bytes) -> None:
    """A field of text, and one where no file was chosen; a form of these alone has no picture."""
    picture = encoded(np.arange(16, dtype=np.uint8).reshape(4, 4))
    file = b'--X\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + picture + b"\r\n"
    typed = {"Content-Type": "multipart/form-data; boundary=X"}

    for body in (field + file, file + field):
        status, answer, _ = running.ask("POST", CLASSIFY, body + b"--X--\r\n", typed)
        assert (status, [prediction["name"] for prediction in answer["predictions"]]) == (200, ["a.png"])
    status, answer, _ = running.ask("POST", CLASSIFY, field + b"--X--\r\n", typed)
    assert (status, answer["error"][:24]) == (400, "the form has no picture:")


@pytest.mark.parametrize(("query", "inverted"), [("?invert=true", True), ("?invert=false", False), ("", False)])
def test_the_polarity_may_be_told(query: str, inverted: bool, running: Running) -> None:
    """Anything but true and false is an error."""
    pixels = np.arange(16, dtype=np.uint8).reshape(4, 4)

    _, answer, _ = running.ask("POST", CLASSIFY + query, encoded(pixels))

    assert answer["predictions"][0]["inverted"] is inverted
    assert running.ask("POST", CLASSIFY + "?invert=maybe", encoded(pixels))[0] == 400


@pytest.mark.parametrize(
    ("card", "inverted", "under"),
    [({"ground": "white"}, False, 255), ({"ground": "black"}, True, 0), ({}, True, 255)],
    ids=["paper", "light strokes", "an older card"],
)
def test_the_cards_ground_is_the_pictures(
    card: dict[str, str], inverted: bool, under: int, put_model: PutModel, start: Start
) -> None:
    """Ink on paper stays as it is for a net that was trained on such, and what is transparent lies on that ground."""
    put_model(card=card)
    running = start()
    paper, nothing = np.full((4, 4), 255, np.uint8), np.zeros((4, 4, 4), np.uint8)

    _, unasked, _ = running.ask("POST", CLASSIFY, encoded(paper))
    _, told, _ = running.ask("POST", CLASSIFY + "?invert=false", encoded(nothing))

    powers = np.exp(expected(np.full((1, 1, 4, 4), under, np.uint8))[0])
    assert unasked["predictions"][0]["inverted"] is inverted
    best = told["predictions"][0]["labels"][0]
    assert best["probability"] == pytest.approx(powers.max() / powers.sum(), abs=1e-5)


@pytest.mark.parametrize("card", [{}, *({"fit": fit, "ground": "black"} for fit in FITS)], ids=["older", *FITS])
def test_a_picture_of_another_shape_gets_the_cards_fit(card: dict[str, str], put_model: PutModel, start: Start) -> None:
    """The answer is that of the picture as the net's training images were brought to size; stretched for older ones."""
    put_model(card=card)
    running = start()
    wide = np.random.default_rng(3).integers(0, 256, (6, 12), dtype=np.uint8)

    _, answer, _ = running.ask("POST", CLASSIFY + "?invert=false", encoded(wide))

    seen = Picture(Image.fromarray(wide)).pixels(1, 4, 4, "black", fit_of(card))
    powers = np.exp(expected(seen[None])[0])
    shares = {entry["label"]: entry["probability"] for entry in answer["predictions"][0]["labels"]}
    assert shares == pytest.approx(dict(zip(LABELS_OF, powers / powers.sum(), strict=True)), abs=1e-5)


def test_an_unknown_parameter_is_refused(running: Running) -> None:
    """With the one that is known."""
    status, answer, _ = running.ask("POST", CLASSIFY + "?inverted=true", encoded(np.zeros((4, 4), np.uint8)))

    assert (status, answer["error"]) == (400, "unknown parameter 'inverted': known is invert")


def test_a_refused_picture_says_why(running: Running) -> None:
    """And the server goes on."""
    status, answer, _ = running.ask("POST", CLASSIFY, b"words")

    assert status == 400
    assert "not a picture that can be read (PNG, JPEG, WEBP, BMP, GIF, PPM, TIFF)" in answer["error"]
    assert json.dumps(answer)
    assert running.ask("GET", "/v2")[0] == 200
