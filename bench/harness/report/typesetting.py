"""Writes a comparison's tables as Markdown and as LaTeX."""

import re
from collections.abc import Sequence

from tabulate import LATEX_ESCAPE_RULES, tabulate

from bench.harness.analysis.conditions import conditions, one_line
from bench.harness.analysis.results import ComparisonResult, StudyResult
from bench.harness.files import slug
from bench.harness.report.answers import answers
from bench.harness.report.notes import notes
from bench.harness.report.tables import Table, tables

MARKDOWN_SPECIAL = re.compile(r"([\\`*_<>|\[\]])")
LATEX_SPECIAL = str.maketrans(LATEX_ESCAPE_RULES)  # those by which tabulate writes cells
LATEX_SYMBOLS = str.maketrans(
    {
        "\u202f": r"\,",
        "−": r"\ensuremath{-}",
        "±": r"\ensuremath{\pm}",
        "×": r"\ensuremath{\times}",
        "µ": r"\ensuremath{\mu}",
        "→": r"\ensuremath{\to}",
        "≤": r"\ensuremath{\leq}",
        "≥": r"\ensuremath{\geq}",
        "–": "--",
    }
)


def _tabulate(rows: Sequence[Sequence[str]], headers: Sequence[str], table: Table, style: str) -> str:
    return tabulate(rows, headers, tablefmt=style, disable_numparse=True, colalign=table.alignments)


def markdown(result: StudyResult, comparison: ComparisonResult) -> str:
    """Return the tables as GitHub renders them, with the conditions below."""
    parts = [f"# {markdown_text(result.study)}: {markdown_text(comparison.title)}", markdown_text(result.question)]
    parts += _markdown_list("Answers", answers(result, comparison))
    typeset = tables(result, comparison)
    for table in typeset:
        headers = [markdown_text(header) for header in table.headers]
        rows = [[markdown_text(cell) for cell in row] for row in table.rows]
        parts += [f"## {_sentence_case(table.name)}", _tabulate(rows, headers, table, "pipe")]
    parts += _markdown_list("Notes", notes(result, comparison))
    parts += _markdown_list("How to read", list(dict.fromkeys(line for table in typeset for line in table.legend)))
    parts += _markdown_list("Conditions", [f"{name}: {text}" for name, text in conditions(result).items()])
    return "\n\n".join(parts) + "\n"


def _markdown_list(title: str, lines: Sequence[str]) -> list[str]:
    return [f"## {title}", "\n".join(f"- {markdown_text(line)}" for line in lines)] if lines else []


def markdown_text(text: str) -> str:
    """Return text as Markdown that shows it in one line: what Markdown would interpret is escaped."""
    return MARKDOWN_SPECIAL.sub(r"\\\1", " ".join(text.splitlines()))


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def latex(result: StudyResult, comparison: ComparisonResult) -> str:
    """Return the tables as LaTeX floats to be input; the preamble needs booktabs and graphicx."""
    label = f"{result.study}-{comparison.name}"
    floats = [_latex_float(result, comparison, table, label) for table in tables(result, comparison)]
    return "\n\n".join([r"% needs \usepackage{booktabs} and \usepackage{graphicx}", *floats]) + "\n"


def _latex_float(result: StudyResult, comparison: ComparisonResult, table: Table, label: str) -> str:
    body = _tabulate(table.rows, table.headers, table, "latex_booktabs").translate(LATEX_SYMBOLS)
    remarks = [*notes(result, comparison), *table.legend, f"Measured with: {one_line(result)}."]
    title = f"{comparison.title}: {table.name}."
    return "\n".join(
        [
            r"\begin{table}[htbp]",
            r"\centering",
            rf"\caption{{{_latex_text(title)}}}",
            rf"\label{{tab:{slug(f'{label}-{table.name}')}}}",
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            f"{body}}}",
            r"\par\smallskip\begin{minipage}{\linewidth}\footnotesize",
            "\n".join(_latex_text(remark) for remark in remarks),
            r"\end{minipage}",
            r"\end{table}",
        ]
    )


def _latex_text(text: str) -> str:
    return text.translate(LATEX_SPECIAL).translate(LATEX_SYMBOLS)
