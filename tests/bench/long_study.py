"""A study whose trials take some seconds: long enough to stop a run in the middle of one, and no longer."""

import json
from pathlib import Path
from typing import Any

STUDY = '''"""Is a trial kept that takes some seconds?"""

from bench.harness.study import Arm, Protocol, Recipe, RunTrial, Study

RECIPE = Recipe(epochs=4, train_images=3000, learning_rate=0.01)
STUDY = Study(
    name="longer",
    question="Is it kept?",
    held_fixed="everything",
    margin=0.01,
    comparisons=(),
    protocols={"quick": Protocol("mnist-5k", RECIPE, (Arm("relu", "ReLU", "lenet5"),))},
)


def test_longer(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One trial."""
    run_trial(STUDY, arm, seed)
'''


def command_line(folder: Path, *words: str) -> list[str]:
    """Return the arguments of a run of its two trials, with more of them; the results go into the folder."""
    study = folder / "test_longer.py"
    study.write_text(STUDY, "utf-8")
    options = ("--results", str(folder), f"--benchmark-json={folder}/out.json", "--threads", "1", "--device", "cpu")
    return [
        "-p",
        "bench.conftest",
        str(study),
        "--protocol",
        "quick",
        "--seeds",
        "2",
        "--deterministic",
        *options,
        *words,
    ]


def records(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of records.jsonl; none where there is no file yet."""
    path = folder / "quick" / "records.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
