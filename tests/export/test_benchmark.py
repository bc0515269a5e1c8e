"""Tests of `python -m export --benchmark`: what it times, and what its table says."""

import json
from pathlib import Path

import pytest
import torch

from bench.harness.machine import turns
from bench.harness.records.record import Record
from export import __main__ as command
from export import benchmark
from export.benchmark_table import benchmark_table
from export.exporter import Exporter
from export.repository.layout import RepositoryError
from export.trial.selection import Choice

NAME = "lenet5_mnist-5k"


def test_every_runtime_is_timed(
    repository: Path,
    results: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In turns at every batch size; the table has ratios, the file every turn."""
    monkeypatch.setattr(torch, "compile", lambda net, **_: net)
    monkeypatch.setattr(benchmark, "BATCHES", (1, 2))
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.0)
    path = tmp_path / "export.json"

    words = ["--benchmark", "--out", str(repository), "--results", str(results), "--json", str(path)]
    assert command.main(words) == 0
    content = json.loads(path.read_text("utf-8"))

    assert [(row["runtime"], row["batch"]) for row in content["rows"]] == [
        (runtime, batch)
        for batch in (1, 2)
        for runtime in ("torch eager", "torch.compile", "onnxruntime, 1 thread", "onnxruntime, 2 threads")
    ]
    assert all(len(row["images_per_second"]) == row["n"] == turns.TURNS for row in content["rows"])
    assert "| images/s at batch 2 " in capsys.readouterr().out
    assert benchmark_table(content).count(NAME) >= 3


def test_a_repository_of_other_results_is_not_timed(
    repository: Path, tmp_path: Path, records: dict[str, Record]
) -> None:
    """Torch would be given another net's weights."""
    (tmp_path / "records.jsonl").write_text(records["sk"].to_json() + "\n", "utf-8")

    with pytest.raises(RepositoryError, match=r"was made from a trial that .* does not hold"):
        benchmark.entries(repository, tmp_path)


def test_a_card_with_a_value_of_another_kind_is_not_timed(repository: Path, results: Path) -> None:
    """The message names the version, the field and its value."""
    path = repository / NAME / "1" / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "shape": [1, "28", 28]}), "utf-8")

    with pytest.raises(RepositoryError, match=r"1: its card has a value of another kind: shape\[1\] is '28'"):
        benchmark.entries(repository, results)


def test_a_slower_export_is_said(exporter: Exporter, choice: Choice) -> None:
    """Where onnxruntime is not twice as fast at batch 1."""
    del exporter
    rate = {"model": choice.name, "batch": 1, "n": 2}
    rows = [
        {**rate, "runtime": "torch eager", "images_per_second": [100.0, 100.0]},
        {**rate, "runtime": "onnxruntime, 1 thread", "images_per_second": [150.0, 160.0]},
    ]
    export = {
        "model": choice.name,
        "variant": "float32",
        "size": 1000,
        "nodes": 3,
        "lrn_form": None,
        "accuracy_in_torch": 0.5,
        "accuracy_in_onnx": 0.5,
        "largest_difference": 1e-6,
        "lrn_milliseconds": {},
    }
    environment = {"hardware": "CPU", "cores": 2, "python": "3", "torch": "2", "commit": "0" * 40}

    text = benchmark_table({"exports": [export], "rows": rows, "environment": environment, "threads": 2})

    assert f"Less than twice as fast as torch eager at batch 1 with one thread: {NAME} (1.55x)." in text
