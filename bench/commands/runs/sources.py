"""Reads the runs that a command is given: results folders, files of records, JSONs of pytest-benchmark."""

from pathlib import Path

from bench.harness.analysis.runs.pytest_benchmark import run_of_json
from bench.harness.analysis.runs.run import Run, run_of_records
from bench.harness.errors import UserError
from bench.harness.records.beside import load_besides
from bench.harness.records.record import load
from bench.harness.records.speed import load_speeds
from bench.harness.records.store import RECORDS, results_folders


def load_run(path: Path) -> Run:
    """Return the run at a path: a folder of records or of such folders, a records.jsonl, or a JSON.

    Raises:
        UserError: there is none; the message says what is in the way.
    """
    if path.is_dir():
        folders = results_folders(path)
        return _from_folders(path, [(folder / RECORDS, folder) for folder in folders])
    if not path.is_file():
        raise UserError(f"no run at {path}: name a results folder, a records.jsonl or a JSON of pytest-benchmark")
    if path.suffix == ".jsonl":
        return _from_folders(path, [(path, path.parent)])
    return run_of_json(path)


def _from_folders(path: Path, places: list[tuple[Path, Path]]) -> Run:
    """Return the run in files of records, with the speed phases of the folders beside them."""
    records = [record for file, _ in places for record in load(file)]
    if not records:
        raise UserError(f"{path} has no trial: run `pytest bench/` first")
    phases = sorted((one for _, folder in places for one in load_speeds(folder)), key=lambda phase: phase.finished)
    besides = sorted((one for _, folder in places for one in load_besides(folder)), key=lambda one: one.finished)
    return run_of_records(str(path), records, phases, besides)
