"""Tests of serve.website.files: the page's files and the list of models that it shows."""

import re

from images.formats import ENDINGS, MEDIA_TYPES
from serve.website.files import FILES, FOLDER, page_file
from tests.serve.conftest import PutModel, Running, Start


def test_the_page_needs_nothing_from_elsewhere(running: Running) -> None:
    """It works offline: no address in its files, and its policy forbids any."""
    for path in FILES:
        file = page_file(path)
        assert file is not None
        assert b"http://" not in file.content
        assert b"https://" not in file.content
        status, content, headers = running.ask("GET", f"/{path}")
        assert (status, content) == (200, file.content)
        assert headers["content-security-policy"].startswith("default-src 'self'")


def test_the_list_of_models_has_what_cards_say(running: Running) -> None:
    """And null where they say nothing."""
    status, (model,), _ = running.ask("GET", "/models")

    assert (status, model["name"], model["version"], model["shape"]) == (200, "net", "1", [1, 4, 4])
    assert model["labels"] == ["cat", "dog", "hot dog"]
    assert model["size"] > 0
    assert model["dataset"] is None
    assert (model["fit"], model["ground"]) == ("stretch", None)


def test_the_list_of_models_has_the_fit_of_each(put_model: PutModel, start: Start) -> None:
    """By which the page shows a picture as its nets see it."""
    put_model(card={"fit": "pad", "ground": "black"})

    _, (model,), _ = start().ask("GET", "/models")

    assert (model["fit"], model["ground"]) == ("pad", "black")


def test_the_page_takes_every_format() -> None:
    """A file picker hides what it is not told of: by media type, and by ending where the system knows no type."""
    accepted = re.search('accept="([^"]*)"', (FOLDER / "index.html").read_text("utf-8"))

    assert accepted is not None
    assert sorted(accepted[1].split(",")) == sorted([*MEDIA_TYPES, *ENDINGS])
