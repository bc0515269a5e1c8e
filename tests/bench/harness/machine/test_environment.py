"""Tests of bench.harness.machine.environment."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.harness.machine import environment as module
from bench.harness.machine.environment import commit, environment, short_commit


def git(folder: Path, *words: str) -> str:
    """Return what a git command prints in a folder, as somebody with a name."""
    author = ("-c", "user.name=A", "-c", "user.email=a@b.c")
    command = ["git", "-C", str(folder), *author, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 - our own command


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a git checkout of one file without a commit, which stands for the project's."""
    git(tmp_path, "init")
    (tmp_path / "file").write_text("1", "utf-8")
    git(tmp_path, "add", "file")
    monkeypatch.setattr(module, "PROJECT", tmp_path)
    return tmp_path


def test_the_libraries_are_those_that_run() -> None:
    """Figures carry the versions they were measured with."""
    facts = environment()

    assert facts["numpy"] == np.__version__
    assert facts["torch"] == torch.__version__  # with the build's own part, +cpu


def test_a_record_can_hold_it() -> None:
    """Plain strings and numbers only."""
    assert json.loads(json.dumps(environment(), allow_nan=False)) == environment()


def test_the_hardware_is_named() -> None:
    """A name of something, and how much of it."""
    facts = environment()

    assert facts["hardware"].strip()
    assert facts["cores"] >= 1


def test_a_gpus_name_is_the_hardware_on_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CPU beside it does not decide the speed."""
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Test GPU")

    assert environment.__wrapped__("cuda")["hardware"] == "Test GPU"


def test_a_library_that_is_absent_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is recorded all the same."""
    monkeypatch.setattr(module, "LIBRARIES", ("no-such-library",))

    assert environment.__wrapped__()["no_such_library"] == "not installed"


def test_the_commit_says_whether_files_differ(checkout: Path) -> None:
    """A figure of changed files is not a figure of the commit."""
    git(checkout, "commit", "-m", "one")
    revision = git(checkout, "rev-parse", "HEAD")

    assert commit.__wrapped__() == revision
    (checkout / "file").write_text("2", "utf-8")
    assert commit.__wrapped__() == f"{revision}+changes"


def test_no_git_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unpacked archive on a machine without git can be measured too."""
    monkeypatch.setenv("PATH", "")

    assert commit.__wrapped__() == "unknown (git is not installed)"


def test_an_archive_has_no_commit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is said why."""
    monkeypatch.setattr(module, "PROJECT", tmp_path)

    assert commit.__wrapped__() == "unknown (no git checkout)"


def test_an_archive_inside_another_checkout_has_no_commit(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commit of somebody else's project would be a false one."""
    git(checkout, "commit", "-m", "one")
    (checkout / "unpacked").mkdir()
    monkeypatch.setattr(module, "PROJECT", checkout / "unpacked")

    assert commit.__wrapped__() == "unknown (no git checkout)"


@pytest.mark.usefixtures("checkout")
def test_a_checkout_without_a_commit_says_so() -> None:
    """As after `git init`."""
    assert commit.__wrapped__() == "unknown (no commit yet)"


@pytest.mark.usefixtures("checkout")
def test_another_users_checkout_says_how_git_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Git refuses to look into it, as in a container that mounts it; the message has no path of the machine."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")

    text = commit.__wrapped__()

    assert text.startswith("unknown (the checkout belongs to another user: git config --global --add safe.directory")
    assert short_commit(text) == text


def test_a_commit_is_shown_with_twelve_letters() -> None:
    """And with what is behind it."""
    assert short_commit("0123456789abcdef+changes") == "0123456789ab+changes"
