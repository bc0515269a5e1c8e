"""One side of a measurement side by side: a process that trains slices when it is told to, and sleeps between them.

It reads a JSON object a line and answers with one: `prepare` makes an arm of a results folder ready, `measure` trains a
slice of it. It runs in its own checkout, under its own Python and torch; what libraries print goes to standard error.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from bench.harness.data.load import load as load_data
from bench.harness.errors import one_line
from bench.harness.machine.clock import use_device
from bench.harness.machine.device import Execution, apply, resolve_device, resolve_threads
from bench.harness.machine.environment import environment
from bench.harness.records.record import Record
from bench.harness.records.record import load as load_records
from bench.harness.speed.phase import budget_of
from bench.harness.speed.subject import TRAINING, Subject, counts_to_try
from bench.harness.study.planned import settle
from bench.harness.study.trial import trial_of

Reply = dict[str, Any]


class Side:
    """The arms that have been made ready, and what is done with them."""

    def __init__(self) -> None:
        self._subjects: dict[str, Subject] = {}

    def prepare(self, request: Mapping[str, Any]) -> Reply:
        """Make an arm ready: of the newest record of the study and arm in the file `records`.

        Args:
            request: records, study, arm, data_root (null without one), device, threads (null: the fastest).
        """
        name = (request["study"], request["arm"])
        records = [one for one in _records(Path(request["records"])) if (one.study, one.arm) == name]
        if not records:
            raise ValueError(f"{request['records']} has no record of {' '.join(name)}")
        record = max(records, key=lambda one: one.finished)
        root = request["data_root"]
        dataset = load_data(record.dataset, Path(root) if root else None)
        device, threads = resolve_device(request["device"]), request["threads"]
        execution = Execution(device, resolve_threads(threads), precision=record.execution.get("precision", "float32"))
        apply(execution)
        use_device(execution.torch_device)
        planned = settle(trial_of(record), execution, dataset.sha256)
        counts = counts_to_try(threads) if device == "cpu" else [execution.threads]
        subject = Subject(planned, dataset, counts, budget_of(record.protocol))
        self._subjects[request["arm"]] = subject
        return {
            "threads": subject.threads[TRAINING],
            "device": device,
            "protocol": record.protocol,
            "data_sha256": dataset.sha256,
            "environment": environment(device),
            "recorded": {name: record.environment.get(name, "unknown") for name in ("commit", "torch")},
        }

    def measure(self, request: Mapping[str, Any]) -> Reply:
        """Train a slice of an arm that is ready."""
        return {"images_per_second": self._subjects[request["arm"]].measure_training().images_per_second}


@cache
def _records(path: Path) -> list[Record]:
    """Return a file's records, read once for all arms."""
    return load_records(path)


def answer(side: Side, line: str) -> Reply:
    """Return the answer to a request; an error is one too."""
    try:
        request = json.loads(line)
        work: Mapping[str, Callable[[Mapping[str, Any]], Reply]] = {"prepare": side.prepare, "measure": side.measure}
        return work[request["do"]](request)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other end tells the user
        return {"error": one_line(error)}


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answer requests until there are no more."""
    side = Side()
    for line in requests:
        answers.write(json.dumps(answer(side, line)) + "\n")
        answers.flush()


if __name__ == "__main__":
    own_output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(sys.stdin, own_output)
