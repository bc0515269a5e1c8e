"""`python -m export --benchmark`: images/s of every export in torch eager, torch.compile and onnxruntime, in one run.

All start at the uint8 images and end at the logits. They take turns at each batch size; torch runs on all cores and in
the memory format that its training had, onnxruntime with one and with two threads. Compiling is off the clock.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from bench.harness.data.preprocess import Preprocess
from bench.harness.files import write_text
from bench.harness.machine import turns
from bench.harness.machine.device import Execution, apply, resolve_threads
from bench.harness.machine.measuring import with_conditions, write_result
from bench.harness.machine.memory_format import execution_for
from bench.harness.records.record import Record, load
from export.benchmark_table import benchmark_table
from export.gate.runtime import onnxruntime_run
from export.repository.card_fields import card_problem
from export.repository.golden import Pixels
from export.repository.layout import MODEL, RepositoryError, models, read_card, versions
from export.trial.card import library_versions
from export.trial.selection import checkpoint_path
from models import checkpoint

BATCHES = (1, 32, 256)
ORT_THREADS = (1, 2)

Call = Callable[[Pixels], object]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A version in the repository with its card, and the record of the trial it was made from."""

    model: str
    version: Path
    card: Mapping[str, Any]
    record: Record


def entries(repository: Path, results: Path) -> list[Entry]:
    """Return the newest version of every model.

    Raises:
        RepositoryError: the repository is missing or empty, a card has a missing or wrong field, or a model was made
            from other results.
    """
    by_id = {record.record_id: record for record in load(results / "records.jsonl")}
    newest = []
    for name in models(repository):
        numbers = versions(repository / name)
        if not numbers:
            continue
        version = repository / name / str(numbers[-1])
        card = read_card(version)
        problem = card_problem(card)
        if problem is not None:
            raise RepositoryError(f"{version}: its card {problem}: export the model again")
        if card["record_id"] not in by_id:
            raise RepositoryError(f"{version} was made from a trial that {results} does not hold: name its --results")
        newest.append(Entry(model=name, version=version, card=card, record=by_id[card["record_id"]]))
    if not newest:
        raise RepositoryError(f"{repository} holds no model: run `python -m export`")
    return newest


def rows(entry: Entry, results: Path, execution: Execution) -> list[dict[str, Any]]:
    """Return one row per runtime and batch size of one export."""
    shape = entry.card["shape"]
    images = torch.randint(0, 256, (max(BATCHES), *shape), dtype=torch.uint8).numpy()
    ort: dict[str, Call] = {
        f"onnxruntime, {threads} thread{'s' * (threads > 1)}": onnxruntime_run(entry.version / MODEL, threads)
        for threads in ORT_THREADS
    }
    measured = []
    for batch in BATCHES:
        calls = {**_torch_calls(entry, results, execution), **ort}
        runs = turns.turns(calls, images, batch)
        measured += [
            {
                "model": entry.model,
                "variant": entry.card["variant"],
                "architecture": entry.card["architecture"],
                "dataset": entry.card["dataset"],
                "runtime": runtime,
                "batch": batch,
                "images_per_second": [1e3 * batch / value for value in values],
                "n": len(values),
                "threads": execution.threads if runtime.startswith("torch") else int(runtime.split()[1]),
            }
            for runtime, values in runs.items()
        ]
    return measured


def _torch_calls(entry: Entry, results: Path, execution: Execution) -> dict[str, Call]:
    """Return the net in torch, eager and compiled; nothing for a variant, which torch does not run."""
    if entry.card["variant"] != "float32":
        return {}
    torch.compiler.reset()  # a shape of its own for each batch size
    model = checkpoint.load(checkpoint_path(results, entry.record))
    settled = execution_for(execution, entry.record.architecture, entry.record.options)
    model = model.to(memory_format=settled.torch_memory_format)
    preprocess = Preprocess(
        tuple(entry.card["mean"]), tuple(entry.card["std"]), entry.card["resize"], settled.torch_memory_format
    )
    compiled = torch.compile(model, dynamic=False)

    def call(net: Callable[[torch.Tensor], torch.Tensor]) -> Call:
        def run(images: Pixels) -> object:
            with torch.inference_mode():
                return net(preprocess(torch.from_numpy(images)))

        return run

    return {"torch eager": call(model), "torch.compile": call(compiled)}


def summary(entry: Entry) -> dict[str, Any]:
    """Return the facts that the table has of an export beside its speed."""
    parity: Sequence[Mapping[str, Any]] = entry.card.get("parity", [])
    path = entry.version / MODEL
    return {
        "model": entry.model,
        "version": int(entry.version.name),
        "variant": entry.card["variant"],
        "architecture": entry.card["architecture"],
        "dataset": entry.card["dataset"],
        "size": path.stat().st_size,
        "nodes": _nodes(path),
        "accuracy_in_torch": entry.record.test_accuracy,
        "accuracy_in_onnx": parity[0]["accuracy"] if parity else entry.card["test_accuracy"],
        "accuracy_interval": entry.card["test_accuracy_interval"],
        "test_images": entry.card["test_images"],
        "largest_difference": max((runtime["largest_difference"] for runtime in parity), default=None),
        "lrn_form": entry.card["lrn_form"],
        "lrn_milliseconds": entry.card.get("lrn_milliseconds", {}),
    }


def _nodes(path: Path) -> int:
    import onnx  # noqa: PLC0415 - for this count alone

    return len(onnx.load(str(path), load_external_data=False).graph.node)


def benchmark(arguments: argparse.Namespace) -> None:
    """Measure every export, print the table, write the rows after every model and the table beside them.

    Args:
        arguments: `out` is the repository, `results` the folder it was made from, `json` the file for the rows or None.

    Raises:
        RepositoryError: there is nothing to measure, or a model was made from other results.
    """
    execution = Execution("cpu", resolve_threads(None))
    apply(execution)
    summaries: list[dict[str, Any]] = []
    rates: list[dict[str, Any]] = []
    content = with_conditions(
        {"exports": summaries, "rows": rates}, arguments, threads=execution.threads, libraries=library_versions()
    )
    exports = entries(arguments.out, arguments.results)
    write_result(arguments, content)  # a file that cannot be written is better known before the minutes of measuring
    for place, entry in enumerate(exports, start=1):
        print(f"[{place}/{len(exports)}] {entry.model}", flush=True)  # noqa: T201 - the progress
        summaries.append(summary(entry))
        rates += rows(entry, arguments.results, execution)
        write_result(arguments, content)
        if arguments.json is not None:
            write_text(arguments.json.with_suffix(".md"), benchmark_table(content) + "\n")
    print(f"\n{benchmark_table(content)}")  # noqa: T201 - the answer
