"""Tests of the figures."""

import re
import sys
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.results import StudyResult
from bench.harness.report.figures.canvas import BASELINE_COLOUR, COLOURS
from bench.harness.report.figures.curves import band, curves_svg, throughput_svg
from tests.bench.conftest import MakePhase, MakeRecord

SVG = "{http://www.w3.org/2000/svg}"
TEXT = f"{SVG}text"


def texts(svg: str) -> list[str]:
    """Return the words of a figure; a legend's entry may be of several."""
    return [element.text or "" for element in ET.fromstring(svg).iter(TEXT)]  # noqa: S314 - made by the code under test


def hovers(svg: str) -> list[str]:
    """Return the hover texts of a figure's marks, in their order."""
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}title")]  # noqa: S314 - as above


@pytest.fixture(scope="module")
def result(make_record: MakeRecord, make_phase: MakePhase) -> StudyResult:
    """Return a study of two comparisons with three arms and two seeds, all of them with a speed."""
    first, second = ("first", "base"), ("second", "other")
    members = {"base": (first,), "other": (first, second), "third $x$ _y": (second,)}
    records = [
        make_record(arm, seed, comparisons=comparisons, order=order)
        for seed in range(2)
        for order, (arm, comparisons) in enumerate(members.items())
    ]
    return analyse(records, [make_phase(dict.fromkeys(members, 1000.0))])[0]


def test_band_is_lowest_mean_and_highest_of_each_epoch() -> None:
    """Curves of other lengths take part as far as they go."""
    low, mean, high = band([[1.0, 4.0], [3.0, 8.0], [5.0]])

    assert (low.tolist(), mean.tolist(), high.tolist()) == ([1, 4], [3, 6], [5, 8])


def test_band_leaves_out_what_was_not_finite() -> None:
    """A null leaves the mean, nulls only are NaN; neither raises nor warns."""
    low, mean, high = band([[1.0, None], [3.0, None]])

    assert [low[0], mean[0], high[0]] == [1, 2, 3]
    assert np.isnan([low[1], mean[1], high[1]]).all()


def test_band_of_no_curves_is_empty() -> None:
    """Without a validation split there is no curve."""
    assert [len(line) for line in band([[], []])] == [0, 0, 0]


@pytest.mark.parametrize("draw", [curves_svg, throughput_svg])
def test_same_records_give_the_same_bytes(draw: type[str], result: StudyResult) -> None:
    """A report that is made again does not differ."""
    assert draw(result) == draw(result)


@pytest.mark.parametrize(
    ("draw", "labels"),
    [
        (curves_svg, ["epoch", "validation accuracy (%)", "training loss"]),
        (throughput_svg, ["training throughput (images/s)", "test accuracy (%)"]),
    ],
)
def test_axes_have_names_and_units(draw: type[str], labels: list[str], result: StudyResult) -> None:
    """Text is text, and every axis says what it shows."""
    drawn_texts = texts(draw(result))

    assert [label for label in labels if drawn_texts.count(label) < 2] == []


def test_every_arm_is_in_the_legend_of_its_comparisons(result: StudyResult) -> None:
    """The baseline is marked; dollar signs are letters, not mathematics."""
    drawn_texts = texts(throughput_svg(result))

    assert [drawn_texts.count(label) for label in ("base", "other", "(baseline)", "third $x$ _y")] == [1, 2, 2, 1]


def test_a_label_in_any_script_is_drawn(make_record: MakeRecord) -> None:
    """A sign that Matplotlib's own font lacks is text for the reader's font, and no reason for a warning."""
    result = analyse([make_record("base", 0, label="卷积网络")])[0]

    assert "卷积网络" in texts(curves_svg(result))


def test_without_validation_training_accuracy_is_shown(make_record: MakeRecord) -> None:
    """The axis says which accuracy it is."""
    record = make_record("base", 0, validation_accuracy=None)
    record.curves["validation_accuracy"] = []

    drawn_texts = texts(curves_svg(analyse([record])[0]))

    assert "training accuracy (%)" in drawn_texts
    assert "validation accuracy (%)" not in drawn_texts


def test_an_arm_without_validation_is_drawn_beside_one_that_has_it(make_record: MakeRecord) -> None:
    """Two lines of loss, one of validation accuracy, and both arms once in the legend."""
    records = [make_record("base", 0), make_record("other", 0)]
    records[1].curves["validation_accuracy"] = []

    svg = curves_svg(analyse(records)[0])

    assert [texts(svg).count(label) for label in ("base", "other")] == [1, 1]
    assert [svg.count(f"stroke: {colour}; stroke-width: 1.6") for colour in (BASELINE_COLOUR, COLOURS[0])] == [3, 2]


def test_a_mark_says_its_values_when_hovered_over(make_record: MakeRecord, make_phase: MakePhase) -> None:
    """All digits of a GPU's images/s, and a dash where the last loss was not finite."""
    records = [make_record("base", seed, label='<a> & "b"') for seed in range(2)]
    for record in records:
        record.curves["train_loss"] = [2.0, 1.0, 0.5, None]
    result = analyse(records, [make_phase({"base": 123456.0})])[0]

    accuracy, loss = hovers(curves_svg(result))

    assert re.fullmatch(r'<a> & "b" \(baseline\): validation accuracy \(%\) [\d.]+, epoch 4', accuracy)
    assert loss == '<a> & "b" (baseline): training loss –, epoch 4'
    assert hovers(throughput_svg(result))[0].endswith("training throughput (images/s) 123\u202f456")


@pytest.mark.parametrize(("measured", "drawn"), [({"base": 900.0}, {"base"}), ({}, set())], ids=["one", "none"])
def test_arms_without_a_speed_are_left_out(
    make_record: MakeRecord, make_phase: MakePhase, measured: dict[str, float], drawn: set[str]
) -> None:
    """A study whose speed phase is still to come, or had fewer arms, has a figure without them and no warning."""
    records = [make_record(arm, seed) for arm in ("base", "other") for seed in range(2)]

    svg = throughput_svg(analyse(records, [make_phase(measured)] if measured else [])[0])

    assert {"base", "other"} & set(texts(svg)) == drawn
    assert "training throughput (images/s)" in texts(svg)


def test_bars_are_the_turns_intervals(make_record: MakeRecord, make_phase: MakePhase) -> None:
    """One seed has no bar of accuracy, but turns have one of speed: the axis reaches as far as they differed."""
    wide, narrow = (
        analyse([make_record("base", 0)], [make_phase({"base": [1000 / ratio, 1000, 1000 * ratio] * 4})])[0]
        for ratio in (1.5, 1.001)
    )

    most = [max(float(text) for text in texts(throughput_svg(result)) if text.isdecimal()) for result in (wide, narrow)]

    assert most[0] >= 1200
    assert most[1] < 1100


def test_loss_over_orders_of_magnitude_is_logarithmic(make_record: MakeRecord) -> None:
    """A loss from 2 to 0.002 is readable at both ends, with plain numbers on its axis."""
    record = make_record("base", 0)
    record.curves["train_loss"] = [2.0, 0.2, 0.02, 0.002]

    drawn_texts = texts(curves_svg(analyse([record])[0]))

    assert {"1", "0.1", "0.01"} <= set(drawn_texts)


def test_diverged_from_the_start_is_drawn(make_record: MakeRecord) -> None:
    """A loss that was never finite leaves an empty panel and no error."""
    record = make_record("base", 0, status="diverged")
    record.curves["train_loss"] = [None, None, None, None]

    assert "training loss" in texts(curves_svg(analyse([record])[0]))


def test_one_epoch_is_drawn(make_record: MakeRecord) -> None:
    """A curve of one point has its marker."""
    record = make_record("base", 0, epochs=1)
    for values in record.curves.values():
        del values[1:]  # type: ignore[attr-defined]  # a TypedDict's values are seen as objects

    assert "epoch" in texts(curves_svg(analyse([record])[0]))


def test_figures_need_no_pyplot(result: StudyResult) -> None:
    """Nothing global is touched: pyplot, which keeps figures, is not even imported."""
    throughput_svg(result)

    assert "matplotlib.pyplot" not in sys.modules


def test_figure_carries_no_date(result: StudyResult) -> None:
    """A date would change the file each time."""
    assert not re.search(r"<dc:date>", curves_svg(result))
