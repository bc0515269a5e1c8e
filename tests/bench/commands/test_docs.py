"""Tests of bench.commands.docs."""

from pathlib import Path

import pytest

from bench.commands import docs
from bench.harness.analysis.analyse import analyse
from bench.harness.errors import UserError
from tests.bench.conftest import MakeRecord

BEGIN, END = docs.MARKERS
TEXT = f"before\n{BEGIN}\nold\n{END}\nafter\n"


def test_only_the_text_between_the_markers_is_replaced() -> None:
    """Twice is as good as once."""
    once = docs.with_text(TEXT, docs.MARKERS, "new")

    assert once == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert docs.with_text(once, docs.MARKERS, "new") == once


@pytest.mark.parametrize("marker", docs.MARKERS)
def test_a_missing_marker_is_named(marker: str) -> None:
    """Without both, nobody knows where the results belong."""
    with pytest.raises(UserError, match="lacks its markers"):
        docs.with_text(TEXT.replace(marker, ""), docs.MARKERS, "new")


def test_check_finds_a_stale_readme_and_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The committed records say something else than this README."""
    stale = tmp_path / "README.md"
    text = TEXT + "\n".join((*docs.SPEED_MARKERS, *docs.SERVING_MARKERS, *docs.FIRE_MARKERS))
    stale.write_text(text, "utf-8")
    monkeypatch.setattr(docs, "README", stale)

    with pytest.raises(SystemExit, match="does not show"):
        docs.main(["--check"])

    assert stale.read_text("utf-8") == text


def rows_of(text: str) -> list[list[str]]:
    """Return the cells of a table's rows below its header."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_a_row_has_the_speed_with_its_interval(make_record: MakeRecord) -> None:
    """A ratio of speeds without its interval would pass for exact."""
    records = [make_record(arm, seed) for arm in ("base", "other") for seed in range(5)]

    base, other = rows_of(docs.results_text(analyse(records)))

    assert (base[0], base[-1]) == ("base (baseline)", "1")
    assert other[-1] == "1.00 [0.98, 1.02]"


def test_an_arm_that_is_not_compared_is_no_baseline(make_record: MakeRecord) -> None:
    """Where the baseline has no trial there is neither a difference nor a speed of 1."""
    (row,) = rows_of(docs.results_text(analyse([make_record("other", 0)])))

    assert (row[0], row[2:4], row[5]) == ("other", ["–", "–"], "–")


def test_a_label_stays_in_its_cell(make_record: MakeRecord) -> None:
    """A bar or a line break in a label would break the table."""
    text = docs.results_text(analyse([make_record("base", 0, label="a|b\nc")]))

    assert r"| a\|b c (baseline) |" in text


def test_what_others_published_stands_below_the_table(make_record: MakeRecord) -> None:
    """Once an arm, in the report's words, though the arm stands in two comparisons."""
    context = {"published": [{"value": 98.49, "source": "S3", "note": "one run"}]}
    both = (("first", "base"), ("second", "base"))

    text = docs.results_text(analyse([make_record("base", 0, comparisons=both, context=context)]))

    assert text.count("\n\n- S3 published 98.49 % for base (one run).\n\n<sub>") == 1
