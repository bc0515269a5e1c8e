"""Tests of what differs between arms."""

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.arm_settings import definitions
from tests.bench.conftest import MakeRecord


def test_only_what_differs_is_in_the_table(make_record: MakeRecord) -> None:
    """A learning rate of its own is a column; a shared optimiser is said once."""
    recipes = {"base": {"optimizer": "sgd", "learning_rate": 0.1}, "other": {"optimizer": "sgd", "learning_rate": 0.5}}
    records = [make_record(arm, 0, definition={"recipe": recipe}) for arm, recipe in recipes.items()]

    settings = definitions(analyse(records)[0])

    assert (settings.differing, settings.rows) == (["learning rate"], [("base", ["0.1"]), ("other", ["0.5"])])
    assert ("optimizer", "sgd") in settings.shared


def test_option_that_an_arm_lacks_is_a_dash(make_record: MakeRecord) -> None:
    """Arms of other architectures have other options."""
    records = [make_record("base", 0, options={"width": 2, "bias": True}), make_record("other", 0, options={})]

    settings = definitions(analyse(records)[0])

    assert dict(settings.rows) == {"base": ["2", "yes"], "other": ["–", "–"]}
