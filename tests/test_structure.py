"""The tree stays readable where no import contract can say it: the size of files and folders, what stands alone.

The arrows between rooms are contracts in pyproject.toml. `make lint` holds both; tests/test_contracts.py sees it do so.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
FOLDERS = ("images", "models", "bench", "export", "serve", "convbench")
LINES_AT_MOST = 300
FILES_AT_MOST = 12
STUDY_LINES_AT_MOST = 45
GROWING = ("models", "tests/models", "bench/evidence")  # an architecture a file, and what measurements wrote


def sources(*folders: str) -> list[Path]:
    """Return every Python file of some folders, of all of the project's without any."""
    return [path for folder in folders or FOLDERS for path in sorted((PROJECT / folder).rglob("*.py"))]


def studies() -> list[Path]:
    """Return the files of the studies."""
    return sorted((PROJECT / "bench").glob("test_*.py"))


def name_of(path: Path) -> str:
    """Return a file's path below the project."""
    return path.relative_to(PROJECT).as_posix()


def imported(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, wherever in the file it does."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def outside(path: Path) -> set[str]:
    """Return the packages that a file needs beside the standard library."""
    return {name.split(".")[0] for name in imported(path)} - set(sys.stdlib_module_names)


def test_models_need_torch_and_safetensors_only() -> None:
    """An architecture can be copied into another project: torch and safetensors are all it needs."""
    needs = {name_of(path): outside(path) - {"models", "torch", "safetensors"} for path in sources("models")}

    assert {path: names for path, names in needs.items() if names} == {}


def test_pictures_need_pillow_and_numpy_only() -> None:
    """Training, commands and the server read pictures by the same lines, so these import none of them."""
    needs = {name_of(path): outside(path) - {"images", "numpy", "PIL"} for path in sources("images")}

    assert {path: names for path, names in needs.items() if names} == {}


@pytest.mark.parametrize(
    ("name", "needs"),
    [("layout", set()), ("config", set()), ("golden", {"numpy", "onnxruntime", "export.repository.layout"})],
)
def test_what_the_server_shares_imports_nothing_heavy(name: str, needs: set[str]) -> None:
    """The model repository's layout needs the standard library alone: the server must start at once, without torch."""
    modules = set(imported(PROJECT / "export" / "repository" / f"{name}.py"))
    foreign = {module for module in modules if module.split(".")[0] not in sys.stdlib_module_names}

    assert {module for module in foreign if module.rpartition(".")[0] not in foreign} == needs


def test_nobody_imports_a_study() -> None:
    """Studies are found by their file name: adding one changes no other file."""
    assert [name_of(path) for path in sources() if any(name.startswith("bench.test_") for name in imported(path))] == []


def test_a_study_imports_the_words_of_a_study_alone() -> None:
    """It reads like a question, and what the harness does inside may change without it."""
    allowed = "bench.harness.study"
    modules = {name_of(path): {name.rpartition(".")[0] for name in imported(path)} - {""} for path in studies()}

    assert modules == {path: {allowed, allowed.rpartition(".")[0]} for path in modules}


def test_studies_are_short() -> None:
    """Code that does not fit into 45 lines belongs into the harness."""
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in studies()}

    assert {path: length for path, length in lengths.items() if length > STUDY_LINES_AT_MOST} == {}
    assert len(lengths) >= 3


def test_files_stay_short() -> None:
    """A file that has grown past 300 lines holds two nouns."""
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in sources(*FOLDERS, "tests")}

    assert {path: length for path, length in lengths.items() if length > LINES_AT_MOST} == {}


def test_folders_stay_small() -> None:
    """A folder with a thirteenth file holds two rooms. Studies and architectures, one more file each, do not count."""
    files = [path for folder in (*FOLDERS, "tests") for path in (PROJECT / folder).rglob("*") if path.is_file()]
    counted = Counter(
        name_of(path.parent)
        for path in files
        if path not in studies() and path.parent.name != "__pycache__" and not name_of(path).startswith(GROWING[2])
    )

    assert {folder: count for folder, count in counted.items() if count > FILES_AT_MOST and folder not in GROWING} == {}
