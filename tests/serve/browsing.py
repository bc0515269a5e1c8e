"""A headless browser, for tests of the page: what a person sees and does there."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bench.harness.data import mnist_5k

webdriver = pytest.importorskip("selenium.webdriver", reason="the page's tests drive a browser with selenium")
CHROMIUM, DRIVER = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
SEVEN = [(70, 70), (210, 70), (130, 230)]  # corners of a digit's strokes, in pixels of the drawing area
SECONDS = 20
NAMES = """
return [...document.querySelectorAll("#pad, button, select, input")].filter((each) => each.checkVisibility()).map(
  (each) => each.getAttribute("aria-label") || each.labels?.[0]?.textContent.trim() || each.textContent.trim())
"""


class Page:
    """The page in a browser.

    Attributes:
        driver: selenium's.
    """

    def __init__(self, driver: Any) -> None:  # noqa: ANN401 - selenium's, where it is installed
        self.driver = driver

    def run(self, script: str) -> Any:  # noqa: ANN401 - whatever the script returns
        """Return what a script returns there."""
        return self.driver.execute_script(script)

    def wait(self, condition: str) -> None:
        """Wait until an expression holds there.

        Raises:
            AssertionError: It does not; with what the page shows.
        """
        from selenium.common.exceptions import TimeoutException  # noqa: PLC0415 - where selenium is
        from selenium.webdriver.support.ui import WebDriverWait  # noqa: PLC0415 - as above

        try:
            WebDriverWait(self.driver, SECONDS).until(lambda driver: driver.execute_script(f"return {condition}"))
        except TimeoutException as error:
            raise AssertionError(f"{condition}: not on\n{self.run('return document.body.innerText')}") from error

    def wait_for_models(self) -> None:
        """Wait until the page shows its one model."""
        self.wait("document.getElementById('models').checkVisibility()")
        self.wait("document.querySelectorAll('#models tbody tr[data-model]').length == 1")

    def names(self) -> list[str]:
        """Return the names of the controls that are seen, as those hear them who hear the page."""
        return [str(name) for name in self.run(NAMES)]

    def draw_seven(self) -> None:
        """Draw a digit with the mouse."""
        from selenium.webdriver.common.action_chains import ActionChains  # noqa: PLC0415 - as above

        pad = self.driver.find_element("id", "pad")
        offsets = [(x - 140, y - 140) for x, y in SEVEN]
        actions = ActionChains(self.driver, duration=20).move_to_element_with_offset(pad, *offsets[0]).click_and_hold()
        for x, y in offsets[1:]:
            actions = actions.move_to_element_with_offset(pad, x, y)
        actions.release().perform()

    def choose(self, file: Path) -> None:
        """Give the page a file."""
        self.driver.find_element("id", "file").send_keys(str(file))

    def text(self, identity: str) -> str:
        """Return the text of an element."""
        return str(self.run(f"return document.getElementById({identity!r}).textContent"))

    def answer(self) -> str:
        """Return the answer of the one model, when it is there."""
        self.wait("document.querySelectorAll('article').length == 1")
        return str(self.run("return document.querySelector('article').dataset.answer"))


@contextmanager
def headless(address: str) -> Iterator[Page]:
    """Open an address in a browser without a window; skip the test where there is no browser."""
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("there is no chromium with its driver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"):
        options.add_argument(word)
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # the browser leaves files behind
        service = webdriver.ChromeService(DRIVER, env={**os.environ, "TMPDIR": folder})
        driver = webdriver.Chrome(options=options, service=service)
        try:
            driver.set_window_size(1200, 1000)
            driver.get(address)
            yield Page(driver)
        finally:
            driver.quit()


def zero(folder: Path) -> Path:
    """Return a PNG of a zero among the test images."""
    pixels, labels = mnist_5k.load()
    file = folder / "zero.png"
    Image.fromarray(pixels[int(np.flatnonzero(labels == 0)[0]), 0]).save(file, "PNG")
    return file
