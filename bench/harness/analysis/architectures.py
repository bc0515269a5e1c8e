"""The architectures' own words on themselves, read from the sources of models/: torch, which builds them, is slow."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from bench.harness.paths import PROJECT

MODELS = PROJECT / "models"


@cache
def summaries(folder: Path = MODELS) -> Mapping[str, str]:
    """Return the first line of the docstring of every registered architecture, by its name.

    Args:
        folder: has the files in which classes and functions are decorated with `@register("name", ...)`.
    """
    return {
        name: (ast.get_docstring(node) or "").partition("\n")[0]
        for file in sorted(folder.glob("*.py"))
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
        for name in _registered(node)
    }


def _registered(node: ast.ClassDef | ast.FunctionDef) -> Iterator[str]:
    for decorator in node.decorator_list:
        match decorator:
            case ast.Call(func=ast.Name(id="register"), args=[ast.Constant(value=str(name)), *_]):
                yield name
