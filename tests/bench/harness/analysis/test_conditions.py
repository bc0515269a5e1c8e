"""Tests of what every table says about how its numbers were measured."""

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.conditions import conditions, one_line
from tests.bench.conftest import MakeRecord


def test_conditions_carry_everything_a_number_needs(make_record: MakeRecord) -> None:
    """Hardware, threads, versions, commit, data hash, protocol and n are all there."""
    text = one_line(analyse([make_record("base", seed) for seed in range(3)])[0])

    needed = (
        "Test CPU (cpu), 2 threads",
        "torch 2.14.1",
        "numpy 2.4.6",
        "0123456789ab",
        "SHA-256 dddddddd",
        "quick",
        "3 seeds",
    )
    assert [part for part in needed if part not in text] == []


def test_several_commits_are_all_named(make_record: MakeRecord) -> None:
    """Evidence that was gathered over commits names each of them, changes included."""
    records = [
        make_record("base", 0, environment={"commit": "a" * 40}),
        make_record("base", 1, environment={"commit": "b" * 40 + "+changes"}),
    ]

    assert conditions(analyse(records)[0])["commit"] == f"{'a' * 12} / {'b' * 12}+changes"


def test_reduced_runs_say_so(make_record: MakeRecord) -> None:
    """A run on fewer images than its protocol stands for is marked."""
    shown = conditions(analyse([make_record("base", 0, reduced=True)])[0])

    assert shown["protocol"] == "quick, reduced: less than what it stands for"


def test_unequal_numbers_of_seeds_are_a_range(make_record: MakeRecord) -> None:
    """The number of seeds is not that of the luckiest arm."""
    records = [make_record("base", 0), make_record("base", 1), make_record("other", 0)]

    assert conditions(analyse(records)[0])["n"] == "1 to 2 seeds an arm"


def test_execution_says_which_switches_were_on(make_record: MakeRecord) -> None:
    """Switches read yes or no, choices by name."""
    text = conditions(analyse([make_record("base", 0)])[0])["execution"]

    assert text.startswith("memory format contiguous, fused optimizer no")


def test_images_in_two_splits_are_said(make_record: MakeRecord) -> None:
    """Where they were allowed, beside every table."""
    texts = [
        conditions(analyse([make_record("base", 0, dataset=f"folder:photos{option}")])[0])["data"]
        for option in ("", "?allow-duplicates")
    ]

    assert ["the same image may be in two of its splits" in text for text in texts] == [False, True]
