"""Writes tables, figures and the report of a results folder from its records and speed phases alone."""

import multiprocessing
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import NotRequired, TypedDict

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.hard_images import Labels, LoadImages, Pixels
from bench.harness.analysis.results import StudyResult
from bench.harness.data import mnist_5k
from bench.harness.errors import UserError
from bench.harness.files import slug, write_text
from bench.harness.machine.environment import cores
from bench.harness.records.record import Record
from bench.harness.records.speed import load_speeds
from bench.harness.records.store import EXPORTS
from bench.harness.report.csv_table import comparison_csv
from bench.harness.report.page import identifier, page
from bench.harness.report.typesetting import latex, markdown
from bench.harness.validation import ContentError, read_json

STUDIES_A_PROCESS = 8  # fewer are drawn sooner than a process is started
REPORT = "report.html"
EMBEDDED = "mnist-5k"


class _Export(TypedDict):
    name: str
    version: int | None
    record_id: NotRequired[str]


class _Exports(TypedDict):
    exports: list[_Export]


def write_all(
    records: Iterable[Record], folder: Path, *, load_images: LoadImages, keep_stale: bool = False
) -> list[StudyResult]:
    """Write tables/, figures/ and report.html, and return what they show.

    Every file is written under a temporary name and renamed. Nothing is written where there are no records.

    Args:
        records: records of one protocol, in the order in which trials ended.
        folder: results/<protocol>.
        load_images: returns the test images and labels of a data set by name, None where they are not at hand.
        keep_stale: let trials of older code count.
    """
    results = analyse(records, load_speeds(folder), keep_stale=keep_stale, pool=True)
    if not results:
        return []
    figures = _write_studies(results, folder)
    write_text(folder / REPORT, page(results, figures, cache(load_images), exported_from(folder)))
    return results


def exported_from(folder: Path) -> dict[str, str]:
    """Return the models that `python -m export` last made of this folder's trials, by the ids of their records.

    A file that is none of its own, or of an older version, holds no model here.
    """
    try:
        document = read_json(folder / EXPORTS, _Exports, "export again")
    except (ContentError, OSError):
        return {}
    return {
        one["record_id"]: f"{one['name']} version {one['version']}"
        for one in document["exports"]
        if one.get("record_id") and one["version"] is not None
    }


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
    from bench.harness.report.figures.curves import curves_svg, throughput_svg  # noqa: PLC0415 - Matplotlib, not needed without records
    from bench.harness.report.figures.rates import rates_svg  # noqa: PLC0415 - as above
    from bench.harness.report.figures.trends import trend_svg  # noqa: PLC0415 - as above

    name = identifier(result)
    for comparison in result.comparisons:
        part = f"-{slug(comparison.name)}" if len(result.comparisons) > 1 else ""
        for suffix, write in (("md", markdown), ("csv", comparison_csv), ("tex", latex)):
            write_text(folder / "tables" / f"{name}{part}.{suffix}", write(result, comparison))
    drawn = {
        "curves": curves_svg(result),
        "throughput": throughput_svg(result),
        "trend": trend_svg(result),
        "rates": rates_svg(result),
    }
    figures = {kind: svg for kind, svg in drawn.items() if svg}
    for kind, svg in figures.items():
        write_text(folder / "figures" / f"{name}-{kind}.svg", svg)
    return figures


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
        pixels, labels = mnist_5k.load()
        *_, test = mnist_5k.split()
        return pixels[test], labels[test]
    from bench.harness.data import load as data  # noqa: PLC0415 - torch, two seconds that the embedded data set does not need

    test_split = data.load(dataset, root).test
    return test_split.images.numpy(), test_split.labels.numpy()
