"""`python -m bench compare BASE NEW [NEW ...]`: how accuracy and speed of each arm changed from run to run.

Runs are results folders, files of records, or JSONs that `pytest bench/ --benchmark-json` wrote. They are joined by
study, arm and seed; conditions that differ are named. Speeds are compared on the same kind of machine only.

With --gate the exit status is 0 where a drop beyond what is allowed is excluded for every arm, 1 where one is shown,
or an arm or the base is missing, and 2 where the runs cannot tell (--strict: 1).
"""

import argparse
import sys
from pathlib import Path

from bench.commands.runs.sources import load_run
from bench.harness.analysis.runs.compare import Comparison, compare
from bench.harness.analysis.runs.gate import EXIT, Gate, GateLine, check, parse_gate, worst
from bench.harness.errors import UserError, one_line
from bench.harness.files import write_json, write_text
from bench.harness.report.runs.table import comparison_csv, comparison_lines, comparison_markdown, gate_lines

TABLE, FIGURE, VALUES, GATES = "compare.md", "compare.svg", "compare.csv", "gate.json"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the runs, the gates and where files go."""
    parser.add_argument("base", type=Path, metavar="BASE", help="the run that is compared with")
    parser.add_argument("new", type=Path, nargs="+", metavar="NEW", help="one run or several")
    parser.add_argument(
        "--gate",
        action="append",
        default=[],
        metavar="WHAT:LOSS",
        help="accuracy:0.3 allows a loss of 0.3 points, speed:10%% one of a tenth; may be given twice",
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1, not 2, where the runs cannot tell")
    parser.add_argument(
        "--unlike-machines", action="store_true", help="compare speeds also where machines differ: for what it is worth"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help=f"write {TABLE}, {FIGURE}, {VALUES} and, with gates, {GATES} there"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the comparison, and write it; return the gate's exit status, 0 without one.

    Raises:
        UserError: a run that cannot be read, or has no arm of the base. With a gate it is printed and fails.
    """
    try:
        return _run(arguments, [parse_gate(text) for text in arguments.gate])
    except (UserError, OSError) as error:
        if not arguments.gate:
            raise
        print(f"error: {one_line(error)}; the gate fails", file=sys.stderr)  # noqa: T201 - the command's own error
        return EXIT["lost"]


def _run(arguments: argparse.Namespace, gates: list[Gate]) -> int:
    comparisons = compare(
        load_run(arguments.base),
        [load_run(path) for path in arguments.new],
        unlike_machines=arguments.unlike_machines,
    )
    lines = check(comparisons, gates)
    shown = [line for comparison in comparisons for line in comparison_lines(comparison)]
    print("\n".join([*shown, *gate_lines(lines)]))  # noqa: T201 - the command's output
    if arguments.out is not None:
        _write(arguments.out, comparisons, lines)
        print(f"wrote {arguments.out}")  # noqa: T201 - the command's output
    state = worst(lines)
    return EXIT["lost"] if arguments.strict and state == "cannot tell" else EXIT[state]


def _write(folder: Path, comparisons: list[Comparison], lines: list[GateLine]) -> None:
    from bench.harness.report.runs.slopes import slopes_svg  # noqa: PLC0415 - Matplotlib, for the figure alone

    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / FIGURE, slopes_svg(comparisons))
    write_text(folder / VALUES, comparison_csv(comparisons))
    parts = [f"# {len(comparisons) + 1} runs", *map(comparison_markdown, comparisons)]
    if lines:
        parts += ["## Gates", "\n".join(f"- {line.strip()}" for line in gate_lines(lines))]
        write_json(folder / GATES, _document(lines))
    write_text(folder / TABLE, "\n\n".join([*parts, f"![Accuracy and speed from run to run]({FIGURE})"]) + "\n")


def _document(lines: list[GateLine]) -> dict[str, object]:
    rows = [{**line._asdict(), "gate": str(line.gate)} for line in lines]
    return {"state": worst(lines), "gates": list(dict.fromkeys(row["gate"] for row in rows)), "lines": rows}
