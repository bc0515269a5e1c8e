"""`python -m bench check --results results/quick --data-root DIR`: nets of a quick run on the real MNIST test set.

mnist-5k's 1000 test digits are an easy draw: nets get half a point to a point more on them than on other MNIST digits.
No digit of MNIST's own test set is in mnist-5k, so the 10 000 there show what the nets are worth, and whether the
differences between them hold. What a study concluded is not changed by it: nets that are looked at twice are not judged
twice.
"""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from tabulate import tabulate

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.results import ArmResult, StudyResult
from bench.harness.data.catalogue import data_root
from bench.harness.data.dataset import Images
from bench.harness.data.load import load as load_data
from bench.harness.errors import UserError
from bench.harness.files import write_json
from bench.harness.machine.environment import environment
from bench.harness.number_format import percent
from bench.harness.records.record import Record, load
from bench.harness.records.store import RECORDS, results_folders
from bench.harness.report.sentences import points_text
from bench.harness.stats.differences import ArmSummary, Bits, Difference, difference, summarise
from bench.harness.training.checkpoint_card import PictureCard, preprocess_of, read_card
from bench.harness.training.evaluation import evaluate
from models import checkpoint

TRAINED_ON, TESTED_ON = "mnist-5k", "mnist"
CHECK = "check.json"
Row = dict[str, Any]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare where the nets and MNIST are."""
    parser.add_argument("--results", type=Path, default=Path("results/quick"), help="folder of a run, results/quick")
    parser.add_argument("--data-root", help="where torchvision's files are; or CONVBENCH_DATA")


def run(arguments: argparse.Namespace) -> None:
    """Print, and write to check.json, every arm's accuracy and every comparison's difference on both test sets.

    Raises:
        UserError: no run on mnist-5k there, a net that is gone, or no MNIST.
    """
    images = load_data(TESTED_ON, data_root(arguments.data_root)).test
    for folder in results_folders(arguments.results):
        results = [result for result in analyse(load(folder / RECORDS)) if result.setting.dataset == TRAINED_ON]
        if not results:
            raise UserError(f"{folder / RECORDS} has no trial on {TRAINED_ON}: name the --results of a quick run")
        arms, comparisons = list[Row](), list[Row]()
        for result in results:
            bits = {arm.name: _answers(arm, folder, images) for arm in result.arms}
            arms += [_arm_row(result, arm, summarise(bits[arm.name])) for arm in result.arms]
            comparisons += _comparison_rows(result, bits)
        document = {"tested_on": TESTED_ON, "test_images": len(images), "arms": arms, "comparisons": comparisons}
        write_json(folder / CHECK, {**document, "environment": environment("cpu")})
        print(f"{_tables(arms, comparisons)}\n\nwrote {folder / CHECK}")  # noqa: T201 - the command's output


def _answers(arm: ArmResult, folder: Path, images: Images) -> Bits:
    """Return whether each seed's net answers each image rightly, shape (seeds, images)."""
    return np.stack([_correct(record, folder, images) for record in arm.records])


def _correct(record: Record, folder: Path, images: Images) -> np.ndarray:
    path = folder / str(record.checkpoint)
    if record.checkpoint is None or not path.is_file():
        raise UserError(f"{path} is gone, the net of {record.study}/{record.arm}/seed {record.seed}: run it again")
    card: Any = read_card(path, PictureCard)
    return evaluate(checkpoint.load(path), images, preprocess_of(card)).correct


def _arm_row(result: StudyResult, arm: ArmResult, checked: ArmSummary) -> Row:
    names = ("mean", "low", "high", "n")
    return {
        "study": result.study,
        "arm": arm.name,
        "label": arm.label,
        TRAINED_ON: {name: getattr(arm.accuracy, name) for name in names},
        TESTED_ON: {name: getattr(checked, name) for name in names},
    }


def _comparison_rows(result: StudyResult, bits: Mapping[str, Bits]) -> Iterator[Row]:
    names = ("effect", "low", "high")
    for (arm, baseline), judgement in result.judgements.items():
        checked: Difference = difference(bits[arm], bits[baseline])
        yield {
            "study": result.study,
            "arm": arm,
            "baseline": baseline,
            "verdict": judgement.verdict,
            TRAINED_ON: {name: getattr(judgement.difference, name) for name in names},
            TESTED_ON: {name: getattr(checked, name) for name in names},
        }


def _tables(arms: list[Row], comparisons: list[Row]) -> str:
    accuracies = [
        [
            row["label"],
            row[TRAINED_ON]["n"],
            *(percent(*_values(row[name], "mean")) for name in (TRAINED_ON, TESTED_ON)),
        ]
        for row in arms
    ]
    differences = [
        [f"{row['arm']} - {row['baseline']}", row["verdict"], *(_points(row[name]) for name in (TRAINED_ON, TESTED_ON))]
        for row in comparisons
    ]
    columns = (f"on {TRAINED_ON}'s test digits", "on MNIST's test set")
    return "\n\n".join(
        (
            tabulate(accuracies, ["accuracy, %", "seeds", *columns], disable_numparse=True),
            tabulate(differences, ["difference, points", "verdict", *columns], disable_numparse=True),
        )
    )


def _values(row: Row, name: str) -> tuple[Any, Any, Any]:
    return row[name], row["low"], row["high"]


def _points(row: Row) -> str:
    return points_text(*_values(row, "effect"))
