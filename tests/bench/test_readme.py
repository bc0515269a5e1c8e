"""Tests of bench.readme."""

from pathlib import Path

import pytest

from bench import readme
from bench.errors import UserError

TEXT = f"before\n{readme.BEGIN}\nold\n{readme.END}\nafter\n"


def test_only_the_text_between_the_markers_is_replaced() -> None:
    """Twice is as good as once."""
    once = readme.with_results(TEXT, "new")

    assert once == f"before\n{readme.BEGIN}\n\nnew\n\n{readme.END}\nafter\n"
    assert readme.with_results(once, "new") == once


@pytest.mark.parametrize("marker", [readme.BEGIN, readme.END])
def test_a_missing_marker_is_named(marker: str) -> None:
    """Without both, nobody knows where the results belong."""
    with pytest.raises(UserError, match="lacks its markers"):
        readme.with_results(TEXT.replace(marker, ""), "new")


def test_check_finds_a_stale_readme_and_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The committed records say something else than this README."""
    stale = tmp_path / "README.md"
    stale.write_text(TEXT, "utf-8")
    monkeypatch.setattr(readme, "README", stale)

    with pytest.raises(SystemExit, match="does not show"):
        readme.main(["--check"])

    assert stale.read_text("utf-8") == TEXT
