"""`python -m bench docs`: write the committed results and the reference into README.md, bench/README.md and docs/.

The text stands between markers. The results are bench/evidence/quick/records.jsonl, a copy of what `make bench` left,
bench/evidence/published/records.jsonl, of what `--protocol published` left, and what `python -m bench speed`,
`contest`, `stress` and the other measurements wrote to bench/evidence; the reference comes from the code: options,
commands, data sets, the fields of a record. `--check` changes nothing and exits with 1 where a page is stale.
"""

import argparse
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from bench.commands.pages.agreement import agreement_runs, agreement_text
from bench.commands.pages.calibration import calibration_text, speed_check_text
from bench.commands.pages.evidence import read_evidence
from bench.commands.pages.fields import fields_text
from bench.commands.pages.findings import committed_findings, pictures, sections_of
from bench.commands.pages.measurements import measurement_sections
from bench.commands.pages.reference import command_options_text, commands_table, datasets_table, options_table
from bench.commands.pages.results import (
    answers_table,
    articles_text,
    committed_results,
    rates_pictures,
    results_text,
)
from bench.commands.pages.sections import with_sections
from bench.commands.pages.studies import rooms_table, studies_table
from bench.commands.runs.page import compare_picture, compare_sections
from bench.harness.analysis.results import StudyResult
from bench.harness.files import write_text
from bench.harness.paths import COMMITTED_RECORDS, EVIDENCE, PROJECT
from bench.harness.records.schema import schema_text
from bench.harness.records.store import RECORDS
from bench.harness.report.figures.forest import forest_svg
from bench.performance.speed_table import readme_text as speed_text
from bench.server.contest.table import report as contest_text
from bench.server.stress.table import table as stress_text

ROOT = PROJECT
PICTURE = "docs/images/differences.svg"
HEADLINES_PICTURE = "docs/images/headlines.svg"
HEADLINES = ("activation", "kernel-size", "batch-norm", "lrn", "convolution")  # README's, as far as there are findings
COMPARING_PICTURE = "docs/images/comparing.svg"
ON_REQUEST = ("learning-speed", "precision")
RECORD_SCHEMA = "docs/record.schema.json"


def pages(results: Sequence[StudyResult]) -> dict[str, Mapping[str, str]]:
    """Return the sections of every page that has some: Markdown by the section's name, by the page's path.

    Args:
        results: the committed run's.
    """
    return {
        "README.md": {"answers": answers_table(headlines(), page="docs/findings/{study}.md")},
        "bench/README.md": {"studies": studies_table(results), "rooms": rooms_table()},
        "docs/results.md": {
            "articles": articles_text(),
            "results": results_text(results),
            **{name: results_text(own) for name, own in on_request().items()},
        },
        "docs/options.md": {"options": options_table(), "commands": command_options_text()},
        "docs/commands.md": {"commands": commands_table()},
        "docs/data.md": {"datasets": datasets_table()},
        "docs/records.md": {"fields": fields_text()},
        "docs/exported.md": {name: _export_table(name) for name in ("export", "benchmark")},
        "docs/trust.md": {
            "calibration": calibration_text(read_evidence(EVIDENCE, "calibration.json")),
            "agreement": agreement_text(agreement_runs()),
            "speed-check": speed_check_text(read_evidence(EVIDENCE, "speed_check.json")),
            "speed-check-busy": speed_check_text(read_evidence(EVIDENCE, "speed_check_busy.json")),
        },
        "docs/speed.md": {"speed": speed_text(read_evidence(EVIDENCE, "speed.json"))},
        "docs/contest.md": {
            name: contest_text(read_evidence(EVIDENCE, f"{name}.json")) for name in ("serving", "own-http")
        },
        "docs/stress.md": {"fire": stress_text(read_evidence(EVIDENCE, "fire.json"))},
        "docs/measurements.md": measurement_sections(EVIDENCE),
        "docs/comparing.md": compare_sections(),
        **sections_of(committed_findings()),
    }


def headlines() -> list[StudyResult]:
    """Return the findings that README.md begins with, in its order: those with a verdict."""
    judged = {
        finding.study: finding
        for finding in committed_findings()
        if any(one.verdict for one in finding.judgements.values())
    }
    return [judged[name] for name in HEADLINES if name in judged]


@cache
def on_request() -> dict[str, list[StudyResult]]:
    """Return the committed results of studies that are run where they are named, by their names."""
    return {name: committed_results(EVIDENCE / name / RECORDS) for name in ON_REQUEST}


def _export_table(name: str) -> str:
    return (PROJECT / "export" / "evidence" / f"{name}.md").read_text("utf-8").strip()


def documentation(root: Path) -> dict[Path, str]:
    """Return what every generated file should hold, by its path.

    Args:
        root: the project's folder, or a copy of it; the pages' own words are read from there.

    Raises:
        UserError: a page lacks the markers of a section.
    """
    results = committed_results(COMMITTED_RECORDS)
    texts = {
        root / name: with_sections((root / name).read_text("utf-8"), sections, name)
        for name, sections in pages(results).items()
    }
    drawn = {root / name: svg for finding in committed_findings() for name, svg in pictures(finding).items()}
    chosen = [*results, *(result for own in on_request().values() for result in own)]
    drawn |= {root / name: svg for name, svg in rates_pictures(chosen).items()}
    drawn[root / COMPARING_PICTURE] = compare_picture()
    drawn[root / HEADLINES_PICTURE] = forest_svg(headlines())
    return {root / PICTURE: forest_svg(results), root / RECORD_SCHEMA: schema_text(), **drawn, **texts}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the check."""
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 where a page is stale")


def run(arguments: argparse.Namespace) -> None:
    """Write the pages, or check that they are up to date.

    Raises:
        SystemExit: with a sentence and the status 1, where the check meets a stale page.
    """
    for path, text in documentation(ROOT).items():
        if not arguments.check:
            write_text(path, text)
        elif not path.is_file() or path.read_text("utf-8") != text:
            raise SystemExit(f"{path} does not show the committed results: run `python -m bench docs`")
