"""`python -m bench report --results results/quick`: tables, figures and the report again, from records alone."""

import argparse
from pathlib import Path

from bench.harness.records.record import RecordError, load
from bench.harness.records.store import RECORDS
from bench.harness.report.terminal_text import summary_lines
from bench.harness.report.write import REPORT, images_from, write_all


def results_folders(folder: Path) -> list[Path]:
    """Return the folders with records: this one, or else those in it.

    Raises:
        RecordError: there are none.
    """
    if (folder / RECORDS).is_file():
        return [folder]
    folders = sorted(path.parent for path in folder.glob(f"*/{RECORDS}"))
    if not folders:
        raise RecordError(
            f"no {RECORDS} in {folder} or a folder in it: run `pytest bench/` first, or name its --results"
        )
    return folders


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare where records and test images are."""
    parser.add_argument("--results", type=Path, default=Path("results"), help="a folder of records, or of such folders")
    parser.add_argument("--keep-stale", action="store_true", help="let trials count that older code has trained")
    parser.add_argument("--data-root", help="where torchvision's files are, for the test images; or CONVBENCH_DATA")


def run(arguments: argparse.Namespace) -> None:
    """Make every table, figure and report again.

    Raises:
        RecordError: there are no records.
    """
    from bench.harness.data.catalogue import data_root  # noqa: PLC0415 - with the command only

    for folder in results_folders(arguments.results):
        records = load(folder / RECORDS)
        load_images = images_from(data_root(arguments.data_root))
        results = write_all(records, folder, load_images=load_images, keep_stale=arguments.keep_stale)
        if not results:
            raise RecordError(f"{folder / RECORDS} is empty: run `pytest bench/` first")
        print("\n".join([*summary_lines(results), "", f"wrote {folder / REPORT}"]))  # noqa: T201 - the command's output
