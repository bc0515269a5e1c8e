"""Tests of bench.harness.machine.memory_format."""

from typing import Any

import pytest

from bench.harness.machine.memory_format import memory_format_for


@pytest.mark.parametrize(
    ("architecture", "options", "where", "expected"),
    [
        ("lenet5", {}, "cpu", "channels_last"),
        ("mlp", {}, "cuda", "contiguous"),
        ("sk", {"width": 0.2}, "cpu", "contiguous"),
        ("resnet20", {"width": 4, "shortcut": "B"}, "cpu", "contiguous"),
        ("resnet56", {"width": 4, "shortcut": "A"}, "cpu", "contiguous"),
        ("resnet20", {"width": 16}, "cpu", "channels_last"),
        ("resnet20", {"width": 4}, "cuda", "channels_last"),
        ("sk", {"width": 0.5}, "cpu", "channels_last"),
        ("sk", {"width": 0.2}, "cuda", "channels_last"),
    ],
)
def test_the_memory_format_is_the_faster_one(
    architecture: str, options: dict[str, Any], where: str, expected: str
) -> None:
    """channels_last for convolutions, but for the narrow SK on a CPU."""
    assert memory_format_for(architecture, options, where) == expected
