"""A small run for the trackers' tests, through the command line as a user starts it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.harness.paths import PROJECT

Track = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def track(tmp_path: Path) -> Track:
    """Return a function that runs two arms of the smoke protocol with options, and returns how that ended."""

    def run(*options: str) -> "subprocess.CompletedProcess[str]":
        study = ["--protocol", "smoke", "--studies", "early-stopping", "--seeds", "1"]
        words = [*study, "-m", "not speed", "--workers", "0", "--results", str(tmp_path), "--benchmark-quiet"]
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "pytest", "bench/", *words, *options],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )

    return run
