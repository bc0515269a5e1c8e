"""Figures that are committed were drawn with the libraries of constraints.txt; others draw the same in other words."""

import importlib.metadata
import re

import pytest

from bench.harness.paths import PROJECT


def is_pinned(library: str) -> bool:
    """Return whether a library has the version that constraints.txt gives it."""
    pinned = re.search(rf"^{library}==(.+)$", (PROJECT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    return pinned is not None and pinned[1] == importlib.metadata.version(library)


as_committed = pytest.mark.skipif(
    not is_pinned("matplotlib"), reason="committed figures are those of constraints.txt's Matplotlib"
)
