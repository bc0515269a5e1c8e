"""`python -m bench report --results results/quick`: tables, figures and the report again, from records alone.

With --history it writes one page of many runs instead: every arm's accuracy and speed from run to run. Runs are those
of `python -m bench compare`: results folders, files of records, or JSONs of pytest-benchmark.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from bench.commands.runs.sources import load_run
from bench.harness.analysis.runs.gate import Gate, parse_gate
from bench.harness.analysis.runs.history import GATES, history
from bench.harness.errors import UserError
from bench.harness.files import write_text
from bench.harness.records.record import RecordError, load
from bench.harness.records.store import RECORDS, results_folders
from bench.harness.report.terminal_text import summary_lines
from bench.harness.report.write import REPORT, images_from, write_all

HISTORY = Path("history.html")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare where records and test images are."""
    parser.add_argument("--results", type=Path, default=Path("results"), help="a folder of records, or of such folders")
    parser.add_argument(
        "--history", type=Path, nargs="+", metavar="RUN", help="these runs, one page; needs no --results"
    )
    parser.add_argument(
        "--gate",
        action="append",
        metavar="WHAT:LOSS",
        help=f"for --history: what is no step yet; default {' and '.join(map(str, GATES))}".replace("%", "%%"),
    )
    parser.add_argument("--out", type=Path, default=None, help=f"for --history; default {HISTORY}")
    parser.add_argument("--keep-stale", action="store_true", help="let trials count that older code has trained")
    parser.add_argument("--data-root", help="where torchvision's files are, for the test images; or CONVBENCH_DATA")


def run(arguments: argparse.Namespace) -> None:
    """Make every table, figure and report again, or the history of some runs.

    Raises:
        RecordError: there are no records.
        UserError: a run of the history, or a gate, that cannot be read.
    """
    if arguments.history:
        if arguments.keep_stale:
            raise UserError("--keep-stale is for --results: a history takes the newest code's trials of each run")
        out = arguments.out or HISTORY
        _history(arguments.history, [parse_gate(text) for text in arguments.gate or ()] or GATES, out)
        return
    if arguments.gate:
        raise UserError("--gate is an option of --history here: `python -m bench compare` has it too")
    if arguments.out:
        raise UserError("--out is for --history: a report is written into the folder of its records, --results")
    from bench.harness.data.catalogue import data_root  # noqa: PLC0415 - with the command only

    for folder in results_folders(arguments.results):
        records = load(folder / RECORDS)
        load_images = images_from(data_root(arguments.data_root))
        results = write_all(records, folder, load_images=load_images, keep_stale=arguments.keep_stale)
        if not results:
            raise RecordError(f"{folder / RECORDS} is empty: run `pytest bench/` first")
        print("\n".join([*summary_lines(results), "", f"wrote {folder / REPORT}"]))  # noqa: T201 - the command's output


def _history(paths: Sequence[Path], gates: Sequence[Gate], out: Path) -> None:
    from bench.harness.report.runs.history import history_lines, history_page  # noqa: PLC0415 - as in `run`

    series = history([load_run(path) for path in paths], gates)
    write_text(out, history_page(series, gates))
    print("\n".join([*history_lines(series, gates), "", f"wrote {out}"]))  # noqa: T201 - the command's output
