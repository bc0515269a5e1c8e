"""Names say what a thing is, and docstrings are plain sentences: held for every Python file of ours."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("models", "bench", "export", "serve", "images", "tests")
EMPTY_NAMES = frozenset({"found", "each"})
OPENING = re.compile(r"(of|that|what|how)\b", re.IGNORECASE)
SINGLE_ENTRY = ("Returns:", "Yields:")  # sections that hold one entry, named or not
SECTION = re.compile(r"(Args|Arguments|Attributes|Returns|Yields):$")
ENTRY = re.compile(r"[*\w]+(?: \(.+?\))?(?:, [*\w]+(?: \(.+?\))?)*: +(.+)$")


def _names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case (
                ast.Name(id=str(name), ctx=ast.Store())
                | ast.arg(arg=str(name))
                | ast.alias(asname=str(name))
                | ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
                | ast.MatchMapping(rest=str(name))
            ) if name in EMPTY_NAMES:
                yield node.lineno, name


def _entries(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield the number of a line and its text, for the first line of every entry of a docstring's sections.

    A section `Returns:` or `Yields:` is one entry, whose further lines stand as far to the right as its first.
    """
    section, margin, inner = "", -1, -1
    for number, line in enumerate(lines[1:], 1):
        text = line.strip()
        depth = len(line) - len(line.lstrip())
        if SECTION.match(text):
            section, margin, inner = text, depth, -1
        elif text and section and depth <= margin:
            section = ""
        elif text and section:
            first = inner < 0
            inner = depth if first else inner
            entry = ENTRY.match(text)
            if section in SINGLE_ENTRY:
                if first:
                    yield number, entry[1] if entry else text
            elif depth == inner and entry:
                yield number, entry[1]


def _openings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        docstring = ast.get_docstring(node, clean=False) if isinstance(node, documented) else None
        if docstring is None:
            continue
        first = node.body[0].lineno  # type: ignore[attr-defined]  # only nodes with a body have a docstring
        lines = docstring.split("\n")
        for number, text in [(0, lines[0].strip()), *_entries(lines)]:
            if opening := OPENING.match(text):
                yield first + number, opening[1]


def complaints(path: Path, root: Path) -> list[str]:
    """Return one `path:line word` per name that says nothing and per docstring or entry that opens as none should."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [f"{path.relative_to(root)}:{line} {word}" for line, word in sorted([*_names(tree), *_openings(tree)])]


def _files() -> list[Path]:
    return [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]


def test_names_and_docstrings_say_what_a_thing_is() -> None:
    """No variable is called `found` or `each`, no docstring or entry opens with of, that, what or how."""
    files = _files()

    assert len(files) > 100
    assert [complaint for path in files for complaint in complaints(path, ROOT)] == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("found = 1", ["file.py:1 found"]),
        ("for each in (): pass", ["file.py:1 each"]),
        ("[0 for _, each in ()]", ["file.py:1 each"]),
        ("with open('') as found: pass", ["file.py:1 found"]),
        ("(found := 1)", ["file.py:1 found"]),
        ("lambda each: 0", ["file.py:1 each"]),
        ("def f(*, found=1): pass", ["file.py:1 found"]),
        ("def f(**each): pass", ["file.py:1 each"]),
        ("try: pass\nexcept OSError as found: pass", ["file.py:2 found"]),
        ("import json as found", ["file.py:1 found"]),
        ("from json import loads as each", ["file.py:1 each"]),
        ("match 1:\n    case found: pass", ["file.py:2 found"]),
        ("match 1:\n    case int() as each: pass", ["file.py:2 each"]),
        ("match []:\n    case [*found]: pass", ["file.py:2 found"]),
        ("match {}:\n    case {**each}: pass", ["file.py:2 each"]),
        ('"""What a file is."""', ["file.py:1 What"]),
        ('def f():\n    """How much."""', ["file.py:2 How"]),
        ('class A:\n    """A thing.\n\n    Attributes:\n        name: of it.\n    """', ["file.py:5 of"]),
        ('def f(a):\n    """Do it.\n\n    Args:\n        a (int): how much.\n    """', ["file.py:5 how"]),
        ('def f(a):\n    """Do it.\n\n    Args:\n        a (f(int), optional): of it.\n    """', ["file.py:5 of"]),
        ('def f(a):\n    """Do it.\n\n    Args:\n        a: a line\n            that: goes on.\n    """', []),
        ('def f(a):\n    """Do it.\n\n    Returns:\n        That much.\n    """', ["file.py:5 That"]),
        ('def f(a):\n    """Do it.\n\n    Returns:\n        (n, k) counts\n        of images.\n    """', []),
        ('def f(a):\n    """Do it.\n\n    Returns:\n        dict: that much.\n    """', ["file.py:5 that"]),
        ('def f(a):\n    """Offer a page; whatever: of it."""', []),
        ("def each(): return found", []),
    ],
)
def test_a_planted_word_is_named_with_its_line(source: str, expected: list[str], tmp_path: Path) -> None:
    """A planted word is reported with file and line, whatever binds the name; other words are not."""
    path = tmp_path / "file.py"
    path.write_text(source, encoding="utf-8")

    assert complaints(path, tmp_path) == expected
