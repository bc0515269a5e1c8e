"""The sections of bench/README.md: the studies with their verdicts in the committed run, and the folder's rooms."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from tabulate import tabulate

from bench.harness.analysis.results import StudyResult
from bench.harness.files import slug
from bench.harness.number_format import MISSING
from bench.harness.paths import STUDIES
from bench.harness.report.answers import short_answers
from bench.harness.report.typesetting import markdown_text
from bench.harness.run.plan import record_seconds

STUDY_HEADERS = ("study", "question", "arms", "minutes", "verdict")
SECONDS_PER_MINUTE = 60


def studies_table(results: Sequence[StudyResult]) -> str:
    """Return one row per study: its file, question, number of arms, minutes of training, and answers."""
    rows = [
        (
            f"[{result.study}](test_{slug(result.study).replace('-', '_')}.py)",
            markdown_text(result.question),
            str(len(result.arms)),
            f"{sum(map(record_seconds, result.records)) / SECONDS_PER_MINUTE:.1f}",
            markdown_text("; ".join(short_answers(result))) or MISSING,
        )
        for result in results
    ]
    return tabulate(rows, STUDY_HEADERS, tablefmt="pipe", disable_numparse=True)


def rooms_table(folder: Path = STUDIES) -> str:
    """Return one row per package below a folder: its path, and the first line of its docstring.

    Args:
        folder: the project's folder `bench`, or another one.
    """
    rows = [(f"`{path.relative_to(folder).as_posix()}/`", line.replace("|", r"\|")) for path, line in _packages(folder)]
    return tabulate(rows, ("room", "what is there"), tablefmt="pipe", disable_numparse=True)


def _packages(folder: Path) -> Iterator[tuple[Path, str]]:
    for file in sorted(folder.glob("*/**/__init__.py")):
        docstring = ast.get_docstring(ast.parse(file.read_text("utf-8")))
        yield file.parent, (docstring or "").partition("\n")[0]
