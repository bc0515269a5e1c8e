"""Tests of export.trial.standing: the arms of a trial's study, best first, under the trial's own setting."""

from dataclasses import replace

import msgspec
import pytest

from bench.harness.analysis.analyse import analyse
from export.repository.card_fields import Standing
from export.trial.standing import standing
from tests.bench.conftest import a_record


def test_arms_are_listed_the_best_first() -> None:
    """With means over seeds, intervals where there are several, and the arm that the trial is of."""
    records = [a_record("base", seed, accuracy=0.8) for seed in range(3)] + [a_record("other", 0, accuracy=0.9)]

    place = standing(records[1], analyse(records))

    assert place is not None
    assert (place["study"], place["arm"]) == ("norm", "base")
    assert [(arm["arm"], arm["seeds"]) for arm in place["arms"]] == [("other", 1), ("base", 3)]
    assert place["arms"][0]["accuracy"] == pytest.approx(0.9)
    assert place["arms"][0]["interval"] is None
    low, high = place["arms"][1]["interval"]
    assert low < place["arms"][1]["accuracy"] < high
    assert msgspec.convert(place, Standing) == place


def test_other_settings_and_studies_are_not_in_the_table() -> None:
    """Figures of two settings never stand side by side."""
    records = [a_record("base", 0), a_record("other", 0)]
    elsewhere = [replace(a_record("third", 0), threads=64), a_record("fourth", 0, study="else")]

    place = standing(records[0], analyse([*records, *elsewhere]))

    assert place is not None
    assert {arm["arm"] for arm in place["arms"]} == {"base", "other"}


def test_nets_that_were_trained_by_hand_have_no_place() -> None:
    """Two of them are no study."""
    records = [replace(a_record(arm, 0), protocol="train") for arm in ("net", "other")]

    assert standing(records[0], analyse(records)) is None


def test_a_net_alone_has_no_place() -> None:
    """A single arm makes no table."""
    record = a_record("base", 0)

    assert standing(record, analyse([record])) is None
