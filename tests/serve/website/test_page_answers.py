"""Tests of what the page says around the answers: votes, nets at chance, odd pictures, lost servers."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from serve.website.files import EXAMPLES
from tests.serve.browsing import Page, headless
from tests.serve.conftest import LABELS_OF, PutModel, Running, Start

ARTICLES = "document.querySelectorAll('article').length"
PETS = {"dataset": "folder:pets", "classes": list(LABELS_OF)}


@pytest.fixture
def served(put_model: PutModel, start: Start) -> Running:
    """Return a server with three nets of one data set, one of them no better than guessing, and one of another."""
    for name, seed in (("one", 0), ("two", 0)):
        put_model(name, seed, card={**PETS, "test_accuracy": 0.9, "test_accuracy_interval": [0.85, 0.95]})
    put_model("guess", 1, card={**PETS, "test_accuracy": 0.34, "test_accuracy_interval": [0.3, 0.4]})
    put_model("other", 2, card={**PETS, "dataset": "folder:zoo"})
    return start()


@pytest.fixture
def page(served: Running) -> Iterator[Page]:
    """Return its page."""
    with headless(f"http://127.0.0.1:{served.port}/") as page:
        page.wait("document.querySelectorAll('#models tbody tr[data-model]').length == 4")
        yield page


def picture(folder: Path, pixels: np.ndarray) -> Path:
    """Return a PNG."""
    path = folder / "picture.png"
    Image.fromarray(pixels).save(path)
    return path


def test_models_stand_with_their_data_set(page: Page) -> None:
    """Which is shown by two of its images; nobody is asked to draw a digit where no digits are served."""
    groups = page.run("return [...document.querySelectorAll('#models tbody th')].map((each) => each.textContent)")
    rows = page.run("return [...document.querySelectorAll('#models tr[data-model]')].map((each) => each.innerText)")

    assert groups == ["folder:pets", "folder:zoo"]
    assert [("no better than guessing" in row) for row in rows] == [True, False, False, False]
    assert page.run("return document.querySelectorAll('#examples .example').length") == EXAMPLES
    assert page.text("task").startswith("Drop a picture: ")
    assert not page.run("return document.getElementById('pad').checkVisibility()")


def test_nets_vote_but_for_those_at_chance(page: Page, tmp_path: Path) -> None:
    """These come last, and say what they are."""
    image = np.random.default_rng(3).integers(0, 256, (4, 4), dtype=np.uint8)
    page.choose(picture(tmp_path, image))
    page.wait(f"{ARTICLES} == 3")
    said = page.run(
        "return [...document.querySelectorAll('article')].map((each) => [each.dataset.model, each.innerText])"
    )

    assert [name for name, _ in said] == ["one", "two", "guess"]
    assert ["no better than guessing" in text for _, text in said] == [False, False, True]
    answer = page.run("return document.querySelector('article').dataset.answer")
    assert page.text("vote") == f"2 of 2 nets say {answer}."
    page.driver.find_element("id", "dataset").send_keys("folder:zoo")
    page.wait("document.getElementById('vote').textContent == ''")


def test_a_picture_unlike_the_data_set_is_warned_of(page: Page, tmp_path: Path) -> None:
    """A net says something of everything."""
    page.choose(picture(tmp_path, np.zeros((4, 4), np.uint8)))
    page.wait(f"{ARTICLES} == 3")

    assert "This picture is unlike the images that the nets were trained on" in page.text("vote")


def test_the_answers_come_into_view_on_a_phone(page: Page, tmp_path: Path) -> None:
    """They are below what was given."""
    page.driver.set_window_size(390, 700)
    page.run("window.scrollTo(0, 0)")
    page.choose(picture(tmp_path, np.zeros((4, 4), np.uint8)))
    page.wait(f"{ARTICLES} == 3")

    page.wait("document.getElementById('answers').getBoundingClientRect().top < window.innerHeight / 2")


def test_a_lost_server_is_told_in_words(page: Page, served: Running, tmp_path: Path) -> None:
    """A browser's own words say nothing."""
    served.server.loop.call_soon_threadsafe(served.server.request_stop)
    while page.run("return fetch('v2').then(() => true, () => false)"):
        pass
    page.choose(picture(tmp_path, np.zeros((4, 4), np.uint8)))

    page.wait("document.getElementById('message').textContent.startsWith('The server does not answer')")


def test_the_list_of_models_has_examples(served: Running) -> None:
    """As base64, each as many bytes as the model takes."""
    models = served.ask("GET", "/models")[1]

    assert all(len(model["examples"]) == EXAMPLES for model in models)
    assert json.dumps(models)


def test_a_model_shows_where_its_arm_stands(put_model: PutModel, start: Start) -> None:
    """In its study's table; one without says nothing, also where somebody wrote something else there."""
    arms = [
        {"arm": "b", "label": "Net B", "accuracy": 0.95, "interval": [0.94, 0.96], "seeds": 5},
        {"arm": "a", "label": "Net A", "accuracy": 0.9, "interval": None, "seeds": 1},
    ]
    place = {"study": "nets", "question": "Which net?", "arm": "a", "arms": arms}
    put_model("one", 0, card={**PETS, "standing": place})
    put_model("two", 0, card={**PETS, "standing": "first"})
    with headless(f"http://127.0.0.1:{start().port}/") as page:
        page.wait("document.querySelectorAll('#models tbody tr[data-model]').length == 2")

        (text,) = page.run("return [...document.querySelectorAll('#models details')].map((one) => one.textContent)")
        strong = page.run("return document.querySelector('#models strong').textContent")

    assert text == "2 of 2 arms in netsWhich net?Net B: 95.00 [94.00, 96.00] %, n = 5Net A: 90.00 %, n = 1"
    assert strong == "Net A: 90.00 %, n = 1"
