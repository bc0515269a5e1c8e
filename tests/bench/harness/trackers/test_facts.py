"""Tests of bench.harness.trackers.facts."""

from bench.harness.trackers.facts import hyper_parameters
from tests.bench.conftest import MakeRecord


def test_hyper_parameters_are_plain(make_record: MakeRecord) -> None:
    """Options and recipe stand under their names; what trackers cannot take is written as text."""
    record = make_record("base", 3, options={"width": 0.5, "hidden": [8, 4], "bias": None})

    values = hyper_parameters(record)

    assert (values["arm"], values["seed"], values["option.width"]) == ("base", 3, 0.5)
    assert (values["option.hidden"], values["option.bias"]) == ("[8, 4]", "None")
    assert (values["recipe.learning_rate"], values["recipe.optimizer"]) == (0.01, "sgd")
