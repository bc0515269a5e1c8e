"""Tests of the check that an option's value passes."""

import math

import pytest

from models.parts.options import (
    ActivationName,
    BadOptionError,
    Count,
    LrnSize,
    Multiplier,
    NotNegative,
    Probability,
    checked,
)


@pytest.mark.parametrize(
    ("value", "annotation", "recorded"),
    [
        (3, Count, 3),
        (2, Multiplier, 2.0),
        (0, NotNegative, 0.0),
        (0.0, Probability, 0.0),
        (96, LrnSize, 96),
        ("all", LrnSize, "all"),
        ("relu", ActivationName, "relu"),
        ([500, 300], tuple[Count, ...], (500, 300)),
        ((), tuple[Count, ...], ()),
        (True, bool, True),
        ("x", str, "x"),
    ],
)
def test_value_is_accepted(value: object, annotation: object, recorded: object) -> None:
    """A value that the option takes comes back in its recorded form."""
    assert checked("option", value, annotation) == recorded


def test_whole_number_becomes_a_float() -> None:
    """A record says 2.0 whether the caller wrote 2 or 2.0: its hash must not differ."""
    assert isinstance(checked("width", 2, Multiplier), float)


@pytest.mark.parametrize(
    ("value", "annotation", "words"),
    [
        (0, Count, "got 0, expected an integer >= 1"),
        (True, Count, "got True, expected an integer >= 1"),
        (1.0, Count, "got 1.0, expected an integer >= 1"),
        (0, Multiplier, "got 0, expected a number > 0"),
        (math.nan, NotNegative, "got nan, expected a number >= 0"),
        (1, Probability, r"got 1, expected a number in \[0, 1\)"),
        ("some", LrnSize, "got 'some', expected an integer >= 1 or 'all'"),
        (["relu"], ActivationName, "expected one of 'relu', 'sigmoid', 'tanh'"),
        ([500, 0], tuple[Count, ...], r"got \[500, 0\], expected a sequence, each member an integer >= 1"),
        ("500", tuple[Count, ...], "got '500', expected a sequence"),
        (1, bool, "got 1, expected True or False"),
        (None, str, "got None, expected a string"),
    ],
)
def test_value_is_refused(value: object, annotation: object, words: str) -> None:
    """A value that the option does not take is named together with what it takes."""
    with pytest.raises(BadOptionError, match=rf"option 'depth': .*{words}"):
        checked("depth", value, annotation)
