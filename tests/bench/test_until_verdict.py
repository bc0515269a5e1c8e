"""Seeds until the answer as a user runs them: `pytest bench/ --until-verdict` in a process of its own."""

import json
from pathlib import Path

import pytest

from tests.warm import run_module

COMMAND = (
    *("bench/", "--protocol", "smoke", "--studies", "activation", "-k", "(lenet5-relu or lenet5-tanh) and not speed"),
    *("--seeds", "2", "--until-verdict", "5", "--device", "cpu", "--workers", "0"),
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder of a run that begins with two seeds of two arms, and what it printed."""
    folder = tmp_path_factory.mktemp("until")
    process = run_module("pytest", *COMMAND, "--results", str(folder), f"--benchmark-json={folder}/out.json")
    assert process.returncode == 0, process.stdout
    return folder, process.stdout


def test_seeds_are_added_up_to_the_first_look(results: tuple[Path, str]) -> None:
    """Below five seeds nothing can be answered: the look adds three of each arm, and the next one ends the run."""
    lines = [line for line in results[1].splitlines() if line.startswith("look: ")]

    assert lines[0].startswith("look: 0 of 1 comparison answered, 1 gets more seeds (6 trials")
    assert len(lines) == 2


def test_added_trials_are_tests_like_the_others(results: tuple[Path, str]) -> None:
    """They have a row in pytest-benchmark's JSON, under the same name, a record, and a line."""
    rows = json.loads((results[0] / "out.json").read_text("utf-8"))["benchmarks"]
    records = (results[0] / "smoke" / "records.jsonl").read_text("utf-8").splitlines()

    names = {row["fullname"].rpartition("::")[2] for row in rows}
    assert names == {
        f"test_activation[{arm}-seed{seed}]" for arm in ("lenet5-relu", "lenet5-tanh") for seed in range(5)
    }
    assert {row["extra_info"]["status"] for row in rows} == {"ok"}
    assert len(records) == len(rows) == 10
    assert "[10/10, " in results[1]


def test_a_verdict_or_what_is_excluded_stands_at_the_end(results: tuple[Path, str]) -> None:
    """With five seeds there is a verdict; below there was none."""
    assert "no verdict" not in results[1]
    assert "12 passed" in results[1]
