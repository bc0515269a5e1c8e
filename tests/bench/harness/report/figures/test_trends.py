"""Tests of accuracy against a number that arms vary."""

import re
from collections.abc import Sequence

import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.results import ComparisonResult, StudyResult
from bench.harness.records.parts import Definition
from bench.harness.report.figures.trends import trend_svg, varied
from tests.bench.conftest import MakeRecord

ACCURACIES = (0.8, 0.9, 0.95, 0.975)


def study(make_record: MakeRecord, definitions: Sequence[Definition]) -> StudyResult:
    """Return a study of an arm a definition, the first of which is the baseline."""
    records = [
        make_record(
            f"arm-{place}",
            seed,
            accuracy=accuracy - 0.005 * seed,
            images=1000,
            definition=definition,
            comparisons=(("all", "arm-0"),),
            order=place,
        )
        for seed in range(2)
        for place, (definition, accuracy) in enumerate(zip(definitions, ACCURACIES, strict=False))
    ]
    return analyse(records)[0]


def of_images(*sizes: int) -> list[Definition]:
    """Return definitions that differ in their number of training images."""
    return [{"architecture": "sk", "options": {}, "recipe": {"epochs": 2, "train_images": size}} for size in sizes]


def only(result: StudyResult) -> ComparisonResult:
    """Return the one comparison of a study."""
    (comparison,) = result.comparisons
    return comparison


def test_the_number_that_differs_is_found(make_record: MakeRecord) -> None:
    """In ascending order, whatever the order of the arms and whichever is the baseline."""
    trend = varied(only(study(make_record, of_images(5000, 500, 1000))))

    assert trend is not None
    assert (trend.name, trend.values.tolist()) == ("train_images", [500, 1000, 5000])
    assert [row.arm.name for row in trend.rows] == ["arm-1", "arm-2", "arm-0"]


@pytest.mark.parametrize(
    "definitions",
    [
        of_images(500, 1000),
        [{"options": {"activation": name}} for name in ("relu", "tanh", "sigmoid")],
        [{"options": {"width": width}, "recipe": {"epochs": epochs}} for width, epochs in ((1, 1), (2, 2), (3, 3))],
        [{"recipe": {"first_image": place}} for place in (0, 100, 200)],
        [{"recipe": {"train_images": size}} for size in (100, 200, None)],
    ],
    ids=["two arms", "words", "two numbers", "a place", "not all stated"],
)
def test_what_is_no_trend_has_no_figure(make_record: MakeRecord, definitions: Sequence[Definition]) -> None:
    """Two arms, words, several numbers at once, and numbers that are names."""
    assert trend_svg(study(make_record, definitions)) == ""


def test_training_images_get_a_fitted_curve(make_record: MakeRecord) -> None:
    """Four sizes are enough for the three parameters of a power law; the figure is the same every time."""
    result = study(make_record, of_images(500, 1000, 2000, 4000))
    svg = trend_svg(result)

    assert re.search(r"error = [\d.]+ n\^-[\d.]+ \+ [\d.]+%", svg)
    assert "training images" in svg
    assert svg == trend_svg(result)


def test_other_numbers_get_none(make_record: MakeRecord) -> None:
    """No law is known of how accuracy follows the width."""
    definitions: list[Definition] = [{"options": {"width": width}} for width in (0.2, 0.5, 1.0, 2.0)]

    svg = trend_svg(study(make_record, definitions))

    assert "channels, relative" in svg
    assert "error =" not in svg


def test_a_zero_stands_beside_what_spans_decades(make_record: MakeRecord) -> None:
    """The small ones among the others are told apart: each value has its tick."""
    decays: list[Definition] = [{"recipe": {"weight_decay": value}} for value in (0.0, 0.0005, 0.005, 0.05)]

    picture = trend_svg(study(make_record, decays))

    assert all(f">{tick}<" in picture for tick in ("0", "0.0005", "0.005", "0.05"))
