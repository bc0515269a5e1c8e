"""Tests of bench.harness.names."""

from bench.harness.errors import unknown


def test_a_near_name_is_suggested() -> None:
    """A typing mistake gets the name that was meant, and every name there is."""
    assert unknown("study", "activaton", ["activation", "kernel-size"]) == (
        "unknown study 'activaton': did you mean 'activation'? known: activation, kernel-size"
    )


def test_a_far_name_gets_no_suggestion() -> None:
    """Where nothing is near, only the known names are listed."""
    assert unknown("arm", "xyz", ["relu", "tanh"]) == "unknown arm 'xyz': known: relu, tanh"


def test_names_may_come_from_an_iterator() -> None:
    """The known names are read once, so an iterator will do."""
    assert unknown("arm", "relo", iter(["relu"])).endswith("did you mean 'relu'? known: relu")
