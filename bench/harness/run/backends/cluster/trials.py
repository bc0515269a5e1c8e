"""Trials on a Ray cluster (`--ray ADDRESS`): each is a task with declared cores and memory, and a fraction of a GPU.

A record and its checkpoint come home when their trial ends, once, and are kept here. A trial whose process was killed
is tried once more; one whose node has gone goes to another and has lost nothing but time.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.harness.data.dataset import Dataset
from bench.harness.errors import one_line
from bench.harness.files import write_bytes
from bench.harness.records.record import Record
from bench.harness.run.backends.backend import TRIES, BackendError, Ended, EpochEnded
from bench.harness.run.backends.cluster import tasks
from bench.harness.run.backends.cluster.machines import Cluster
from bench.harness.run.backends.cluster.nodes import Demand, Node
from bench.harness.run.plan import record_seconds
from bench.harness.study.planned import Planned
from bench.harness.training.trial_run import Epoch

WAIT_SECONDS = 1.0  # for something to happen, before nodes are looked for
PATIENCE_SECONDS = 300.0  # in which a node may come back where none is left


class ClusterTrials:
    """Trains trials on a cluster, begun in their order as nodes have room.

    Args:
        cluster: the machines.
        results: folder for the checkpoints.
        load: returns a data set by name.
        epoch_ended: called with the running trial after each of its epochs.
    """

    by_arm = False

    def __init__(
        self, cluster: Cluster, results: Path, load: Callable[[str], Dataset], epoch_ended: EpochEnded
    ) -> None:
        self.cluster, self.results, self._load, self._epoch_ended = cluster, results, load, epoch_ended
        self._ray, self._nodes = cluster.nodes.ray, cluster.nodes
        self._running: dict[Any, tuple[Planned, Node, Demand]] = {}  # by Ray's generator
        self._waiting: deque[Planned] = deque()  # taken, but their kind of node had no room
        self._lost: Counter[str] = Counter()  # processes that died over a trial, by its key
        self._died_on: dict[str, str] = {}  # the node, by the key of a trial whose process died there
        self._alone_since: float | None = None  # of `time.monotonic`: no node is left

    def train(self, trials: Iterator[Planned]) -> Iterator[Ended]:
        """Keep every node busy; yield trials in the order in which they end."""
        while True:
            self._nodes.look()
            yield from self._hand_out(trials)
            if self._running:
                self._alone_since = None
                yield from self._wait()
            elif self._waiting and self._nodes_may_come_back():
                time.sleep(WAIT_SECONDS)
            elif self._waiting:
                planned = self._waiting.popleft()
                yield Ended(planned, BackendError(self._no_room(planned)), 0.0)
            else:
                return

    def _nodes_may_come_back(self) -> bool:
        """Return whether no node is there that the next trial may be trained on, and has not been for long."""
        if self._nodes.of_study(self._waiting[0].trial.study):
            self._alone_since = None
            return False
        if self._alone_since is None:
            self._alone_since = time.monotonic()
        return time.monotonic() - self._alone_since < PATIENCE_SECONDS

    def _hand_out(self, trials: Iterator[Planned]) -> Iterator[Ended]:
        """Begin those that have waited, then more, until the nodes are full or too many wait for another kind.

        Where nothing is under way one more is taken all the same: it will say why it cannot begin.
        """
        for _ in range(len(self._waiting)):
            yield from self._begun(self._waiting.popleft())
        while not (self._running or self._waiting) or self._takes_more():
            planned = next(trials, None)
            if planned is None:
                return
            yield from self._begun(planned)

    def _takes_more(self) -> bool:
        return len(self._waiting) < len(self._nodes.known) and self._some_node_has_room()

    def _begun(self, planned: Planned) -> Iterator[Ended]:
        """Begin a trial or keep it waiting; yield it where it cannot be sent."""
        try:
            self._begin_or_keep(planned)
        except Exception as error:  # noqa: BLE001 - it is that trial's own result
            yield Ended(planned, error, 0.0)

    def _some_node_has_room(self) -> bool:
        least = self.cluster.demand(0.0)
        return any(node.has(least) for node in self._nodes.known.values())

    def _begin_or_keep(self, planned: Planned) -> None:
        demand = self.cluster.demand(planned.memory_bytes)
        node = self._nodes.with_room(planned.trial.study, demand, self._died_on.get(planned.key))
        if node is None:
            self._waiting.append(planned)
            return
        dataset = self.cluster.ship(self._load(planned.trial.dataset))
        task = self._nodes.task(tasks.train, node, demand)
        told = task.remote(dataset, planned, self.cluster.execution, self.cluster.most or 1)
        node.used.update(demand)
        self._running[told] = (planned, node, demand)

    def _wait(self) -> Iterator[Ended]:
        """Wait until a trial has something to say; yield those that have ended."""
        ready, _ = self._ray.wait(list(self._running), timeout=WAIT_SECONDS)
        for told in ready:
            planned, node, demand = self._running[told]
            message = self._heard(told)
            if isinstance(message, Epoch):
                self._epoch_ended(planned, message)
                continue
            del self._running[told]
            node.used.subtract(demand)
            try:
                result = self._result(planned, node, message)
            except OSError as error:  # its checkpoint cannot be kept
                result = error
            if result is not None:
                yield Ended(planned, result, record_seconds(result) if isinstance(result, Record) else 0.0)

    def _heard(self, told: Any) -> Epoch | tasks.Trained | Exception:  # noqa: ANN401 - Ray's generator
        try:
            message: Epoch | tasks.Trained | Exception = self._ray.get(next(told))
        except Exception as error:  # noqa: BLE001 - Ray raises what its processes died of
            return error
        return message

    def _result(self, planned: Planned, node: Node, message: tasks.Trained | Exception) -> Record | Exception | None:
        """Return how a trial ended, its checkpoint kept; None where it is tried again."""
        if isinstance(message, tasks.Trained):
            for name, content in message.files.items():
                write_bytes(self.results / name, content)
            return message.record
        if not self._died(message):
            return message
        self._died_on[planned.key] = node.name
        if node.name in self._nodes.alive() and not isinstance(message, self._ray.exceptions.NodeDiedError):
            self._lost[planned.key] += 1
        if self._lost[planned.key] < TRIES:
            self._waiting.append(planned)
            return None
        return BackendError(
            f"{planned.trial.name}: its process on a node died, {TRIES} times ({one_line(message)}); "
            "the same command tries it again"
        )

    def _died(self, error: Exception) -> bool:
        """Return whether a trial's process has gone, with or without its node, and not the trial failed."""
        exceptions = self._ray.exceptions
        return isinstance(error, exceptions.RayError) and not isinstance(error, exceptions.RayTaskError)

    def _no_room(self, planned: Planned) -> str:
        demand, study = self.cluster.demand(planned.memory_bytes), planned.trial.study
        if not self._nodes.of_study(study):
            return f"{planned.trial.name}: no node with {self._nodes.kind_of(study)} is left, where its study is run"
        wanted = ", ".join(f"{amount:g} {name}" for name, amount in demand.items() if name != "trials")
        return f"{planned.trial.name}: no node has {wanted} (memory in bytes): give the cluster a larger one"

    def close(self) -> None:
        """End whatever is still running."""
        for told in self._running:
            self._ray.cancel(told, force=True)
        self._running.clear()
