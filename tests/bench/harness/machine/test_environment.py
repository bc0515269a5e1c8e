"""Tests of bench.harness.machine.environment."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from bench.harness.machine import environment as module
from bench.harness.machine.environment import commit, environment


@pytest.fixture
def git(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str | None]]:
    """Replace git's answers by those in the yielded dict, by its first argument."""
    answers: dict[str, str | None] = {}
    monkeypatch.setattr(module, "_git", lambda command, *_: answers[command])
    commit.cache_clear()
    yield answers
    commit.cache_clear()


def test_the_libraries_are_those_that_run() -> None:
    """Figures carry the versions they were measured with."""
    found = environment()

    assert found["numpy"] == np.__version__
    assert found["torch"] == torch.__version__  # with the build's own part, +cpu


def test_a_record_can_hold_it() -> None:
    """Plain strings and numbers only."""
    assert json.loads(json.dumps(environment(), allow_nan=False)) == environment()


def test_the_hardware_is_named() -> None:
    """A name of something, and how much of it."""
    found = environment()

    assert found["hardware"].strip()
    assert found["cores"] >= 1


def test_a_gpus_name_is_the_hardware_on_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CPU beside it does not decide the speed."""
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Test GPU")

    assert environment.__wrapped__("cuda")["hardware"] == "Test GPU"


def test_a_library_that_is_absent_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is recorded all the same."""
    monkeypatch.setattr(module, "LIBRARIES", ("no-such-library",))

    assert environment.__wrapped__()["no_such_library"] == "not installed"


@pytest.mark.parametrize(
    ("revision", "status", "expected"),
    [("abc", "", "abc"), ("abc", " M bench/harness/data/load.py", "abc+changes"), (None, None, "unknown")],
)
def test_the_commit_says_whether_files_differ(
    git: dict[str, str | None], revision: str | None, status: str | None, expected: str
) -> None:
    """A figure of changed files is not a figure of the commit."""
    git.update({"rev-parse": revision, "status": status})

    assert commit() == expected


def test_no_git_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unpacked archive on a machine without git can be measured too."""
    monkeypatch.setenv("PATH", "")

    assert commit.__wrapped__() == "unknown"
