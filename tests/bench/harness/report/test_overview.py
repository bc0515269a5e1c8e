"""Tests of the report's first screen."""

import re

import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.paths import COMMITTED_RECORDS
from bench.harness.records.record import load
from bench.harness.report.answers import MOST_WORDS, NOT_JUDGED, headline
from bench.harness.report.overview import Overview, overviews
from tests.bench.conftest import MakeRecord, phases_of


@pytest.fixture(scope="module")
def committed() -> list[Overview]:
    """Return the first screen of the committed run, each study with a speed phase."""
    records = load(COMMITTED_RECORDS)
    return overviews(analyse(records, phases_of(records)))


def test_every_judged_arm_has_a_row_with_both_marks(committed: list[Overview]) -> None:
    """The committed run compares thirteen pairs, each of them timed."""
    rows = [row for overview in committed for row in overview.rows]

    assert len(rows) == 13
    assert all(row.difference.count("<title>") == row.speed.count("<title>") == 1 for row in rows)


def test_all_studies_share_their_axes(committed: list[Overview]) -> None:
    """A mark further to the right is more, in whichever study it is."""
    ((differences, speeds),) = {(overview.difference_ends, overview.speed_ends) for overview in committed}

    assert differences[0] == f"{differences[1].replace('+', '−')} points"
    assert float(speeds[0].removesuffix("×")) < 1 < float(speeds[1].removesuffix("×"))


def test_nets_are_explained_where_they_first_appear(committed: list[Overview]) -> None:
    """In the architecture's own words, each once."""
    names = [[name for name, _ in overview.nets] for overview in committed]

    assert names == [["sk", "lenet5"], ["base", "sk", "convnet"], ["alexnet32"]]
    assert committed[1].nets[1][1].startswith("SK: ")


def test_arms_stand_beside_the_net_that_they_train(committed: list[Overview]) -> None:
    """Who reads `BN net` learns that it is BASE with another option."""
    assert committed[1].labels["base"] == "BN net, 5x5; BN net, two 3x3; BASE"
    assert set(committed[1].labels) == {name for name, _ in committed[1].nets}


def test_hover_texts_cannot_break_out(make_record: MakeRecord) -> None:
    """A label is text, in a mark's title and in what a screen reader says."""
    records = [make_record(arm, seed, label=f'"><b>{arm}') for arm in ("base", "other") for seed in range(5)]

    (row,) = overviews(analyse(records))[0].rows

    assert not re.search(r"<b>", row.difference + row.speed)


def test_nothing_to_compare_has_no_row(make_record: MakeRecord) -> None:
    """A run that was cut off after the baseline says so in place of an answer."""
    (overview,) = overviews(analyse([make_record("base", seed) for seed in range(5)]))

    assert (overview.rows, overview.answer) == ((), NOT_JUDGED)


@pytest.mark.parametrize(
    ("accuracies", "said"),
    [
        ({"base": 0.6, "other": 0.9}, "other beat base by 30.0 points"),
        ({"base": 0.6, "a": 0.9, "b": 0.8}, "a and b beat base by 20.0 to 30.0 points"),
        ({"base": 0.9, "a": 0.6, "b": 0.6}, "a and b lost to base by 30.0 points"),
        ({"base": 0.6, "a": 0.9, "b": 0.3}, "a beat base by 30.0 points; 1 lost"),
        ({"base": 0.6, "a": 0.9, "b": 0.6}, "a beat base by 30.0 points; 1 cannot be told apart"),
        ({"base": 0.9, "a": 0.9, "b": 0.9}, "cannot tell a and b from base"),
        ({"base": 0.6, "a": 0.9, "b": 0.6, "c": 0.3}, "a beat base by 30.0 points; 1 lost; 1 cannot be told apart"),
        (
            {"base": 0.6, "a": 0.9, "b": 0.8, "c": 0.3, "d": 0.6},
            "a and b beat base by 20.0 to 30.0 points; 2 fared otherwise",
        ),
    ],
)
def test_the_answer_begins_with_who_won(make_record: MakeRecord, accuracies: dict[str, float], said: str) -> None:
    """Arms that were judged alike are told together; the others are counted."""
    records = [make_record(arm, seed, accuracy=value) for arm, value in accuracies.items() for seed in range(5)]

    assert headline(analyse(records)[0]) == said


@pytest.mark.parametrize(
    "accuracies",
    [(0.9, 0.9), (0.9, 0.3), (0.9, 0.9, 0.9, 0.6), (0.6, 0.6), (0.3, 0.6), (0.9, 0.3, 0.6), (0.9, 0.8, 0.3, 0.6)],
)
def test_an_answer_has_at_most_fifteen_words(make_record: MakeRecord, accuracies: tuple[float, ...]) -> None:
    """However long the labels are, and however many arms there are."""
    values = {"base": 0.6, **{f"arm{place}": value for place, value in enumerate(accuracies)}}
    records = [
        make_record(arm, seed, accuracy=value, label=f"{arm} {' '.join('abcdefghijklmnop')}")
        for arm, value in values.items()
        for seed in range(5)
    ]

    told = headline(analyse(records)[0])

    assert len(told.split()) <= MOST_WORDS
    assert "base" in told
