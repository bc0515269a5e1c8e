"""The nodes of a Ray cluster: what hardware each is, what it has left, and which study is run on which kind.

A study's tables compare arms on one kind of hardware only, so each study has one, that of its records or else the one
with the fewest studies a core. Within it Ray could place trials by itself; they are placed here, because Ray knows
nothing of kinds of processors.
"""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from bench.harness.errors import UserError, one_line
from bench.harness.machine.environment import COMMIT_VARIABLE, commit
from bench.harness.number_format import counted
from bench.harness.paths import PROJECT
from bench.harness.run.backends.cluster import tasks
from bench.harness.run.backends.cluster.tasks import Machine

Demand = Mapping[str, float]  # Ray's names of resources
CODE = ("bench", "models", "images")  # folders that a trial imports
ROUNDING = 1e-6  # of a resource: three thirds of a GPU are one
POLL_SECONDS = 1.0  # between two looks for nodes that have come or gone
FIRST_SECONDS = 300.0  # in which at least one node must answer


def connect(address: str) -> Any:  # noqa: ANN401 - Ray's module
    """Join a cluster as its driver; return Ray.

    Args:
        address: as `ray.init` takes it, such as `auto` or `host:6379`.

    Raises:
        UserError: Ray is not installed, or there is no cluster.
    """
    try:
        import ray  # noqa: PLC0415 - optional, and slow
    except ImportError as error:
        raise UserError(f"--ray needs Ray: pip install '.[ray]' ({error})") from error
    if address.startswith("ray://"):
        raise UserError(f"--ray {address}: the run must be on a node of the cluster: start it there, with --ray auto")
    code = [str(PROJECT / name) for name in CODE]
    environment = {"py_modules": code, "env_vars": {COMMIT_VARIABLE: commit()}}
    on_termination = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address=address, runtime_env=environment, log_to_driver=False, logging_level="ERROR")
    except Exception as error:
        raise UserError(f"--ray {address}: {one_line(error)}; `ray start --head` starts a cluster") from error
    finally:
        signal.signal(signal.SIGTERM, on_termination)  # Ray puts its own there, which is no Ctrl-C
    return ray


@dataclass
class Node:
    """A node of the cluster that has answered.

    Attributes:
        name: Ray's id.
        machine: its own account.
        total: resources that it declares.
        used: those that trials in flight have declared.
    """

    name: str
    machine: Machine
    total: Demand
    used: Counter[str] = field(default_factory=Counter)

    @property
    def hardware(self) -> str:
        """The kind of hardware."""
        return str(self.machine.environment["hardware"])

    def has(self, demand: Demand) -> bool:
        """Return whether a demand fits beside the trials in flight."""
        left = {name: self.total.get(name, 0.0) - self.used[name] for name in demand}
        return all(left[name] - amount > -ROUNDING for name, amount in demand.items())

    def room(self, demand: Demand) -> int:
        """Return how many of a demand the empty node has room for."""
        counts = (self.total.get(name, 0.0) / amount for name, amount in demand.items() if amount)
        return int(min(counts) + ROUNDING)


class Nodes:
    """The nodes of a cluster that have cores to give: a head often has none.

    Args:
        address: the cluster's.
        device: cpu, cuda or mps.
        most: number of trials on one node, or on each of its GPUs; None: as many as fit.

    Raises:
        UserError: no cluster, or no node with this process's torch.
    """

    def __init__(self, address: str, device: str, most: int | None = None) -> None:
        self.ray, self.device, self.most = connect(address), device, most
        self.known: dict[str, Node] = {}
        self.left_out: dict[str, str] = {}  # why, by the node's name
        self._asked: dict[Any, Mapping[str, Any]] = {}  # by reference: nodes that have not answered
        self._kinds: dict[str, str] = {}  # hardware, by study
        self._last_look = 0.0
        self._look_until_one_answers()

    def _look_until_one_answers(self) -> None:
        deadline = time.monotonic() + FIRST_SECONDS
        self.look()
        while (self._asked or not self.known) and time.monotonic() < deadline and (self._asked or self.left_out == {}):
            time.sleep(0.05)
            self.look()
        if not self.known:
            raise UserError(f"--ray: no node can train: {'; '.join(self.left_out.values()) or 'none has answered'}")

    def look(self) -> None:
        """Note which nodes have come and which have gone."""
        if time.monotonic() - self._last_look > POLL_SECONDS:
            self._last_look = time.monotonic()
            alive = {name: node for name, node in self.alive().items() if node["Resources"].get("CPU", 0) >= 1}
            self.known = {name: node for name, node in self.known.items() if name in alive}
            asked = {node["NodeID"] for node in self._asked.values()}
            for name in [name for name in alive if name not in {*self.known, *self.left_out, *asked}]:
                self._asked[self._remote(tasks.look, name, {}).remote(self.device)] = alive[name]
        if self._asked:
            ready, _ = self.ray.wait(list(self._asked), num_returns=len(self._asked), timeout=0)
            for answer in ready:
                self._take_in(self._asked.pop(answer), answer)

    def alive(self) -> dict[str, Mapping[str, Any]]:
        """Return Ray's words on the nodes that are there, by name."""
        return {node["NodeID"]: node for node in self.ray.nodes() if node["Alive"]}

    def _take_in(self, node: Mapping[str, Any], answer: Any) -> None:  # noqa: ANN401 - Ray's reference
        name, where = node["NodeID"], node["NodeManagerHostname"]
        try:
            machine: Machine = self.ray.get(answer)
        except Exception as error:  # noqa: BLE001 - Ray raises whatever the node did
            self.left_out[name] = f"{where}: {one_line(error)}"
            return
        theirs, ours = machine.environment["torch"], torch.__version__
        if theirs != ours:
            self.left_out[name] = f"{where} has torch {theirs}, this process {ours}"
            return
        self.known[name] = Node(name, machine, {**node["Resources"], "trials": self.most or float("inf")})

    def task(self, function: Callable[..., Any], node: Node, demand: Demand) -> Any:  # noqa: ANN401 - Ray's
        """Return a function as Ray runs it on a node, with the resources that it declares."""
        return self._remote(function, node.name, demand)

    def _remote(self, function: Callable[..., Any], node: str, demand: Demand) -> Any:  # noqa: ANN401 - Ray's
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415 - optional

        declared = {"num_cpus": demand.get("CPU", 0), "num_gpus": demand.get("GPU", 0)}
        # A process that has had a GPU keeps its context and memory: the next task gets another one.
        remote = self.ray.remote(function) if self.device == "cpu" else self.ray.remote(max_calls=1)(function)
        return remote.options(
            **declared,
            memory=int(demand.get("memory", 0)) or None,
            max_retries=0,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False),
        )

    def assign(self, recorded: Mapping[str, Iterable[str]]) -> None:
        """Choose the kind of each study.

        Args:
            recorded: the hardware of its records, one name a record, by the study's name.
        """
        for study, names in recorded.items():
            self._kinds[study] = self._choose_kind(names)

    def of_study(self, study: str) -> list[Node]:
        """Return the nodes that a study is run on: all of one kind."""
        return [node for node in self.known.values() if node.hardware == self._kinds[study]]

    def kind_of(self, study: str) -> str:
        """Return the hardware that a study is run on."""
        return self._kinds[study]

    def _choose_kind(self, recorded: Iterable[str]) -> str:
        cores = self.cores_by_kind()
        before = Counter(name for name in recorded if name in cores)
        if before:
            return before.most_common(1)[0][0]
        studies = Counter(self._kinds.values())
        return min(sorted(cores), key=lambda kind: (studies[kind] + 1) / max(cores[kind], 1))

    def cores_by_kind(self) -> Counter[str]:
        """Return the number of declared cores of each kind of hardware."""
        cores: Counter[str] = Counter()
        for node in self.known.values():
            cores[node.hardware] += int(node.total["CPU"])
        return cores

    def with_room(self, study: str, demand: Demand, but: str | None = None) -> Node | None:
        """Return the node of a study's kind that has the most cores left, of those that have room for a demand.

        Args:
            study: its name.
            demand: resources.
            but: name of a node that is taken only where no other has room.
        """
        fitting = [node for node in self.of_study(study) if node.has(demand)]
        return max(fitting, key=lambda node: (node.name != but, node.total["CPU"] - node.used["CPU"]), default=None)

    def describe(self) -> str:
        """Return the cluster in words."""
        kinds = "; ".join(f"{counted(cores, 'core')} of {kind}" for kind, cores in self.cores_by_kind().items())
        out = f"; left out: {'; '.join(self.left_out.values())}" if self.left_out else ""
        return f"Ray, {counted(len(self.known), 'node')}: {kinds}{out}"

    def slots(self, demand: Demand) -> int:
        """Return how many trials of a demand the cluster trains at once."""
        return sum(node.room(demand) for node in self.known.values())
