"""Tests of bench.harness.study.code: what changes the hash of the code behind a trial, and what does not."""

from pathlib import Path

import pytest

from bench.harness.paths import PROJECT
from bench.harness.study import code
from bench.harness.study.code import code_hash, hash_of
from models import registry

LENET = (PROJECT / "models" / "lenet.py").read_text("utf-8")


def hashed(folder: Path, name: str, source: str) -> str:
    """Return the hash of a file of this content, wherever it lies."""
    (folder / name).mkdir()
    path = folder / name / "lenet.py"
    path.write_text(source, "utf-8")
    return hash_of([path])


def test_comments_docstrings_and_formatting_do_not_count(tmp_path: Path) -> None:
    """A record stays valid where only words about the code have changed."""
    plain = 'def double(x):\n    """Twice."""\n    return 2 * x\n'
    other = (
        '"""A module."""\n# a comment\ndef double(x):\n    """Return it twice."""\n\n    return (2\n            * x)\n'
    )

    assert hashed(tmp_path, "a", plain) == hashed(tmp_path, "b", other)


@pytest.mark.parametrize(("old", "new"), [("xavier_uniform_", "zeros_"), ("return 2", "return 3"), ("x", "y")])
def test_what_python_runs_counts(old: str, new: str, tmp_path: Path) -> None:
    """Another initialisation, number or name is other code."""
    source = "def f(x):\n    xavier_uniform_(x)\n    return 2\n"

    assert hashed(tmp_path, "a", source) != hashed(tmp_path, "b", source.replace(old, new))


@pytest.mark.parametrize("name", registry.names())
def test_every_architecture_has_a_hash(name: str) -> None:
    """It is of a fixed length, and the same when asked again."""
    assert len(code_hash(name)) == code.DIGITS


def test_families_have_hashes_of_their_own() -> None:
    """A change of LeNet leaves the records of ResNets valid."""
    assert code_hash("lenet5") != code_hash("resnet20")


def test_a_file_stands_with_what_it_imports() -> None:
    """Layers, options and the registry belong to LeNet; other families do not."""
    files = code.with_imports(PROJECT / "models" / "lenet.py")

    assert {file.name for file in files} >= {"lenet.py", "layers.py", "registry.py", "geometry.py"}
    assert not {"sk.py", "resnet.py"} & {file.name for file in files}


@pytest.mark.parametrize("name", code.TRAINING)
def test_the_training_is_there(name: str) -> None:
    """Every file that is named exists: a renamed one would silently stop to count."""
    assert (PROJECT / "bench" / "harness" / name).is_file()
