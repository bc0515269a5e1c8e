"""Tests of export.result_table, export.result and bench.harness.machine.turns."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

from bench.harness.machine import turns
from bench.harness.machine.turns import fastest, gains, measure, medians
from export.gate.parity import Parity
from export.result import Outcome, Variant
from export.result_table import table

PARITY = Parity(
    runtime="onnxruntime",
    batch=7,
    largest_difference=1.5e-5,
    tolerance=1e-4,
    rms_difference=1e-6,
    rms_tolerance=6e-6,
    accuracy=0.975,
    near_ties=(3, 9),
    problems=(),
)
GOOD = Outcome(
    name="study_arm",
    version=2,
    status="published",
    reason="the best of 5 trials",
    parity=(PARITY,),
    lrn_milliseconds={"banded": {1: 0.18, 32: 5.1}, "operator": {1: 0.7, 32: 22.7}},
    lrn_form="banded",
    variants=(
        Variant(
            kind="int8",
            status="refused",
            reason="0.50x as fast at batch 1, less than 1.05x",
            scheme="all layers",
            accuracy_lost=0.002,
            test_accuracy=0.973,
            flips=4,
            times_as_fast={1: 0.5, 32: 1.25},
            size=80_000,
        ),
        Variant(kind="float16", status="not run", reason="there is no CUDA device"),
    ),
    accuracy=(0.975, 0.965, 0.985),
    calibration_error=(0.021, 0.012),
    notes=("remarkable",),
    nodes=13,
    size=251_000,
)
BAD = Outcome(name="other", status="refused", reason="the only trial", problems=("weight a differs", "b"))


def cells(text: str, start: str) -> list[str]:
    """Return the cells of the table's row that begins so."""
    (line,) = (line for line in text.splitlines() if line.startswith(f"| {start}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_row_says_what_was_published() -> None:
    """Near ties are images, counted once however many runtimes list them."""
    text = table([GOOD, BAD])

    assert cells(text, "study_arm | 2") == [
        *("study_arm", "2", "251", "13", "97.50 ± 1.00", "2.1 → 1.2", "1.5e-05", "2", "banded", "refused"),
    ]
    assert cells(text, "other")[:2] == ["other", "refused"]
    assert "- other was refused: weight a differs" in text
    assert "- study_arm: remarkable" in text
    assert "- study_arm, LRN: banded 0.180 ms at batch 1, 5.10 ms at batch 32; operator 0.700 ms" in text


def test_a_variants_row_says_what_it_gained_or_lost() -> None:
    """Refused ones too; that none could be judged on a GPU is said once."""
    text = table([GOOD, replace(GOOD, name="second")])

    assert cells(text, "study_arm_int8") == [
        *("study_arm_int8", "refused", "80", "all layers", "0.20", "0.50x", "1.25x", "97.30", "4"),
        "0.50x as fast at batch 1, less than 1.05x",
    ]
    assert text.count("- float16: not run, there is no CUDA device") == 1
    assert "float16 |" not in text


def test_a_terminal_gets_no_markdown() -> None:
    """Columns in line, no bars."""
    assert "|" not in table([GOOD], form="simple")


def test_an_unchanged_version_is_said() -> None:
    """It was not published again."""
    text = table([Outcome(name="net", version=3, status="unchanged", reason="")])

    assert cells(text, "net")[1] == "3 (unchanged)"


def test_outcomes_are_strict_json() -> None:
    """For export.json."""
    assert json.loads(json.dumps(GOOD.as_dict(), allow_nan=False))["variants"][0]["flips"] == 4
    assert "REFUSED: weight a differs; b" in BAD.sentence
    assert "version 2 published, largest difference 1.5e-05" in GOOD.sentence


def test_everything_takes_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """In an order that rotates; a figure is the median of the turns."""
    order: list[str] = []
    ticks = itertools.count()
    monkeypatch.setattr("bench.harness.machine.turns.time.perf_counter", lambda: float(next(ticks)))

    def run(name: str) -> turns.Call:
        return lambda images: order.append(f"{name}{len(images)}")

    rates = measure({"a": run("a"), "b": run("b")}, np.zeros((3, 1, 1, 1), np.uint8), (1, 4))

    warm_up = 6
    assert order[warm_up : warm_up + 4] == ["a1", "b1", "b1", "a1"]
    assert "a4" in order
    assert rates == {name: {batch: [1000.0] * turns.TURNS for batch in (1, 4)} for name in "ab"}


def test_the_fastest_is_so_over_all_batch_sizes() -> None:
    """By the geometric mean of the medians: a factor counts the same at every size."""
    times = {"a": {1: [1.0, 1.0, 9.0], 32: [40.0] * 3}, "b": {1: [3.0, 4.0, 3.0], 32: [10.0, 10.0, 80.0]}}

    assert fastest(times) == "b"
    assert medians(times)["a"] == {1: 1.0, 32: 40.0}
    assert gains(times, "b", "a") == {1: (pytest.approx(1 / 3), 0.25), 32: (4.0, 0.5)}
