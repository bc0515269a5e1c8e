"""Tests of bench.harness.errors."""

from bench.harness.errors import one_line


def test_an_error_of_several_lines_is_one() -> None:
    """A message that libraries indent and wrap stays one line of ours."""
    assert one_line(ValueError("bad\n  value:\t7\n")) == "bad value: 7"


def test_an_error_without_a_message_is_its_type() -> None:
    """An empty line would say nothing."""
    assert one_line(KeyError()) == "KeyError"
