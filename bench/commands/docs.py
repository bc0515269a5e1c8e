"""`python -m bench docs`: write the committed results into README.md, between their markers, and the evidence's page.

The results are bench/evidence/quick/records.jsonl, a copy of what `make bench` left, and what `python -m bench speed`,
`contest` and `stress` wrote to speed.json, serving.json and fire.json there; the other measurements in that folder
are shown in its own README.md. `--check` changes nothing and exits with 1 where a page does not show them.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence

from tabulate import tabulate

from bench.commands.measurements import page
from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.conditions import one_line
from bench.harness.analysis.results import ArmRow, StudyResult
from bench.harness.command import main_guard
from bench.harness.errors import UserError
from bench.harness.files import write_text
from bench.harness.number_format import MISSING, measured, number, percent, signed
from bench.harness.paths import COMMITTED_RECORDS, EVIDENCE, PROJECT
from bench.harness.records.record import load
from bench.harness.report.answers import study_answers
from bench.harness.report.notes import published
from bench.harness.report.typesetting import markdown_text
from bench.performance.speed_table import readme_text as speed_text
from bench.server.contest.table import report as serving_text
from bench.server.stress.table import table as fire_text

README = PROJECT / "README.md"
SPEED = EVIDENCE / "speed.json"
MARKERS = ("<!-- results: made by `python -m bench docs` -->", "<!-- end of results -->")
SPEED_MARKERS = ("<!-- speed: made by `python -m bench docs` -->", "<!-- end of speed -->")
SERVING = EVIDENCE / "serving.json"
FIRE = EVIDENCE / "fire.json"
SERVING_MARKERS = ("<!-- serving: made by `python -m bench docs` -->", "<!-- end of serving -->")
FIRE_MARKERS = ("<!-- fire: made by `python -m bench docs` -->", "<!-- end of fire -->")
HEADERS = ("arm", "test accuracy %", "difference, points", "verdict", "training images/s", "speed")


def results_text(results: Sequence[StudyResult]) -> str:
    """Return every study's answers, its comparisons in one table, what others published, and the conditions."""
    parts = []
    for result in results:
        parts.append(f"**{result.question}**")
        parts.append(_list(study_answers(result)))
        rows = [row for comparison in result.comparisons for row in map(_row, comparison.rows)]
        parts.append(tabulate(rows, HEADERS, tablefmt="pipe", disable_numparse=True))
        parts.append(_list(published(result.arms)))
        parts.append(f"<sub>{one_line(result)}</sub>")
    return "\n\n".join(filter(None, parts))


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {' '.join(line.splitlines())}" for line in lines)


def _row(row: ArmRow) -> tuple[str, ...]:
    arm, judgement, label = row.arm, row.judgement, markdown_text(row.arm.label)
    accuracy = percent(arm.accuracy.mean, arm.accuracy.low, arm.accuracy.high)
    speed = arm.train_images_per_second
    throughput = MISSING if speed is None else measured(speed.mean, speed.low, speed.high)
    if row.is_baseline:
        return (f"{label} (baseline)", accuracy, "", "", throughput, "1")
    if judgement is None:
        return (label, accuracy, MISSING, MISSING, throughput, _speed(row))
    found = judgement.difference
    ends = "" if found.low is None or found.high is None else f" [{_points(found.low)}, {_points(found.high)}]"
    difference = f"{_points(found.effect)}{ends}"
    return (label, accuracy, difference, judgement.verdict or "none", throughput, _speed(row))


def _speed(row: ArmRow) -> str:
    if row.throughput_ratio is None:
        return MISSING
    ratio, low, high = row.throughput_ratio
    ends = "" if low is None or high is None else f" [{number(low, 2)}, {number(high, 2)}]"
    return f"{number(ratio, 2)}{ends}"


def _points(difference: float) -> str:
    return signed(100 * difference, 2)


def with_text(readme: str, markers: tuple[str, str], text: str) -> str:
    """Return the README with the text between two markers.

    Raises:
        UserError: a marker is missing.
    """
    before, begin, rest = readme.partition(markers[0])
    _, end, after = rest.partition(markers[1])
    if not (begin and end):
        raise UserError(f"README.md lacks its markers: put {markers[0]} and {markers[1]} where the figures belong")
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


@main_guard
def main(argv: Sequence[str] | None = None) -> None:
    """Write the results, or check that they are there."""
    parser = argparse.ArgumentParser(prog="python -m bench docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 where it is stale")
    arguments = parser.parse_args(argv)
    wanted = with_text(README.read_text("utf-8"), MARKERS, results_text(analyse(load(COMMITTED_RECORDS))))
    wanted = with_text(wanted, SPEED_MARKERS, speed_text(json.loads(SPEED.read_text("utf-8"))))
    wanted = with_text(wanted, SERVING_MARKERS, serving_text(json.loads(SERVING.read_text("utf-8"))))
    wanted = with_text(wanted, FIRE_MARKERS, fire_text(json.loads(FIRE.read_text("utf-8"))))
    for path, text in ((README, wanted), (EVIDENCE / "README.md", page(EVIDENCE))):
        if not arguments.check:
            write_text(path, text)
        elif not path.is_file() or path.read_text("utf-8") != text:
            sys.exit(f"{path} does not show the committed results: run `python -m bench docs`")
