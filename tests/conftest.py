"""Fixtures of every test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from bench.__main__ import main
from bench.harness.records.record import Record, load
from export import __main__ as command

# A pytest that a test starts is no worker of the one that runs the test.
for name in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
    del os.environ[name]

NETS = {
    "lenet5": ["-o", "activation=relu", "-r", "learning_rate=0.003"],
    "sk": ["-o", "width=0.2"],
    "alexnet32": [
        *("-o", "width=16", "-o", "hidden=64", "-o", "normalisation=lrn", "-o", "dropout=0.0"),
        *("-r", "learning_rate=0.003", "-r", "batch_size=32", "-r", "epochs=2"),
    ],
}


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Nets this small run faster on one thread than two threads take to wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the records and checkpoints of the nets."""
    folder = tmp_path_factory.mktemp("results")
    for name, options in NETS.items():
        words = ["train", name, "-r", "epochs=1", *options, "--threads", "1", "--results", str(folder)]
        assert main(words) == 0
    return folder / "train"


@pytest.fixture(scope="session")
def records(results: Path) -> dict[str, Record]:
    """Return the records by architecture."""
    return {record.architecture: record for record in load(results / "records.jsonl")}


@pytest.fixture(scope="session")
def exported_once(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with LeNet-5, exported by the command; not to be changed."""
    out = tmp_path_factory.mktemp("exported") / "repository"
    words = ["--results", str(results), "--out", str(out), "--architecture", "lenet5", "--no-variants"]
    assert command.main(words) == 0
    return out
