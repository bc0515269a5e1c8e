"""Tests of the report in a headless browser: tables sort with mouse and keyboard, a phone needs no sideways scroll."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.paths import EVIDENCE
from bench.harness.records.record import load
from bench.harness.report.figures.curves import curves_svg, throughput_svg
from bench.harness.report.page import page
from bench.harness.report.write import images_from
from tests.bench.conftest import phases_of
from tests.serve.browsing import Page, headless

PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": False}
UNFOLD = "for (const part of document.querySelectorAll('details')) part.open = true;"
PARAMETERS = 3  # the place of the costs' column of parameters
COST_TABLE = "[...document.querySelectorAll('table')].find((table) => table.caption?.textContent == 'Cost')"
CELLS = f"return [...{COST_TABLE}.tBodies[0].rows].map((row) => row.cells[arguments[0]].textContent.trim())"
SORT = f"{COST_TABLE}.tHead.rows[0].cells[arguments[0]].querySelector('button')"
OVERFLOW = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a report on a committed study whose arms differ in size, with all that a page can have."""
    records = load(EVIDENCE / "quick" / "records.jsonl")
    results = [result for result in analyse(records, phases_of(records)) if result.study == "kernel-size"]
    file = tmp_path_factory.mktemp("report") / "report.html"
    figures = [{"curves": curves_svg(result), "throughput": throughput_svg(result)} for result in results]
    file.write_text(page(results, figures, images_from(None)), "utf-8")
    return file


@pytest.fixture(scope="module")
def browser(report: Path) -> Iterator[Page]:
    """Return the report in a browser, everything unfolded."""
    with headless(report.as_uri()) as page:
        page.run(UNFOLD)
        yield page


def _numbers(browser: Page, column: int) -> list[float]:
    cells = browser.driver.execute_script(CELLS, column)
    return [float(cell.split(" ±")[0].replace("\u202f", "")) for cell in cells]


def test_a_click_sorts_up_and_another_one_down(browser: Page) -> None:
    """By the number and not by its letters; the head says which way."""
    before = _numbers(browser, PARAMETERS)
    head = browser.driver.execute_script(f"return {SORT}", PARAMETERS)

    head.click()
    up, direction = _numbers(browser, PARAMETERS), head.find_element("xpath", "..").get_attribute("aria-sort")
    head.click()

    assert len(set(before)) > 1
    assert (up, direction) == (sorted(before), "ascending")
    assert _numbers(browser, PARAMETERS) == sorted(before, reverse=True)


def test_the_keyboard_sorts_too(browser: Page) -> None:
    """A head takes the focus and Enter; what has no value stays below."""
    from selenium.webdriver.common.keys import Keys  # noqa: PLC0415 - where selenium is

    speed = 6
    head = browser.driver.execute_script(f"return {SORT}", speed)
    browser.driver.execute_script("arguments[0].focus()", head)

    for direction in ("ascending", "descending"):
        browser.driver.switch_to.active_element.send_keys(Keys.ENTER)

        assert head.find_element("xpath", "..").get_attribute("aria-sort") == direction
        assert browser.driver.execute_script(CELLS, speed)[-1] == "–"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("< 0.0001", 0.0001),
        ("> 12 (4 of 5 never)", 12),
        ("1e-05", 0.00001),
        ("×0.769 [0.7, 0.8]", 0.769),
        ("−1\u202f234.5 ± 5", -1234.5),
        ("98 2012 article", 98),
        ("20 / –", 20),
        ("warmup-cosine", "warmup-cosine"),
    ],
)
def test_a_cell_counts_with_its_number(browser: Page, cell: str, value: float | str) -> None:
    """A tiny p value and a rate of 1e-05 sort as what they are; words stay words."""
    assert browser.driver.execute_script("return value({textContent: arguments[0]})", cell) == value


def test_the_first_column_stays_when_a_table_scrolls(browser: Page) -> None:
    """Numbers at the right end still have their arm's name beside them."""
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)

    before, after = browser.run(
        f"const cell = {COST_TABLE}.tBodies[0].rows[0].cells[0], left = () => cell.getBoundingClientRect().left;"
        "const before = left(); cell.closest('.scroll').scrollLeft = 300; return [before, left()]"
    )

    assert after == before


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_does_not_scroll_sideways(browser: Page, width: int) -> None:
    """Only tables and figures do, each in its own frame."""
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE | {"width": width})

    axis, row = browser.run("return [...document.querySelectorAll('.row')].slice(0, 2).map((row) => row.clientWidth)")
    assert 0 < axis == row
    assert browser.run("return document.documentElement.clientWidth") in range(width - 20, width + 1)
    assert browser.run(OVERFLOW) == 0
