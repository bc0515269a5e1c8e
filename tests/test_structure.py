"""The one direction in which imports go, and the size of files: what keeps the structure readable."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
FOLDERS = ("images", "models", "bench", "export", "serve")
MAY_IMPORT = {
    "images": {"images"},
    "models": {"models"},
    "bench": {"images", "models", "bench"},
    "export": {"images", "models", "bench", "export"},
    "serve": {"images", "export", "serve"},
}
LINES_AT_MOST = 300


def sources() -> list[Path]:
    """Return every Python file of the project's folders."""
    return [path for folder in FOLDERS for path in sorted((PROJECT / folder).rglob("*.py"))]


def imported(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, wherever in the file it does."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PROJECT)))
def test_imports_follow_the_data(path: Path) -> None:
    """Data flows from models through bench to export and serve: nobody imports against it."""
    folder = path.relative_to(PROJECT).parts[0]

    ours = {name.split(".")[0] for name in imported(path)} & set(FOLDERS)

    assert ours <= MAY_IMPORT[folder]


@pytest.mark.parametrize("path", sorted((PROJECT / "models").rglob("*.py")), ids=lambda path: path.stem)
def test_models_need_torch_and_safetensors_only(path: Path) -> None:
    """An architecture can be copied into another project: torch and safetensors are all it needs."""
    outside = {name.split(".")[0] for name in imported(path)} - set(sys.stdlib_module_names)

    assert outside <= {"models", "torch", "safetensors"}


@pytest.mark.parametrize("path", sorted((PROJECT / "images").rglob("*.py")), ids=lambda path: path.stem)
def test_pictures_need_pillow_and_numpy_only(path: Path) -> None:
    """Training, commands and the server read pictures by the same lines, so these import none of them."""
    outside = {name.split(".")[0] for name in imported(path)} - set(sys.stdlib_module_names)

    assert outside <= {"images", "numpy", "PIL"}


@pytest.mark.parametrize(
    ("name", "needs"),
    [("layout", set()), ("config", set()), ("golden", {"numpy", "onnxruntime", "export.repository.layout"})],
)
def test_what_the_server_shares_imports_nothing_heavy(name: str, needs: set[str]) -> None:
    """The model repository's layout needs the standard library alone: the server must start at once, without torch."""
    modules = set(imported(PROJECT / "export" / "repository" / f"{name}.py"))
    outside = {module for module in modules if module.split(".")[0] not in sys.stdlib_module_names}

    assert {module for module in outside if module.rpartition(".")[0] not in outside} == needs


@pytest.mark.parametrize("path", sorted((PROJECT / "serve").rglob("*.py")), ids=lambda path: path.stem)
def test_the_server_needs_the_repository_alone(path: Path) -> None:
    """Of what is ours, its layout and its sessions: neither training nor exporting, and no torch."""
    found = {name for name in imported(path) if name.startswith(("export", "torch", "bench", "models."))}

    assert all(name.startswith(("export.repository.layout", "export.repository.golden")) for name in found)


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PROJECT)))
def test_nobody_imports_a_study(path: Path) -> None:
    """Studies are found by their file name: adding one changes no other file."""
    assert not [name for name in imported(path) if name.startswith("bench.test_")]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PROJECT)))
def test_files_stay_short(path: Path) -> None:
    """A file that has grown past 300 lines holds two nouns."""
    assert len(path.read_text("utf-8").splitlines()) <= LINES_AT_MOST
