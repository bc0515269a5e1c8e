"""Tests of bench.performance.openmp_waiting: settings measured in processes of their own, and their table."""

import pytest

from bench.harness.paths import PROJECT
from bench.performance import openmp_waiting
from bench.performance.openmp_waiting import SETTINGS, Waiting, measure, table


def rates(speed: float) -> dict[str, list[float]]:
    """Return the same speed for every net."""
    return {net: [speed, 2 * speed, speed / 2] for net in openmp_waiting.ENTRIES}


def test_shares_are_of_the_fastest_and_of_a_fair_part() -> None:
    """Beside two programs on two cores half of the processor is fair: a quarter of the speed is half of that."""
    quiet, beside = {"slow": rates(50), "fast": rates(100)}, {"slow": rates(25), "fast": rates(40)}

    lines = table({"cores": 2, "images_per_second": {"0": quiet, "2": beside}}).splitlines()

    assert "beside 2: of 0.50 of the fastest" in lines[0]
    assert [[cell.strip() for cell in line.split("|")[1:4]] for line in lines[2:]] == [
        ["slow", "0.50 to 0.50", "0.50 to 0.50"],
        ["fast", "1.0 to 1.0", "0.80 to 0.80"],
    ]


def test_each_setting_is_measured_in_a_process_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside nobody and beside one program; every net has a rate a turn."""
    monkeypatch.setattr(openmp_waiting, "SETTINGS", (Waiting("short", {"GOMP_SPINCOUNT": "1000"}),))
    monkeypatch.setattr(openmp_waiting, "ENTRIES", ("lenet5",))

    measured, disturbances = measure([0, 1], 1, 2)

    assert list(measured) == list(disturbances) == [0, 1]
    for by_setting in measured.values():
        assert len(by_setting["short"]["lenet5"]) >= 2
        assert min(by_setting["short"]["lenet5"]) > 0


def test_the_setting_that_is_used_is_among_those_that_are_measured() -> None:
    """The one that bench/__init__.py chooses has a row of its own."""
    text = (PROJECT / "bench" / "__init__.py").read_text("utf-8")
    chosen = text.split('setdefault("GOMP_SPINCOUNT", "')[1].partition('"')[0]

    assert {"GOMP_SPINCOUNT": chosen} in [waiting.variables for waiting in SETTINGS if waiting.all_cores]
