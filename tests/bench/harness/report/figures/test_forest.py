"""Tests of the forest plot."""

import itertools
import re
from xml.etree import ElementTree as ET

import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.results import StudyResult
from bench.harness.paths import COMMITTED_RECORDS
from bench.harness.records.record import load
from bench.harness.report.answers import MOST_WORDS, short_answers
from bench.harness.report.figures.forest import NOTHING, forest_svg
from bench.harness.report.figures.forest_rows import difference_axis, forest_rows, speed_axis
from tests.bench.conftest import MakeRecord, phases_of


@pytest.fixture(scope="module")
def committed() -> list[StudyResult]:
    """Return the studies of the committed run, each with a speed phase."""
    records = load(COMMITTED_RECORDS)
    return analyse(records, phases_of(records))


def result_of(make_record: MakeRecord, accuracies: dict[str, float], seeds: int = 5) -> StudyResult:
    """Return a study of arms with these accuracies; the baseline is `base`."""
    return analyse(
        [make_record(arm, seed, accuracy=value) for arm, value in accuracies.items() for seed in range(seeds)]
    )[0]


def test_plot_is_the_same_every_time(committed: list[StudyResult]) -> None:
    """Neither a date nor a random id is in the plot."""
    records = load(COMMITTED_RECORDS)

    assert forest_svg(committed) == forest_svg(analyse(records, phases_of(records)))


def test_plot_is_xml_that_asks_for_nothing(committed: list[StudyResult]) -> None:
    """It parses, and but for the namespace no address is in it."""
    text = forest_svg(committed)

    assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own text
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg\")|@import|url\(", text)


def test_every_judged_arm_has_a_row(committed: list[StudyResult]) -> None:
    """The committed run compares thirteen pairs, and all of them are drawn with both their marks."""
    text = forest_svg(committed)

    assert sum(len(forest_rows(result)) for result in committed) == 13
    assert text.count("<circle") + text.count("<path") == 13
    assert text.count("the training speed</title>") == 13


def test_texts_stay_beside_each_other(committed: list[StudyResult]) -> None:
    """Where two texts share a line, the left one ends before the right one starts, at seven pixels a letter."""
    for row in ET.fromstring(forest_svg(committed)).iter("{http://www.w3.org/2000/svg}g"):  # noqa: S314 - our own text
        for line in ("14.0", "28.0"):
            texts = [text for text in row.findall("{*}text") if text.get("y") == line]
            for left, right in itertools.pairwise(texts):
                assert float(left.get("x", 0)) + 7 * len(left.text or "") < float(right.get("x", 0))


def test_hover_says_all_numbers(make_record: MakeRecord) -> None:
    """A mark's title has the difference, its interval, the verdict, n and the margin."""
    text = forest_svg([result_of(make_record, {"base": 0.6, "other": 0.9})])

    assert re.search(
        r"<title>other against base: \+30.00 points \[\+\d+.\d\d, \+\d+.\d\d\], better, "
        r"n = 5, margin ±0.5 points</title>",
        text,
    )


def test_an_arm_without_a_speed_has_no_mark_of_it(make_record: MakeRecord) -> None:
    """The line of equal speed stands alone, and nothing is said of the training speed."""
    result = result_of(make_record, {"base": 0.6, "other": 0.9})

    (row,) = forest_rows(result)

    assert (row.speed, row.ratio) == (None, "")
    assert "the training speed" not in forest_svg([result])


def test_outlier_is_cut_off_with_an_arrow(make_record: MakeRecord) -> None:
    """One arm that fell to chance does not flatten all other rows."""
    result = result_of(make_record, {"base": 0.95, "a": 0.94, "b": 0.96, "c": 0.95, "broken": 0.1})

    assert difference_axis(forest_rows(result), 0, 100).high <= 10
    assert forest_svg([result]).count("<path") == 1


def test_axes_hold_what_they_show(committed: list[StudyResult]) -> None:
    """The difference's axis has 0 in its middle, the speed's has 1 within."""
    rows = [row for result in committed for row in forest_rows(result)]
    differences, speeds = difference_axis(rows, 0, 100), speed_axis(rows, 0, 100)

    assert differences.place(0) == 50
    assert 0 < speeds.place(1) < 100
    assert all(0 < speeds.place(row.speed[0]) < 100 for row in rows if row.speed)


def test_too_few_seeds_have_no_interval(make_record: MakeRecord) -> None:
    """With one seed there is a mark and no verdict."""
    result = result_of(make_record, {"base": 0.9, "other": 0.8}, seeds=1)

    (row,) = forest_rows(result)

    assert (row.words, row.interval, row.verdict) == ("no verdict", "", "open")
    assert "−10.00 no verdict" in forest_svg([result])


def test_nothing_to_compare_is_said(make_record: MakeRecord) -> None:
    """A run that was cut off after the baseline has a plot that says so."""
    assert NOTHING in forest_svg([result_of(make_record, {"base": 0.9})])


def test_labels_are_escaped(make_record: MakeRecord) -> None:
    """A label is text, never markup."""
    records = [make_record(arm, seed, label=f"<b>&{arm}") for arm in ("base", "other") for seed in range(5)]

    text = forest_svg(analyse(records))

    assert "<b>" not in text
    assert "&lt;b&gt;&amp;other" in text


def test_no_committed_answer_is_long(committed: list[StudyResult]) -> None:
    """Every short answer of the committed run has at most fifteen words, and there is one per pair."""
    lines = [line for result in committed for line in short_answers(result)]

    assert len(lines) == 13
    assert max(len(line.split()) for line in lines) <= MOST_WORDS == 15


@pytest.mark.parametrize(
    ("accuracies", "said"),
    [
        ({"base": 0.6, "other": 0.9}, "other beat base by 30.0 points"),
        ({"base": 0.9, "other": 0.6}, "other lost to base by 30.0 points"),
        ({"base": 0.9, "other": 0.9}, "cannot tell other from base"),
    ],
)
def test_short_answer_says_who_won(make_record: MakeRecord, accuracies: dict[str, float], said: str) -> None:
    """Plain words, one decimal."""
    assert short_answers(result_of(make_record, accuracies)) == [said]


def test_short_answer_cuts_long_labels(make_record: MakeRecord) -> None:
    """However long the labels, fifteen words are the most; the shorter label is kept."""
    long = " ".join(f"word{place}" for place in range(20))
    records = [
        make_record(arm, seed, accuracy=accuracy, label=label)
        for arm, accuracy, label in (("base", 0.5, "no norm"), ("other", 0.9, long))
        for seed in range(5)
    ]

    (line,) = short_answers(analyse(records)[0])

    assert len(line.split()) == 15
    assert line.endswith("… beat no norm by 40.0 points")
