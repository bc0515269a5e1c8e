"""Tests of bench.performance.speed, its loops and its tables: that they measure what they say, not how fast."""

import json
from collections.abc import Generator
from pathlib import Path

import pytest
import torch

from bench.__main__ import main
from bench.harness.errors import UserError
from bench.harness.machine.device import Execution
from bench.performance import loops
from bench.performance.entries import ENTRIES, Entry, entries
from bench.performance.speed_table import report

EXECUTION = Execution("cpu", 1)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.dataset}-{entry.name}")
def test_every_entry_has_a_net_for_its_data(entry: Entry) -> None:
    """The options fit the data set's images, and the articles' net has torch's own LRN where it has LRN."""
    options = entry.options()

    assert (options["channels"], options["classes"]) == ((1, 10) if entry.dataset == "mnist" else (3, 10))
    lrns = [type(m).__module__ for m in loops.article_model(entry).modules() if "LocalResponse" in type(m).__name__]
    assert all(module.startswith("torch.nn") for module in lrns)


def test_an_unknown_entry_is_named() -> None:
    """With the nearest name."""
    with pytest.raises(UserError, match="did you mean 'lenet5'"):
        entries("lenet6")


@pytest.mark.parametrize("dataset", ["mnist", "cifar10"])
def test_the_articles_samples_are_torchvisions(dataset: str) -> None:
    """ToTensor and Normalize give the same tensor as our batched preprocessing of the same image."""
    entry = next(entry for entry in ENTRIES if entry.dataset == dataset)
    image, label = loops.article_dataset(dataset)[5]
    ours = loops.preprocess(entry, EXECUTION)(loops.pixels(dataset).images[5:6])

    assert label == int(loops.pixels(dataset).labels[5])
    torch.testing.assert_close(image[None], ours, rtol=0, atol=1e-5)


def test_a_rate_counts_images_after_the_warm_up() -> None:
    """The first steps are not in it, and at least three others are."""
    calls: list[None] = []

    def steps() -> Generator[int]:
        while True:
            calls.append(None)
            yield 10

    rate = loops.images_per_second(steps(), 0.0)

    assert len(calls) == loops.WARM_UP_STEPS + loops.LEAST_STEPS
    assert rate > 0


def test_a_run_writes_a_row_a_loop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each row has a rate of every turn, its loop's name and the conditions; the tables are Markdown."""
    path = tmp_path / "speed.json"
    words = ("--entries", "lenet5", "--tasks", "training,evaluation", "--repeats", "1", "--seconds", "0.01")

    assert main(["speed", *words, "--threads", "1", "--device", "cpu", "--json", str(path)]) == 0

    rows = json.loads(path.read_text("utf-8"))
    rows_by_loop = {row["loop"]: row for row in rows}
    assert {"article-0", "article-2", "convbench", "article-0-evaluation", "convbench-evaluation"} <= set(rows_by_loop)
    assert all(len(row["images_per_second"]) == row["n"] >= 1 for row in rows)
    assert all(0 <= row["turns_disturbed"] <= row["n"] for row in rows)
    assert all(rate > 0 for row in rows for rate in (*row["images_per_second"], *row["peak_gflops"]))
    assert "| lenet5 " in capsys.readouterr().out


def test_ratios_are_those_of_each_turn() -> None:
    """The median of 2, 3 and 2, by their logarithms, whatever the machine's speed in each turn."""
    base = {
        "task": "training", "architecture": "a", "dataset": "mnist", "batch": 64, "mflops_per_image": 1.0, "n": 3,
        "peak_gflops": [100.0], "device": "cpu", "threads": 1,
        "environment": {"hardware": "h", "python": "3", "torch": "2", "torchvision": "0", "commit": "c" * 40},
    }  # fmt: skip
    rows = [
        {**base, "loop": "article-0", "images_per_second": [10.0, 1.0, 100.0]},
        {**base, "loop": "convbench", "images_per_second": [20.0, 3.0, 200.0]},
    ]

    assert "| 2.00 [2.00, 3.00]" in report(rows)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--tasks", "trainign"), "unknown task 'trainign': did you mean 'training'"),
        (("--repeats", "0"), "--repeats is 0"),
        (("--seconds", "0"), "--seconds is 0"),
        (("--seconds", "nan"), "--seconds is nan"),
    ],
)
def test_mistakes_are_one_line(words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is measured."""
    assert main(["speed", *words]) == 2
    assert message in capsys.readouterr().err
