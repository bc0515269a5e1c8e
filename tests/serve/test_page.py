"""Tests of the page in a headless browser: a person can draw, drop a file, and read the answers."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bench import embedded
from tests.serve.conftest import Running, Start

webdriver = pytest.importorskip("selenium.webdriver", reason="the page's tests drive a browser with selenium")
CHROMIUM, DRIVER = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
SEVEN = [(70, 70), (210, 70), (130, 230)]  # corners of a digit's strokes, in pixels of the drawing area
SECONDS = 20
NAMES = """
return [...document.querySelectorAll("canvas, button, select, input")].map(
  (each) => each.getAttribute("aria-label") || each.textContent.trim() || each.labels[0].textContent.trim())
"""

Browser = tuple[Any, Running]  # selenium's driver, and the server that it looks at


@pytest.fixture
def browser(exported_once: Path, tmp_path: Path, start: Start) -> Iterator[Browser]:
    """Return a headless browser on the page of a server with a trained LeNet-5."""
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("there is no chromium with its driver")
    shutil.copytree(exported_once, tmp_path / "repository")
    running = start()
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"):
        options.add_argument(word)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_window_size(1200, 1000)
    driver.get(f"http://127.0.0.1:{running.port}/")
    _wait(driver, "document.querySelectorAll('#models tbody tr').length == 1")
    yield driver, running
    driver.quit()


def _wait(driver: Any, condition: str) -> None:  # noqa: ANN401 - selenium's, where it is installed
    from selenium.webdriver.support.ui import WebDriverWait  # noqa: PLC0415 - where selenium is

    WebDriverWait(driver, SECONDS).until(lambda each: each.execute_script(f"return {condition}"))


def _answer(driver: Any) -> str:  # noqa: ANN401 - as above
    _wait(driver, "document.querySelectorAll('article').length == 1")
    return str(driver.execute_script("return document.querySelector('article').dataset.answer"))


def test_a_drawn_seven_is_read(browser: Browser) -> None:
    """With its bars, time, accuracy and interval; clearing takes the answer away."""
    from selenium.webdriver.common.action_chains import ActionChains  # noqa: PLC0415 - as above

    driver = browser[0]
    pad = driver.find_element("id", "pad")
    offsets = [(x - 140, y - 140) for x, y in SEVEN]
    actions = ActionChains(driver, duration=20).move_to_element_with_offset(pad, *offsets[0]).click_and_hold()
    for x, y in offsets[1:]:
        actions = actions.move_to_element_with_offset(pad, x, y)
    actions.release().perform()

    assert _answer(driver) == "7"
    text = driver.find_element("css selector", "article").text
    assert "right of its test images" in text
    assert " ms" in text
    driver.find_element("id", "clear").click()
    _wait(driver, "document.querySelectorAll('article').length == 0")


def test_the_keyboard_draws_too(browser: Browser) -> None:
    """Space puts the pen down, arrows move it."""
    from selenium.webdriver.common.keys import Keys  # noqa: PLC0415 - as above

    pad = browser[0].find_element("id", "pad")
    pad.send_keys(*[Keys.ARROW_UP] * 8, " ", *[Keys.ARROW_DOWN] * 16)

    assert _answer(browser[0]) == "1"


def test_a_file_is_read_and_a_bad_one_says_why(browser: Browser, tmp_path: Path) -> None:
    """A digit of the test images as PNG; then words."""
    pixels, labels = embedded.load()
    place = int(np.flatnonzero(labels == 0)[0])
    digit, words = tmp_path / "zero.png", tmp_path / "words.png"
    file = io.BytesIO()
    Image.fromarray(pixels[place, 0]).save(file, "PNG")
    digit.write_bytes(file.getvalue())
    words.write_bytes(b"words")
    driver = browser[0]
    field = driver.find_element("id", "file")

    field.send_keys(str(digit))
    assert _answer(driver) == "0"
    field.send_keys(str(words))
    _wait(driver, "document.getElementById('message').textContent.includes('not a picture')")


def test_every_control_has_a_name(browser: Browser) -> None:
    """For those who hear the page; and what changes is announced."""
    names = browser[0].execute_script(NAMES)

    assert len(names) == 4
    assert all(names)
    assert browser[0].execute_script("return document.getElementById('answers').ariaLive") == "polite"
