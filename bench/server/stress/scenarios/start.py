"""The cost of a start: seconds of `--help` and until ten models are ready, memory at rest, no torch."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from bench.harness.errors import UserError
from bench.harness.paths import PROJECT
from bench.server.our_server import started

MODELS = 10
REST_SECONDS = 1.0  # before memory is looked at


def _ten(repository: Path, folder: Path) -> int:
    """Link up to ten models of a repository into a folder; return how many.

    Raises:
        UserError: there is none.
    """
    models = sorted(path.parent for path in repository.glob("*/config.pbtxt"))[:MODELS]
    if not models:
        raise UserError(f"{repository} holds no model: `make export` writes a model repository")
    for model in models:
        (folder / model.name).symlink_to(model.resolve())
    return len(models)


def _help_seconds() -> float:
    start = time.perf_counter()
    command = [sys.executable, "-m", "serve", "--help"]
    subprocess.run(command, cwd=PROJECT, capture_output=True, check=True)  # noqa: S603 - our own command
    return time.perf_counter() - start


def run(repository: Path, turns: int) -> dict[str, Any]:
    """Return the figures of so many starts."""
    helps: list[float] = []
    readies: list[float] = []
    memory: list[float] = []
    torch = False
    with tempfile.TemporaryDirectory() as name:
        models = _ten(repository, Path(name))
        for _ in range(turns):
            helps.append(_help_seconds())
            with started(Path(name), "--poll", "0") as ours:
                readies.append(ours.ready_seconds)
                time.sleep(REST_SECONDS)
                memory.append(ours.rss_mb())
                mapped = psutil.Process(ours.server.process.pid).memory_maps()
                torch = torch or any("torch" in Path(file.path).name for file in mapped)
    return {
        "turns": turns,
        "models": models,
        "help_seconds": [round(seconds, 3) for seconds in helps],
        "help_median_seconds": round(statistics.median(helps), 3),
        "ready_seconds": [round(seconds, 3) for seconds in readies],
        "ready_median_seconds": round(statistics.median(readies), 3),
        "rss_mb": round(statistics.median(memory), 1),
        "torch": torch,
    }
