"""Tests of the console command `convbench`, run from the checkout; .ci/run tries an installed copy."""

import os
import sys
import tomllib
from pathlib import Path

import pytest

from bench.harness.paths import PROJECT, STUDIES
from convbench.__main__ import GROUPS, main


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what the command does to this process from other tests."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PYTHONPATH", "elsewhere")


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_the_usage_names_every_group(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One line each."""
    assert main(words) == 0

    lines = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert lines == list(GROUPS)


def test_an_unknown_group_gets_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    """In one line on standard error, with the exit status 2."""
    assert main(["serv"]) == 2

    error = capsys.readouterr().err
    assert error == "error: unknown group 'serv': did you mean 'serve'? known: run, bench, export, serve\n"


@pytest.mark.parametrize("words", [["bench", "report"], ["export"], ["serve"]])
def test_help_shows_the_command_as_it_is_typed(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Who has no checkout cannot type `python -m`."""
    with pytest.raises(SystemExit) as caught:
        main([*words, "--help"])

    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: convbench {' '.join(words)} ")


def test_commands_are_listed_as_they_are_typed(capsys: pytest.CaptureFixture[str]) -> None:
    """`convbench bench` alone lists them."""
    assert main(["bench"]) == 0

    assert capsys.readouterr().out.startswith("usage: convbench bench COMMAND ")


def test_run_gives_pytest_the_studies_and_its_options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From any folder; caches and results belong there."""
    started: list[list[str]] = []

    def start(words: list[str]) -> int:
        started.append(words)
        return 5

    monkeypatch.setattr(pytest, "main", start)
    monkeypatch.chdir(tmp_path)

    status = main(["run", "--studies", "lrn"])

    assert status == 5
    assert started[0][:2] == [str(STUDIES), f"--rootdir={tmp_path}"]
    assert started[0][-2:] == ["--studies", "lrn"]


def test_programs_that_a_group_starts_find_the_groups_too() -> None:
    """The server's processes are started by their name; what was on their path stays on it."""
    main([])
    main([])

    assert os.environ["PYTHONPATH"].split(os.pathsep) == [str(PROJECT), "elsewhere"]


def test_an_installed_copy_has_every_folder_that_is_imported() -> None:
    """The wheel carries every package that the contracts name."""
    document = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]

    carried = document["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert carried == {name: f"convbench/{name}" for name in carried}
    assert {*carried, "convbench"} == set(document["importlinter"]["root_packages"])
