"""Writes tables, figures and the report of a results folder from its records alone.

Command: python -m bench.report --results results/quick [--data-root DIR]
"""

import argparse
import multiprocessing
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path

from bench import embedded
from bench.analysis import analyse, slug
from bench.environment import cores
from bench.errors import UserError
from bench.files import write_text
from bench.gallery import Labels, LoadImages, Pixels
from bench.page import identifier, page
from bench.record import Record, RecordError, load
from bench.remarks import study_answers
from bench.results import StudyResult
from bench.spreadsheet import comparison_csv
from bench.typesetting import latex, markdown, terminal

STUDIES_A_PROCESS = 8  # fewer are drawn sooner than a process is started
RECORDS = "records.jsonl"
REPORT = "report.html"
USAGE_ERROR = 2
EMBEDDED = "mnist-5k"


def write_all(records: Iterable[Record], folder: Path, *, load_images: LoadImages) -> list[StudyResult]:
    """Write tables/, figures/ and report.html, and return what they show.

    Every file is written under a temporary name and renamed. Nothing is written where there are no records.

    Args:
        records: of one protocol, in the order in which trials ended.
        folder: results/<protocol>.
        load_images: returns the test images and labels of a data set by name, None where they are not at hand.
    """
    results = analyse(records)
    if not results:
        return []
    figures = _write_studies(results, folder)
    write_text(folder / REPORT, page(results, figures, cache(load_images)))
    return results


def _write_studies(results: Sequence[StudyResult], folder: Path) -> list[dict[str, str]]:
    """Write every study's tables and figures; many of them in a process a core, because drawing takes seconds."""
    write = partial(_write_study, folder=folder)
    processes = min(cores(), len(results) // STUDIES_A_PROCESS)
    if processes < 2:  # noqa: PLR2004 - one would be this process
        return [write(result) for result in results]
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(write, results))


def _write_study(result: StudyResult, folder: Path) -> dict[str, str]:
    """Write a study's tables and figures; return the figures."""
    from bench.figures import curves_svg, throughput_svg  # noqa: PLC0415 - Matplotlib, not needed without records

    name = identifier(result)
    for comparison in result.comparisons:
        part = f"-{slug(comparison.name)}" if len(result.comparisons) > 1 else ""
        for suffix, write in (("md", markdown), ("csv", comparison_csv), ("tex", latex)):
            write_text(folder / "tables" / f"{name}{part}.{suffix}", write(result, comparison))
    figures = {"curves": curves_svg(result), "throughput": throughput_svg(result)}
    for kind, svg in figures.items():
        write_text(folder / "figures" / f"{name}-{kind}.svg", svg)
    return figures


def sentences(results: Iterable[StudyResult]) -> list[str]:
    """Return the answers, a sentence a compared arm, each with its study's name and what sets its setting apart."""
    return [
        f"{result.study}{f' ({result.variant})' if result.variant else ''}: {sentence}"
        for result in results
        for sentence in study_answers(result)
    ]


def summary_lines(results: Sequence[StudyResult]) -> list[str]:
    """Return what a terminal shows at the end of a run: every study's tables, then all answers."""
    tables = [line for result in results for line in ["", *terminal(result).splitlines()]]
    return [*tables, "", *sentences(results)]


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


def images_from(root: Path | None) -> LoadImages:
    """Return a function that loads the test images of a data set, None where its files are not under this root."""

    def load_images(dataset: str) -> tuple[Pixels, Labels] | None:
        try:
            return _test_images(dataset, root)
        except UserError:
            return None

    return load_images


def _test_images(dataset: str, root: Path | None) -> tuple[Pixels, Labels]:
    if dataset == EMBEDDED:
        pixels, labels = embedded.load()
        *_, test = embedded.split()
        return pixels[test], labels[test]
    from bench import data  # noqa: PLC0415 - torch, two seconds that the embedded data set does not need

    found = data.load(dataset, root).test
    return found.images.numpy(), found.labels.numpy()


def main(arguments: Sequence[str] | None = None) -> int:
    """Make every table, figure and report again; return the exit status: 2 where there are no records."""
    from bench.settings import data_root  # noqa: PLC0415 - with the command only

    parser = argparse.ArgumentParser(prog="python -m bench.report", description=__doc__)
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


if __name__ == "__main__":
    sys.exit(main())
