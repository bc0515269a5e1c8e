"""Writes tables, figures and the report of a results folder from its records alone.

Command: python -m bench report --results results/quick [--data-root DIR]
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.harness.command import USAGE_ERROR
from bench.harness.errors import UserError
from bench.harness.records.record import RecordError, load
from bench.harness.records.store import RECORDS
from bench.harness.report.write import REPORT, images_from, summary_lines, write_all


def results_folders(folder: Path) -> list[Path]:
    """Return the folders with records: this one, or else those in it.

    Raises:
        RecordError: there are none.
    """
    if (folder / RECORDS).is_file():
        return [folder]
    found = sorted(path.parent for path in folder.glob(f"*/{RECORDS}"))
    if not found:
        raise RecordError(
            f"no {RECORDS} in {folder} or a folder in it: run `pytest bench/` first, or name its --results"
        )
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Make every table, figure and report again; return the exit status: 2 where there are no records."""
    from bench.harness.data.catalogue import data_root  # noqa: PLC0415 - with the command only

    parser = argparse.ArgumentParser(prog="python -m bench report", description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("results"), help="a folder of records, or of such folders")
    parser.add_argument("--data-root", help="where torchvision's files are, for the test images; or CONVBENCH_DATA")
    options = parser.parse_args(arguments)
    try:
        for folder in results_folders(options.results):
            records = load(folder / RECORDS)
            results = write_all(records, folder, load_images=images_from(data_root(options.data_root)))
            if not results:
                raise RecordError(f"{folder / RECORDS} is empty: run `pytest bench/` first")
            print("\n".join([*summary_lines(results), "", f"wrote {folder / REPORT}"]))  # noqa: T201 - the command's output
    except (UserError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - the command's output
        return USAGE_ERROR
    return 0
