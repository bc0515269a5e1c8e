"""Tests of bench.harness.report.runs.history: the page of many runs, as a file and in a headless browser."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bench.harness.analysis.runs.history import GATES, Series, history
from bench.harness.analysis.runs.run import run_of_records
from bench.harness.report.runs.history import history_lines, history_page
from tests.bench.conftest import ENVIRONMENT, a_record
from tests.serve.browsing import Page, headless

PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": False}
CHOOSE = (
    "const field = document.querySelector(`.choices [name=${arguments[0]}]`);"
    "field.value = arguments[1]; field.dispatchEvent(new Event('input', {bubbles: true}));"
)
SHOWN = "return [...document.querySelectorAll('#charts h4')].map((head) => head.textContent)"
POINTS = "return document.querySelectorAll('#charts .mark circle').length"
ROWS = "return [...document.querySelectorAll('#figures tbody tr')].map((row) => row.cells[arguments[0]].textContent)"
OVERFLOW = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


def some_series(label: str = "Arm") -> list[Series]:
    """Return two arms over three runs on two machines with two versions of torch; one arm falls in the last run."""
    runs = []
    for day, (torch, hardware) in enumerate([("2.11.0", "Old CPU"), ("2.14.1", "Old CPU"), ("2.14.1", "New CPU")], 1):
        accuracies = {"kept": 0.9, "fallen": 0.8 if day == 3 else 0.9}
        records = [
            replace(
                a_record(arm, seed, accuracy=accuracy, images=1000, study="norm", label=f"{label} {arm}"),
                finished=f"2026-05-0{day}T02:00:00+00:00",
                environment={**ENVIRONMENT, "torch": torch, "hardware": hardware},
            )
            for arm, accuracy in accuracies.items()
            for seed in range(3)
        ]
        runs.append(run_of_records(f"results/run-{day}", records, ()))
    return history(runs)


def embedded(html: str) -> dict[str, Any]:
    """Return the figures that a page carries."""
    document: dict[str, Any] = json.loads(re.findall(r'application/json">(.*?)</script>', html, re.DOTALL)[0])
    return document


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Return the page in a browser."""
    file = tmp_path_factory.mktemp("history") / "history.html"
    file.write_text(history_page(some_series(), GATES), "utf-8")
    with headless(file.as_uri()) as page:
        yield page


@pytest.fixture(autouse=True)
def _everything_is_chosen(request: pytest.FixtureRequest) -> None:
    if "browser" in request.fixturenames:
        page: Page = request.getfixturevalue("browser")
        for name in ("study", "machine", "version", "arm"):
            page.driver.execute_script(CHOOSE, name, "")


def test_the_terminal_names_each_step() -> None:
    """The extent first, then what fell, by how much, from where to where."""
    first, *lines = history_lines(some_series(), GATES)

    assert first == "3 runs, 1 study, 2 arms; 1 step beyond accuracy:0.3 and speed:10%"
    assert [line.split(" [")[0] for line in lines] == ["  norm fallen, accuracy down: −10.00 points"]
    assert lines[0].endswith("], from results/run-2 to results/run-3")


def test_the_page_needs_nothing_else() -> None:
    """It loads no file and asks no network."""
    html = history_page(some_series(), GATES)

    assert re.findall(r'(?:src|href)="[^"]*"|url\(|@import|fetch\(|https?://(?!www\.w3\.org)', html) == []


def test_the_page_carries_every_figure() -> None:
    """Each run's accuracy in percent with its interval, what it was measured with, and its step."""
    fallen = next(one for one in embedded(history_page(some_series(), GATES))["series"] if one["arm"] == "fallen")

    assert [point["accuracy"][0] for point in fallen["points"]] == [90.0, 90.0, 80.0]
    assert all(low < middle < high for middle, low, high in (point["accuracy"] for point in fallen["points"]))
    assert [point["name"] for point in fallen["points"]] == ["run-1", "run-2", "run-3"]
    assert [point["version"] for point in fallen["points"]] == ["torch 2.11.0", "torch 2.14.1", "torch 2.14.1"]
    assert [list(point["steps"]) for point in fallen["points"]] == [[], [], ["accuracy"]]


def test_a_label_cannot_end_the_script() -> None:
    """Labels come from records, which anybody may have written."""
    html = history_page(some_series("</script><script>alert(1)</script>"), GATES)

    assert "<script>alert" not in html
    assert embedded(html)["series"][0]["label"].startswith("</script>")


def test_charts_show_every_arm_and_run(browser: Page) -> None:
    """With the step's mark, and a row a point in the table."""
    assert browser.run(SHOWN) == ["Arm fallen", "Arm kept"]
    assert browser.run(POINTS) == 6
    assert browser.run("return document.querySelectorAll('#charts .down').length") == 1
    assert browser.driver.execute_script(ROWS, 2) == ["results/run-1", "results/run-2", "results/run-3"] * 2


@pytest.mark.parametrize(
    ("name", "value", "points"),
    [
        ("arm", "FALL", 3),
        ("arm", "nothing like it", 0),
        ("machine", "New CPU (cpu, 2 cores)", 2),
        ("version", "torch 2.14.1", 4),
        ("study", "norm", 6),
    ],
)
def test_a_choice_leaves_what_it_names(browser: Page, name: str, value: str, points: int) -> None:
    """In the charts and in the table."""
    browser.driver.execute_script(CHOOSE, name, value)

    assert browser.run(POINTS) == points
    assert len(browser.driver.execute_script(ROWS, 0)) == points


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_does_not_scroll_sideways(browser: Page, width: int) -> None:
    """On a phone neither."""
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE | {"width": width})

    assert browser.run(OVERFLOW) == 0
