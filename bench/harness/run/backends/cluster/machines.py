"""The machines of a run, where they are a Ray cluster's: what a trial declares, and a study's speed on one node."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psutil

from bench.harness.data.dataset import Dataset
from bench.harness.machine.device import Execution
from bench.harness.records.speed import SpeedRecord
from bench.harness.run.backends.backend import BackendError
from bench.harness.run.backends.cluster import tasks
from bench.harness.run.backends.cluster.nodes import Demand, Node, Nodes
from bench.harness.run.places import Environment
from bench.harness.speed.phase import TurnEnded
from bench.harness.speed.subject import thread_counts
from bench.harness.study.planned import Planned


class Cluster:
    """The machines of a run, where they are a Ray cluster's.

    Args:
        address: the cluster's, as `ray.init` takes it.
        execution: every trial's.
        most: number of trials side by side on a node, or on each of its GPUs; None: as many as fit, one on a GPU.

    Raises:
        UserError: no cluster, or no node that can train.
    """

    def __init__(self, address: str, execution: Execution, most: int | None) -> None:
        self.execution, self.most = execution, most
        self.nodes = Nodes(address, execution.device, most)
        self._shipped: dict[str, Any] = {}

    def assign(self, recorded: Mapping[str, Iterable[str]]) -> None:
        """Give each study the kind of node that most of its records are of, else the one with least to do."""
        self.nodes.assign(recorded)

    def hardware_of(self, study: str) -> str:
        """Return a study's kind of node."""
        return self.nodes.kind_of(study)

    def environment_of(self, study: str) -> Environment:
        """Return that of the node on which a study's speed is measured.

        Raises:
            BackendError: none of its kind is left.
        """
        return self._timed(study).machine.environment

    def _timed(self, study: str) -> Node:
        """Return the node on which a study's speed is measured: the largest of its kind."""
        nodes = self.nodes.of_study(study)
        if not nodes:
            raise BackendError(f"{study}: no node with {self.nodes.kind_of(study)} is left, where its study is run")
        return max(nodes, key=lambda node: (node.total["CPU"], node.name))

    def describe(self) -> str:
        """Return the cluster in words."""
        return self.nodes.describe()

    def thread_counts(self, study: str, asked: int | None) -> Sequence[int]:
        """Return the number asked for, else 1, 2, 4 ... up to the cores of the node on which it is measured."""
        return thread_counts(self._timed(study).machine.cores) if asked is None else [asked]

    def warning(self) -> None:
        """Return nothing: each node looks before its measurement."""

    def demand(self, memory_bytes: float) -> Demand:
        """Return what a trial declares.

        Args:
            memory_bytes: memory that it adds to a process that has the libraries and the data.
        """
        if self.execution.device == "cpu":
            process = psutil.Process().memory_info().rss  # a node's has what this one has: libraries and data
            return {"CPU": self.execution.threads, "memory": process + memory_bytes, "trials": 1}
        return {"CPU": 1, "GPU": 1 / (self.most or 1), "trials": 0}

    def ship(self, dataset: Dataset) -> Any:  # noqa: ANN401 - Ray's reference
        """Return a data set's reference in the object store; it is put there once."""
        if dataset.sha256 not in self._shipped:
            self._shipped[dataset.sha256] = self.nodes.ray.put(tasks.shipped(dataset))
        return self._shipped[dataset.sha256]

    def run_phase(
        self, arms: Sequence[Planned], dataset: Dataset, threads: Sequence[int], turn_ended: TurnEnded
    ) -> SpeedRecord:
        """Measure a study's arms on the largest node of its kind, of which all cores are declared.

        Raises:
            Exception: whatever one of the arms raised, or Ray.
        """
        self.nodes.look()
        study = arms[0].trial.study
        node = self._timed(study)
        whole = {name: node.total.get(name, 0.0) for name in ("CPU", "GPU")}
        for reference in self.nodes.task(tasks.measure, node, whole).remote(self.ship(dataset), arms, threads):
            told = self.nodes.ray.get(reference)
            if isinstance(told, Exception):
                raise told
            if isinstance(told, SpeedRecord):
                return told
            turn_ended(*told)
        raise BackendError(f"{study}: its speed phase ended without a record")
