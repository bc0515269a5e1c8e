"""Tests of the page in a headless browser: a person can draw, drop a file, and read the answers."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.serve.browsing import Page, headless, zero
from tests.serve.conftest import PutModel, Start


@pytest.fixture
def page(exported_once: Path, tmp_path: Path, start: Start) -> Iterator[Page]:
    """Return the page of a server with a trained LeNet-5."""
    shutil.copytree(exported_once, tmp_path / "repository")
    with headless(f"http://127.0.0.1:{start().port}/") as page:
        page.wait_for_models()
        yield page


def test_a_drawn_seven_is_read(page: Page) -> None:
    """With its bars, time, accuracy and interval; clearing takes the answer away."""
    page.draw_seven()

    assert page.answer() == "7"
    text = page.driver.find_element("css selector", "article").text
    assert "right of its test images" in text
    assert " ms" in text
    page.driver.find_element("id", "clear").click()
    page.wait("document.querySelectorAll('article').length == 0")


def test_the_keyboard_draws_too(page: Page) -> None:
    """Space puts the pen down, arrows move it."""
    from selenium.webdriver.common.keys import Keys  # noqa: PLC0415 - where selenium is

    pad = page.driver.find_element("id", "pad")
    pad.send_keys(*[Keys.ARROW_UP] * 8, " ", *[Keys.ARROW_DOWN] * 16)

    assert page.answer() == "1"


def test_a_file_is_read_and_a_bad_one_says_why(page: Page, tmp_path: Path) -> None:
    """A digit of the test images as PNG; then words."""
    words = tmp_path / "words.png"
    words.write_bytes(b"words")

    page.choose(zero(tmp_path))
    assert page.answer() == "0"
    page.choose(words)
    page.wait("document.getElementById('message').textContent.includes('not a picture')")


def test_every_control_has_a_name(page: Page) -> None:
    """For those who hear the page; and what changes is announced."""
    names = page.names()

    assert len(names) == 4
    assert all(names)
    assert page.run("return document.getElementById('answers').ariaLive") == "polite"


def test_a_file_is_shown(page: Page, tmp_path: Path) -> None:
    """By its name, too; its address is given back, and what is no picture is not shown."""
    page.run(
        "window.revoked = []; const old = URL.revokeObjectURL;"
        "URL.revokeObjectURL = (address) => { revoked.push(address); old.call(URL, address); }"
    )
    words = tmp_path / "words.png"
    words.write_bytes(b"words")

    assert "not cropped or centred" in page.driver.find_element("class name", "given").text
    page.choose(zero(tmp_path))
    page.wait("document.getElementById('preview')?.naturalWidth == 28")
    page.wait("revoked.includes(document.getElementById('preview').src)")
    assert page.run("return document.getElementById('preview').checkVisibility()")
    assert page.run("return document.getElementById('preview').alt").endswith("zero.png")
    page.choose(words)
    page.wait("document.getElementById('message').textContent.includes('not a picture')")
    page.wait("!document.getElementById('preview') && revoked.length == 2")
    page.choose(zero(tmp_path))
    page.wait("document.getElementById('preview')?.naturalWidth == 28")
    page.draw_seven()
    page.driver.find_element("id", "clear").click()
    assert page.run("return document.getElementById('preview')") is None


@pytest.mark.parametrize(
    ("fit", "seen"),
    [("stretch", ("fill", "not cropped")), ("crop", ("cover", "cut off")), ("pad", ("contain", "a rim fills up"))],
)
def test_a_file_is_shown_in_the_shape_that_the_net_sees(
    fit: str, seen: tuple[str, str], put_model: PutModel, start: Start, tmp_path: Path
) -> None:
    """A wide picture is squeezed, cut or padded to the net's square there too; every format can be chosen."""
    put_model(card={"dataset": "folder:pets", "fit": fit, "ground": "black"})
    wide = Image.new("L", (40, 20), 255)
    wide.save(tmp_path / "wide.bmp")
    wide.save(tmp_path / "wide.tiff")
    with headless(f"http://127.0.0.1:{start().port}/") as page:
        page.wait_for_models()
        assert seen[1] in page.run("return document.getElementById('fitted').textContent")
        page.choose(tmp_path / "wide.bmp")
        page.wait("document.getElementById('preview')?.naturalWidth == 40")
        look = page.run(
            "const preview = document.getElementById('preview'), style = getComputedStyle(preview);"
            "return [preview.clientWidth == preview.clientHeight, style.objectFit, style.backgroundColor]"
        )
        of_a_bmp = page.answer()
        page.choose(tmp_path / "wide.tiff")
        page.wait("!document.getElementById('preview')")  # no browser of this kind shows one

        assert look == [True, seen[0], "rgb(0, 0, 0)"]
        assert page.answer() == of_a_bmp


def test_a_narrow_window_says_that_the_table_is_cut_off(page: Page) -> None:
    """It can be scrolled with the keyboard then; nothing else is cut off."""
    from selenium.webdriver.common.keys import Keys  # noqa: PLC0415 - where selenium is

    assert not page.driver.find_element("id", "hint").is_displayed()
    page.driver.set_window_size(500, 800)  # no narrower in headless Chromium
    page.run("document.body.style.width = '400px'")
    page.wait("document.getElementById('hint').checkVisibility()")

    table = page.driver.find_element("id", "wide")
    table.send_keys(*[Keys.ARROW_RIGHT] * 5)
    page.wait("document.getElementById('wide').scrollLeft > 0")
    assert page.run("return document.body.scrollWidth <= document.body.clientWidth")
