"""Tests of the page where the server has tokens: it asks for one, keeps it in its tab, always sends it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from serve.security.access import Access
from tests.serve.browsing import Page, headless, zero
from tests.serve.conftest import Running, Start

TOKEN = "schlüssel-✓"  # noqa: S105 - of this test's server; a header takes its bytes, but not its characters
STORED = "return JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie])"


@pytest.fixture
def locked(exported_once: Path, tmp_path: Path, start: Start) -> Running:
    """Return a server that wants a token."""
    shutil.copytree(exported_once, tmp_path / "repository")
    return start(access=Access([TOKEN]))


@pytest.fixture
def page(locked: Running) -> Iterator[Page]:
    """Return its page, which asks for a token."""
    with headless(f"http://127.0.0.1:{locked.port}/") as page:
        _wait_for_form(page)
        yield page


def _wait_for_form(page: Page) -> None:
    page.wait("document.getElementById('token').checkVisibility()")
    page.wait("!document.getElementById('enter').disabled")


def _give(page: Page, token: str) -> None:
    """Type a token where the cursor is, and press Enter."""
    page.driver.switch_to.active_element.send_keys(token + "\n")


def test_a_token_is_asked_for(page: Page) -> None:
    """In a field with a name that has the cursor and hides what is typed; nothing else is there, and nothing failed."""
    field = page.driver.switch_to.active_element

    assert page.names() == ["Access token", "Continue"]
    assert (field.get_attribute("type"), field.get_attribute("autocomplete")) == ("password", "off")
    assert not page.driver.find_element("id", "tool").is_displayed()
    assert page.driver.find_element("id", "refusal").text == ""
    assert page.driver.find_element("id", "refusal").get_attribute("role") == "alert"


def test_a_wrong_token_is_refused_and_the_right_one_taken(page: Page, tmp_path: Path) -> None:
    """With the server's reason, and asked again; then the models are listed and answer what is drawn or dropped."""
    _give(page, "wrong")
    page.wait("document.getElementById('refusal').textContent.includes('this token is not one of')")
    assert page.run(STORED) == '[{},{},""]'
    _wait_for_form(page)
    _give(page, TOKEN)
    page.wait_for_models()

    assert not page.driver.find_element("id", "access").is_displayed()
    assert page.driver.switch_to.active_element.get_attribute("id") == "dataset"
    page.draw_seven()
    assert page.answer() == "7"
    page.choose(zero(tmp_path))
    page.wait("document.querySelector('article')?.dataset.answer == '0'")


def test_the_token_stays_in_its_tab(page: Page) -> None:
    """There it outlives a reload; no address, no storage but the tab's and no other tab has it."""
    _give(page, TOKEN)
    page.wait_for_models()
    page.driver.refresh()
    page.wait_for_models()

    assert page.names()[0] == "Data set"
    assert page.run(STORED) == f'[{{"convbench.token":"{TOKEN}"}},{{}},""]'
    assert page.run("return document.getElementById('token').value") == ""
    addresses = page.run("return [location.href, ...performance.getEntries().map((each) => each.name)].join(' ')")
    assert "models" in addresses
    assert "schl" not in addresses
    address = page.driver.current_url
    page.driver.switch_to.new_window("tab")
    page.driver.get(address)
    _wait_for_form(page)


def test_a_token_that_is_taken_back_is_asked_for_again(page: Page, locked: Running) -> None:
    """At the next question, and it is not kept."""
    _give(page, TOKEN)
    page.wait_for_models()
    locked.server.app.access = Access(["another"])
    page.draw_seven()
    _wait_for_form(page)

    assert "this token is not one of the server's" in page.driver.find_element("id", "refusal").text
    assert page.run(STORED) == '[{},{},""]'
    _give(page, "another")
    page.wait_for_models()
    page.draw_seven()
    assert page.answer() == "7"


def test_without_tokens_none_is_asked_for(exported_once: Path, tmp_path: Path, start: Start) -> None:
    """Nothing of the form is seen."""
    shutil.copytree(exported_once, tmp_path / "repository")
    with headless(f"http://127.0.0.1:{start().port}/") as page:
        page.wait_for_models()

        assert not page.driver.find_element("id", "access").is_displayed()
        assert "token" not in page.driver.find_element("tag name", "main").text.lower()
