"""Fixtures of every test."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from filelock import FileLock

from bench.__main__ import main
from bench.harness.records.record import Record, load
from export import __main__ as command

# A pytest that a test starts is no worker of the one that runs the test.
for name in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
    del os.environ[name]

MakeOnce = Callable[[str, Callable[[Path], object]], Path]
NETS = {
    "lenet5": ["-o", "activation=relu", "-r", "learning_rate=0.003"],
    "sk": ["-o", "width=0.2"],
    "alexnet32": [
        *("-o", "width=16", "-o", "hidden=64", "-o", "normalisation=lrn", "-o", "dropout=0.0"),
        *("-r", "learning_rate=0.003", "-r", "batch_size=32", "-r", "epochs=2"),
    ],
}


@pytest.hookimpl(optionalhook=True)  # pytest-xdist's
def pytest_xdist_setupnodes() -> None:
    """Give each worker, and what it starts, one thread: they share the cores, and would wait for each other."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sentence is broken by the width of the terminal that the tests happen to run in."""
    monkeypatch.setenv("COLUMNS", "250")


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Nets this small run faster on one thread than two threads take to wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def make_once(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> MakeOnce:
    """Return a maker of folders, called as `make_once(name, fill)`: the first worker fills it, the others wait."""
    worker = tmp_path_factory.getbasetemp()
    shared = worker.parent if hasattr(request.config, "workerinput") else worker

    def make(name: str, fill: Callable[[Path], object]) -> Path:
        folder = shared / name
        with FileLock(shared / f"{name}.lock"):
            if not folder.is_dir():
                unfinished = tmp_path_factory.mktemp(name)
                fill(unfinished)
                unfinished.rename(folder)
        return folder

    return make


@pytest.fixture(scope="session")
def results(make_once: MakeOnce) -> Path:
    """Return a folder with the records and checkpoints of the nets; not to be changed."""

    def train_all(folder: Path) -> None:
        for name, options in NETS.items():
            words = ["train", name, "-r", "epochs=1", *options, "--threads", "1", "--results", str(folder)]
            assert main(words) == 0

    return make_once("results", train_all) / "train"


@pytest.fixture(scope="session")
def records(results: Path) -> dict[str, Record]:
    """Return the records by architecture."""
    return {record.architecture: record for record in load(results / "records.jsonl")}


@pytest.fixture(scope="session")
def exported_once(results: Path, make_once: MakeOnce) -> Path:
    """Return a repository with LeNet-5, exported by the command; not to be changed."""

    def export(folder: Path) -> None:
        words = ["--results", str(results), "--out", str(folder / "repository")]
        assert command.main([*words, "--architecture", "lenet5", "--no-variants"]) == 0

    return make_once("exported", export) / "repository"
