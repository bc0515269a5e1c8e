"""Tests that `make lint` holds the tree: each plants one fault into a copy of the project and sees it refused."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_structure import FILES_AT_MOST, FOLDERS, PROJECT

pytest.importorskip("importlinter", reason="the contracts need the development tools: pip install '.[dev]'")
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the project's code, with what `make lint` reads."""
    for folder in (*FOLDERS, "tests"):
        shutil.copytree(PROJECT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "evidence"))
    for name in ("pyproject.toml", "Makefile", "constraints.txt", "constraints-torch.txt"):
        shutil.copy(PROJECT / name, tmp_path / name)
    return tmp_path


def lint(folder: Path) -> str:
    """Return what `make lint` prints in a folder where it has to fail."""
    installed = f"{sys.prefix}/development"  # taken as it is: nothing is installed by a test
    command = ["make", "lint", f"VENV={sys.prefix}", "-o", installed]
    completed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - our own command

    assert completed.returncode != 0
    return completed.stdout + completed.stderr


@pytest.mark.parametrize(
    ("path", "line", "told"),
    [
        ("bench/harness/stats/spread.py", "import bench.harness.records.record", "bench.harness.stats.spread"),
        ("bench/harness/records/store.py", "import bench.harness.run.plan", "bench.harness.records.store"),
        ("models/lenet.py", "import bench.harness.errors", "models.lenet"),
        ("export/repository/layout.py", "import export.gate", "export.repository.layout"),
        ("serve/inference/lane.py", "import serve.api", "serve.inference.lane"),
        ("serve/log.py", "import export.repository.config", "serve.log"),
    ],
)
def test_an_upward_import_is_refused(copy: Path, path: str, line: str, told: str) -> None:
    """Also one inside a function: it is an arrow like any other."""
    with (copy / path).open("a", encoding="utf-8") as file:
        file.write(f'\n\ndef planted() -> None:\n    """Import upwards."""\n    {line}\n')

    assert f"{told} -> {line.removeprefix('import ')} " in lint(copy)


def test_a_circle_is_refused(copy: Path) -> None:
    """Two files of one room that import one another hold one noun, or two in the wrong place."""
    room = copy / "bench" / "harness" / "analysis"
    (room / "first.py").write_text('"""One."""\n\nimport bench.harness.analysis.second\n', "utf-8")
    (room / "second.py").write_text('"""Two."""\n\nimport bench.harness.analysis.first\n', "utf-8")

    assert "No circles, in any package BROKEN" in lint(copy)


def test_a_thirteenth_file_is_refused(copy: Path) -> None:
    """A room that is full is split before it grows."""
    room = copy / "export" / "gate"
    for number in range(FILES_AT_MOST + 1 - len(list(room.iterdir()))):
        (room / f"planted_{number}.py").write_text('"""Nothing."""\n', "utf-8")

    assert "'export/gate': 13" in lint(copy)
