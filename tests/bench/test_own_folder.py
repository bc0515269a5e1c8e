"""A run on a user's own folder, from its files to records that can be exported; nothing about it is prepared."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.harness.data.folder_files import SPLIT_FILE
from bench.harness.paths import PROJECT
from tests.bench.harness.data.folders import fill, put
from tests.bench.harness.data.folders import noise as noisy


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run `pytest bench/` in smoke, one seed and one study."""
    command = [sys.executable, "-m", "pytest", "bench/", "--protocol", "smoke", "--seeds", "1", "--device", "cpu"]
    return subprocess.run(  # noqa: S603 - our own command
        [*command, "--studies", "normalisation", "--threads", "1", *words],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def records(results: Path) -> list[dict[str, Any]]:
    """Return the records of a run."""
    return [json.loads(line) for line in (results / "smoke" / "records.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize(("mode", "channels", "fit"), [("RGB", 3, "crop"), ("L", 1, "pad")], ids=["colour", "grey"])
def test_a_study_runs_on_a_folder(mode: str, channels: int, fit: str, tmp_path: Path) -> None:
    """Forty images a class, of which some validate and some test; what was loaded is printed first."""
    photos, results = fill(tmp_path / "my photos", {"cat": 40, "dog": 40}, mode=mode, size=(40, 30)), tmp_path / "out"
    (photos / "cat" / "notes.txt").write_text("no picture", "utf-8")
    put(photos / ".thumbnails" / "cat" / "1.png", noisy(0))

    process = run(
        "--dataset", f"folder:{photos}", "--fit", fit, "--image-size", "32", "--results", str(results), "-k", "none"
    )

    assert process.returncode == 0, process.stdout + process.stderr
    assert f"read as {channels}x32x32 (fit: {fit})" in process.stdout
    assert "not used, no picture of a format that is read: 1 (cat/notes.txt)" in process.stdout
    assert "not used, hidden folders: 1 (.thumbnails/ with 1 files)" in process.stdout
    assert (photos / SPLIT_FILE).is_file()
    made = records(results)
    assert len(made) == 1
    for record in made:
        assert record["dataset"] == f"folder:{photos}?image-size=32&fit={fit}"
        assert record["classes"] == ["cat", "dog"]
        assert record["validation_accuracy"] is not None
        assert record["test_images"] >= 10


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--image-size", "64"), "--image-size is for folders of images"),
        (("--dataset", "folder:PHOTOS/few"), "a has 3 and needs 12 more"),
    ],
)
def test_a_folder_that_cannot_be_used_is_an_error_before_training(
    words: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    """One line, and pytest's status for a wrong command."""
    fill(tmp_path / "photos", {"cat/deep": 1, "dog/deep": 1})
    fill(tmp_path / "photos" / "few", {"a": 3, "b": 20})
    (tmp_path / "photos" / "cat" / "x").mkdir()

    process = run(*(word.replace("PHOTOS", str(tmp_path / "photos")) for word in words), "--results", str(tmp_path))

    assert process.returncode == 4, process.stdout + process.stderr
    assert message in process.stdout + process.stderr
    assert "Traceback" not in process.stdout + process.stderr
