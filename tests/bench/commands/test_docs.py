"""Tests of bench.commands.docs."""

import shutil
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.commands import docs
from bench.commands.pages.sections import section_names
from bench.harness.analysis.analyse import analyse
from bench.harness.paths import COMMITTED_RECORDS, PROJECT
from bench.harness.records.record import load
from tests.pinned import as_committed


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of both README.md and of docs/, where the command looks for them."""
    shutil.copytree(PROJECT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("_build"))
    (tmp_path / "bench").mkdir()
    for name in ("README.md", "bench/README.md"):
        shutil.copy(PROJECT / name, tmp_path / name)
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    return tmp_path


@as_committed
@pytest.mark.parametrize(
    "name", ["README.md", "bench/README.md", "docs/trust.md", "docs/findings/index.md", docs.PICTURE]
)
def test_check_finds_a_stale_page_and_changes_nothing(copy: Path, name: str) -> None:
    """A figure that was changed by hand is an error that names the file, which stays as it is."""
    stale = copy / name
    text = stale.read_text("utf-8").replace("0.", "1.")
    stale.write_text(text, "utf-8")

    with pytest.raises(SystemExit, match=f"{name} does not show"):
        main(["docs", "--check"])

    assert stale.read_text("utf-8") == text


def test_check_finds_a_missing_picture(copy: Path) -> None:
    """A README whose picture is not there is stale too."""
    (copy / docs.PICTURE).unlink()

    with pytest.raises(SystemExit, match="does not show"):
        main(["docs", "--check"])


def test_pages_are_written_where_they_are_stale(copy: Path) -> None:
    """After the command has run, the check finds nothing, and the words around the sections are kept."""
    stale = copy / "docs" / "trust.md"
    stale.write_text("A new sentence.\n\n" + stale.read_text("utf-8").replace("± 0.", "± 1."), "utf-8")

    assert main(["docs"]) == 0
    assert main(["docs", "--check"]) == 0

    assert stale.read_text("utf-8") == "A new sentence.\n\n" + (PROJECT / "docs" / "trust.md").read_text("utf-8")


def test_every_section_of_every_page_is_written() -> None:
    """Markers in a page that the command does not know would be mistaken for generated text."""
    known = docs.pages(analyse(load(COMMITTED_RECORDS)))
    paths = [PROJECT / "README.md", PROJECT / "bench" / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
    sections = {path.relative_to(PROJECT).as_posix(): section_names(path.read_text("utf-8")) for path in paths}

    assert {page: names for page, names in sections.items() if names} == {page: [*known[page]] for page in known}
