"""The selection of trials as a user makes it: `pytest bench/` with --studies, -k and --protocol."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.harness.paths import PROJECT
from tests.warm import run_module

STUDY = '''"""Does it?"""

from bench.harness.study import Arm, Protocol, Recipe, RunTrial, Study

STUDY = Study(
    name="{name}",
    question="Does it?",
    held_fixed="all",
    margin=0.01,
    comparisons=(),
    protocols={{"quick": Protocol("mnist-5k", Recipe(learning_rate=0.1, epochs=1), (Arm("a", "A", "mlp"),))}},
)


def test_it(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One trial."""
    run_trial(STUDY, arm, seed)
'''


def select(results: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run with arguments that leave nothing to train; without a path, all studies."""
    paths = [] if any(argument.endswith(".py") for argument in arguments) else ["bench/"]
    return run_module("pytest", *paths, "--results", str(results), *arguments)


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("--studies", "kernelsize"), 4, "unknown study 'kernelsize': did you mean 'kernel-size'"),
        (("--studies", "kernelsize", "-k", "lenet5"), 4, "unknown study 'kernelsize': did you mean 'kernel-size'"),
        (("-k", "nosuch"), 5, ": -k 'nosuch' leaves none"),
        (("--studies", "activation", "-k", "convnet"), 5, "--studies 'activation' and -k 'convnet' leaves none"),
        (("--deselect", "bench/"), 5, ": --deselect 'bench/' leaves none"),
    ],
)
def test_a_selection_of_nothing_says_so(arguments: tuple[str, ...], status: int, message: str, tmp_path: Path) -> None:
    """Before a plan is made of other studies, and with what took the trials away."""
    process = select(tmp_path, *arguments)

    assert process.returncode == status
    assert message in process.stdout + process.stderr
    assert "plan:" not in process.stdout


def test_a_study_without_the_protocol_says_so(tmp_path: Path) -> None:
    """Asked for by name it is an error that says which protocols it has; among others it is left out with a line."""
    file = tmp_path / "test_mine.py"
    file.write_text(STUDY.format(name="mine"), "utf-8")
    arguments = ("-p", "bench.conftest", "--protocol", "published", str(file))

    named = select(tmp_path, *arguments, "--studies", "mine")
    among = select(tmp_path, *arguments)

    assert (named.returncode, among.returncode) == (4, 5)
    assert "study 'mine' has no protocol 'published': it has quick" in named.stderr
    assert "study 'mine' has no protocol 'published': left out" in among.stdout


@pytest.mark.parametrize("option", ["--fixtures", "--setup-plan", "--collect-only"])
def test_a_look_at_the_tests_makes_no_plan(option: str, tmp_path: Path) -> None:
    """No results folder is made or locked, and nothing is said to be left to train."""
    process = select(tmp_path, option, "-q", "--studies", "activation", "-k", "lenet5-relu-seed0")

    assert process.returncode == 0, process.stdout + process.stderr
    assert "no record yet" not in process.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("flag", ["-O", "-OO", "-Werror", "-bb"])
def test_pythons_own_flags_are_no_obstacle(flag: str) -> None:
    """A run needs no assert statement and no docstring, and starts without a warning of ours."""
    words = [sys.executable, flag, "-m", "pytest", "bench/", "--collect-only", "-q"]
    process = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603 - our own command

    assert process.returncode == 0, process.stderr
    assert "::test_activation[lenet5-relu-seed0]" in process.stdout


def test_a_study_that_cannot_be_imported_is_not_called_unknown(tmp_path: Path) -> None:
    """The last line leads to the error above it."""
    file = tmp_path / "test_mine.py"
    file.write_text(STUDY.format(name="mine").replace("STUDY = Study(", "STUDY = Studdy("), "utf-8")

    process = select(tmp_path, "-p", "bench.conftest", str(file), "--studies", "mine")

    assert process.returncode == 4
    assert "NameError: name 'Studdy' is not defined" in process.stdout
    assert "a file of bench/ cannot be imported, see above; without it: unknown study 'mine'" in process.stderr
