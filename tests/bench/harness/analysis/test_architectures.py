"""Tests of bench.harness.analysis.architectures."""

from bench.harness.analysis.architectures import summaries
from models import registry


def test_they_are_the_registrys() -> None:
    """Read without torch, and yet the words of every architecture."""
    assert summaries() == {name: registry.describe(name).summary for name in registry.names()}
