"""Tests of published numbers beside measured ones."""

from dataclasses import replace
from typing import Any

import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.questions.reproduction import (
    ASSUMPTIONS,
    Reproduction,
    changed_assumptions,
    other_options,
    reproductions,
    rounding,
)
from bench.harness.records.parts import PublishedContext
from bench.harness.records.record import Record
from tests.bench.conftest import MakeRecord

ACCURACIES = (0.97, 0.975, 0.98)  # mean 97.5, sd 0.5: one more lies within 2.48 of it


def trials(make_record: MakeRecord, value: float, study: str = "norm", protocol: str = "published") -> list[Record]:
    """Return three trials of an arm with a published number."""
    fields: dict[str, Any] = {"protocol": protocol, "images": 1000, "study": study}
    records = [make_record(seed=seed, accuracy=accuracy, **fields) for seed, accuracy in enumerate(ACCURACIES)]
    for record in records:
        record.context["published"] = [PublishedContext(value=value, source="S0", note="one run")]
    return records


def rows(records: list[Record]) -> list[Reproduction]:
    """Return what is reproduced by some records."""
    return reproductions(analyse(records))


@pytest.mark.parametrize(("value", "inside"), [(97.5, True), (95.1, True), (94.9, False), (99.9, True), (100, True)])
def test_a_number_is_held_against_a_single_run(make_record: MakeRecord, value: float, inside: bool) -> None:
    """Not against the mean, whose interval is narrower."""
    (row,) = rows(trials(make_record, value))

    assert row.inside is inside


def test_a_printed_number_may_have_been_rounded() -> None:
    """By half of its last digit; 98.0 has one decimal, 98 has none."""
    assert [rounding(value) for value in (98.48, 98.5, 98.0, 98)] == pytest.approx([0.005, 0.05, 0.05, 0.5])


def test_one_seed_says_nothing_of_another(make_record: MakeRecord) -> None:
    """There is no interval, and no claim."""
    (row,) = rows(trials(make_record, 97.5)[:1])

    assert (row.run, row.inside) == (None, None)


def test_what_was_reduced_is_held_against_nothing(make_record: MakeRecord) -> None:
    """A net that saw fewer images than the article's is no evidence against its number."""
    (row,) = rows([replace(record, reduced=True) for record in trials(make_record, 90.0)])

    assert (row.reduced, row.inside) == (True, None)


def test_what_was_run_in_full_is_held_against_its_number(make_record: MakeRecord) -> None:
    """A GPU has trained what the article did."""
    (row,) = rows(trials(make_record, 94.9, protocol="full"))

    assert row.inside is False


def test_other_protocols_reproduce_nothing(make_record: MakeRecord) -> None:
    """The quick run has other data and fewer epochs."""
    assert not rows(trials(make_record, 97.5, protocol="quick"))


def test_a_system_of_several_studies_is_shown_once(make_record: MakeRecord) -> None:
    """The same definition and number under two names is one system."""
    assert len(rows([*trials(make_record, 97.5, "a"), *trials(make_record, 97.5, "b")])) == 1
    assert len(rows([*trials(make_record, 97.5, "a"), *trials(make_record, 97.6, "b")])) == 2


def test_changed_assumptions_stand_beside_the_number_and_not_in_its_place(make_record: MakeRecord) -> None:
    """As assumed, the baseline, it is the very system that lies outside."""
    fields: dict[str, Any] = {"protocol": "published", "images": 1000, "study": f"{ASSUMPTIONS}s0"}
    records = [
        make_record(arm, seed, accuracy=accuracy, comparisons=(("s", "base"),), **fields)
        for arm in ("base", "adam")
        for seed, accuracy in enumerate(ACCURACIES)
    ]
    for record in records:
        record.context["published"] = [PublishedContext(value=97.5, source="S0", note="one run")]
    results = analyse(records)

    assert reproductions(results) == []
    assert {number: [row.arm.name for row in rows] for number, rows in changed_assumptions(results).items()} == {
        ("S0", 97.5): ["adam"]
    }


def test_a_number_may_be_of_the_same_net_with_other_options(make_record: MakeRecord) -> None:
    """An article that does not state the width; another recipe is another system."""
    fields: dict[str, Any] = {"protocol": "published", "images": 1000}
    recipes = {"x1": {"epochs": 1}, "x0.2": {"epochs": 1}, "longer": {"epochs": 2}}
    records = [
        make_record(arm, 0, definition={"architecture": "sk", "options": {"width": arm}, "recipe": recipe}, **fields)
        for arm, recipe in recipes.items()
    ]
    for record in records:
        record.context["published"] = [PublishedContext(value=97.5, source="S0", note="one run")]
    known = rows(records)
    (wide,) = (row for row in known if row.arm.name == "x1")

    assert [row.arm.name for row in other_options(wide, known)] == ["x0.2"]
