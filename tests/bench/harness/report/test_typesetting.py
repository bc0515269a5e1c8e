"""Tests of tables as text, Markdown and LaTeX."""

import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.results import StudyResult
from bench.harness.report.typesetting import latex, markdown
from tests.bench.conftest import MakeRecord

HOSTILE = "5% of a_b | $x$ & #1 {~^\\} <i>*"


@pytest.fixture(scope="module")
def result(make_record: MakeRecord) -> StudyResult:
    """Return a study whose arm has a label with every letter that Markdown or LaTeX minds."""
    records = [make_record("base", seed, accuracy=0.6) for seed in range(5)]
    records += [make_record("other", seed, accuracy=0.9, label=HOSTILE, order=1) for seed in range(5)]
    return analyse(records)[0]


def test_markdown_rows_have_as_many_cells_as_the_header(result: StudyResult) -> None:
    """A bar in a label does not open a new cell."""
    text = markdown(result, result.comparisons[0]).replace(r"\|", "")

    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert [line.count("|") for line in lines] == [12] * 8


def test_markdown_escapes_what_it_would_interpret(result: StudyResult) -> None:
    """Stars, underscores, bars and tags stay as they are written."""
    assert r"5% of a\_b \| $x$ & #1 {~^\\} \<i\>\*" in markdown(result, result.comparisons[0])


def test_every_markdown_cell_is_escaped(make_record: MakeRecord) -> None:
    """A published number's source is somebody's text, too; a line break would end the row."""
    published = [{"value": 98.0, "source": "a|b*\nc", "note": ""}]
    result = analyse([make_record("base", 0, label="two\nlines", context={"published": published})])[0]

    text = markdown(result, result.comparisons[0])

    assert r"98 a\|b\* c" in text
    assert "two lines (baseline)" in text


def test_markdown_aligns_numbers_right(result: StudyResult) -> None:
    """GitHub reads the colons of the rule."""
    rule = next(line for line in markdown(result, result.comparisons[0]).splitlines() if line.startswith("|:"))

    assert rule.count("-:|") == 10


@pytest.mark.parametrize("heading", ["## Answers", "## Accuracy", "## Cost", "## How to read", "## Conditions"])
def test_markdown_has_all_parts(result: StudyResult, heading: str) -> None:
    """The answer comes with its tables and with what it was measured on."""
    assert heading in markdown(result, result.comparisons[0]).splitlines()


def test_latex_escapes_special_letters(result: StudyResult) -> None:
    """LaTeX would stop at a bare percent sign, underscore or backslash."""
    text = latex(result, result.comparisons[0])

    assert r"5\% of a\_b | \$x\$ \& \#1 \{\textasciitilde{}\^{}\textbackslash{}\} " in text


@pytest.mark.parametrize("symbol", ["±", "−", "×", "µ", "–", "\u202f"])
def test_latex_has_commands_for_symbols(result: StudyResult, symbol: str) -> None:
    """No symbol is left that an old LaTeX has no letter for."""
    assert symbol not in latex(result, result.comparisons[0])


def test_latex_is_in_booktabs_style_and_labelled(result: StudyResult) -> None:
    """Each table is a float of its own with a label to refer to."""
    text = latex(result, result.comparisons[0])

    assert text.count(r"\toprule") == text.count(r"\begin{table}") == text.count(r"\end{table}") == 2
    assert r"\label{tab:norm-main-cost}" in text


def test_tables_note_what_is_missing(make_record: MakeRecord) -> None:
    """A table without differences says why."""
    lonely = analyse([make_record("other", 0)])[0]

    texts = (markdown(lonely, lonely.comparisons[0]), latex(lonely, lonely.comparisons[0]))

    assert ["no trial yet of the baseline" in " ".join(text.split()) for text in texts] == [True] * 2
