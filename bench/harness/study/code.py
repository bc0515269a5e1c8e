"""A hash of the code that decides a trial's result: of two records with different ones only the newer code's count.

It covers the architecture's file, whatever that imports of models/, and the training: steps, optimiser, augmentation,
preprocessing, evaluation, the split, and the recipe's defaults. Comments, docstrings and formatting do not count.
"""

import ast
import hashlib
import inspect
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from bench.harness.paths import PROJECT
from models import registry

DIGITS = 16  # of the hash
TRAINING = (
    *("training/training.py", "training/optimisation.py", "training/augment.py", "training/evaluation.py"),
    *("data/dataset.py", "data/holdout.py", "data/preprocess.py", "study/recipe.py"),
)
INITIALISATION = PROJECT / "models" / "parts" / "initialisation.py"  # which the training asks for
_SCOPES = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def code_hash(architecture: str) -> str:
    """Return the hash of the code behind a registered architecture's trials.

    Raises:
        UnknownArchitectureError: no such architecture.
    """
    training = [PROJECT / "bench" / "harness" / name for name in TRAINING]
    net = with_imports(Path(inspect.getfile(registry.describe(architecture).constructor)))
    return hash_of([*net, *training, INITIALISATION])


def hash_of(files: Iterable[Path]) -> str:
    """Return the hash of what files say to Python, whatever their order."""
    digest = hashlib.sha256()
    for file in sorted(set(files)):
        digest.update(f"{file.stem}\n{meaning(file)}\n".encode())
    return digest.hexdigest()[:DIGITS]


@cache
def meaning(file: Path) -> str:
    """Return a module's source without comments, docstrings and its own formatting.

    Raises:
        SyntaxError: it is no Python.
    """
    tree = ast.parse(file.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, _SCOPES) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def with_imports(file: Path) -> list[Path]:
    """Return a file of models/ and all of models/ that it imports, directly or through others."""
    files, waiting = [], [file]
    while waiting:
        one = waiting.pop()
        if one not in files:
            files.append(one)
            waiting += _imports(one)
    return files


@cache
def _imports(file: Path) -> tuple[Path, ...]:
    return tuple(_imported(ast.parse(file.read_text("utf-8"))))


def _imported(tree: ast.Module) -> Iterator[Path]:
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module), names=names, level=0) if module.split(".")[0] == "models":
                yield from _files_of(module)
                for alias in names:
                    yield from _files_of(f"{module}.{alias.name}")
            case ast.Import(names=names):
                for alias in names:
                    if alias.name.split(".")[0] == "models":
                        yield from _files_of(alias.name)


def _files_of(module: str) -> Iterator[Path]:
    """Yield the file of a module, if it is one; packages have nothing in their `__init__.py` that decides anything."""
    file = PROJECT / f"{module.replace('.', '/')}.py"
    if file.is_file():
        yield file
