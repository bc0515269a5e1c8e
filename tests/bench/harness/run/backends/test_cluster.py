"""Tests of bench.harness.run.backends.cluster, where Ray is installed: whole runs on a cluster of this machine."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench.harness.paths import PROJECT
from models import checkpoint
from tests.bench import long_study
from tests.bench.harness.run.backends.test_processes import records, results_of, run

pytest.importorskip("ray")
TASK = "ray::train"  # as Ray names the processes that have one
SEEDS = 40


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A head without cores and two nodes of one core each."""
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    from ray.cluster_utils import Cluster  # noqa: PLC0415 - optional

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    made.nodes = [made.add_node(num_cpus=1) for _ in range(2)]
    yield made
    made.shutdown()


def test_a_cluster_trains_what_this_machine_trains(cluster: Any, tmp_path: Path) -> None:  # noqa: ANN401 - Ray has no types
    """Records are equal to the bit, checkpoints have come home, the speed phase ran on a node, commits are known."""
    here, there = tmp_path / "here", tmp_path / "there"
    run(here, "--deterministic", "--workers", "2").check_returncode()
    words = ("--protocol", "smoke", "--studies", "activation", "-k", "lenet5", "--seeds", "1", "--deterministic")

    done = run(there, *words, "--ray", cluster.address)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Ray, 2 nodes: 2 cores of" in done.stdout
    assert results_of(there) == results_of(here)
    assert [record["environment"] for record in records(there)] == [record["environment"] for record in records(here)]
    for record in records(there):
        checkpoint.load(there / "smoke" / record["checkpoint"])
    (phase,) = (there / "smoke" / "speed").glob("*.json")
    assert len(json.loads(phase.read_text("utf-8"))["arms"]) == 4


def until(true: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait until something is true or the process has ended."""
    deadline = time.monotonic() + 240
    while not true() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)


def kill_a_task() -> None:
    """Kill a process that trains."""
    for process in psutil.process_iter(["cmdline"]):
        if any(TASK in word for word in process.info["cmdline"] or ()):
            process.send_signal(signal.SIGKILL)
            return


def begin(folder: Path, *where: str) -> subprocess.Popen[bytes]:
    """Begin a run of many trials."""
    words = long_study.command_line(folder, "--seeds", str(SEEDS), "-m", "not speed", *where)
    return subprocess.Popen([sys.executable, "-m", "pytest", *words], cwd=PROJECT, stdout=subprocess.DEVNULL)  # noqa: S603 - our own


def answers(made: list[dict[str, Any]]) -> dict[int, tuple[str, str]]:
    """Return which test images each seed's net knows, and the hash of its weights."""
    return {record["seed"]: (record["test_correct"], record["checkpoint_sha256"]) for record in made}


def accuracies(folder: Path) -> list[dict[str, str]]:
    """Return the table's rows, without what is of the machine and the time."""
    (table,) = (folder / "quick" / "tables").glob("*.csv")
    kept = ("arm", "seeds", "test_accuracy_mean", "test_accuracy_low", "test_accuracy_high")
    rows = csv.DictReader(table.read_text("utf-8").splitlines())
    return [{name: row[name] for name in kept} for row in rows]


def test_every_trial_has_one_record_whatever_is_killed(cluster: Any, tmp_path: Path) -> None:  # noqa: ANN401 - as above
    """Two processes that train, then the run itself; started again, it trains what is missing, on other nodes too.

    The table is that of a run without Ray.
    """
    here = tmp_path / "here"
    here.mkdir()
    first = begin(tmp_path, "--ray", cluster.address)
    for count in (2, 5):
        until(lambda count=count: len(long_study.records(tmp_path)) >= count, first)  # type: ignore[misc]
        kill_a_task()
    until(lambda: len(long_study.records(tmp_path)) >= 12, first)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    before = len(long_study.records(tmp_path))
    second = begin(tmp_path, "--ray", cluster.address)
    until(lambda: len(long_study.records(tmp_path)) > before, second)
    cluster.add_node(num_cpus=1)
    cluster.remove_node(cluster.nodes[0], allow_graceful=False)
    second.wait(timeout=300)
    begin(here, "--workers", "2").wait(timeout=300)

    made = long_study.records(tmp_path)
    assert (12 <= before < SEEDS, second.returncode) == (True, 0)
    assert sorted(record["seed"] for record in made) == list(range(SEEDS))
    assert {record["status"] for record in made} == {"ok"}
    assert answers(made) == answers(long_study.records(here))
    assert accuracies(tmp_path) == accuracies(here)
