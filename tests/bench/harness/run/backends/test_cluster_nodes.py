"""Tests of bench.harness.run.backends.cluster.nodes, with a cluster that is made of words."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch

from bench.harness.errors import UserError
from bench.harness.run.backends.cluster import nodes as module
from bench.harness.run.backends.cluster.nodes import Nodes, connect
from bench.harness.run.backends.cluster.tasks import Machine

GIB = 2**30


class Words:
    """Ray, as far as nodes need it: tasks are run when their result is asked for.

    Attributes:
        there: The nodes: hardware, cores and torch's version by name.
    """

    def __init__(self, there: dict[str, tuple[str, int, str]]) -> None:
        self.there = there

    def nodes(self) -> list[dict[str, Any]]:
        """Return what Ray says of its nodes."""
        return [
            {"NodeID": name, "Alive": True, "NodeManagerHostname": name, "Resources": {"CPU": cores, "memory": 4 * GIB}}
            for name, (_, cores, _) in self.there.items()
        ]

    def wait(self, asked: Sequence[str], **_: object) -> tuple[Sequence[str], list[str]]:
        """Return all at once."""
        return asked, []

    def get(self, name: str) -> Machine:
        """Return what a node answers."""
        hardware, cores, version = self.there[name]
        return Machine({"hardware": hardware, "torch": version}, cores)


class _Task:
    def __init__(self, node: str) -> None:
        self.node = node

    def remote(self, _device: str) -> str:
        return self.node


Make = Callable[..., Nodes]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Make:
    """Return a function that makes a cluster of nodes: hardware and cores, perhaps torch's version, each."""
    monkeypatch.setattr(module, "POLL_SECONDS", -1.0)
    monkeypatch.setattr(Nodes, "_remote", lambda _self, _function, node, _demand: _Task(node))

    def made(*there: tuple[Any, ...], most: int | None = None) -> Nodes:
        full = {f"n{number}": (*one, torch.__version__)[:3] for number, one in enumerate(there)}
        monkeypatch.setattr(module, "connect", lambda _address: Words(full))
        return Nodes("auto", "cpu", most)

    return made


def test_a_study_is_run_on_one_kind_of_hardware(make: Make) -> None:
    """The next study goes to the kind that has the fewest studies a core."""
    nodes = make(("Intel", 2), ("AMD", 4), ("Intel", 2))

    nodes.assign({"one": [], "two": []})

    assert {nodes.kind_of("one"), nodes.kind_of("two")} == {"AMD", "Intel"}
    assert [node.name for node in nodes.of_study("one")] == ["n1"]
    assert [node.name for node in nodes.of_study("two")] == ["n0", "n2"]


def test_a_study_stays_where_most_of_its_records_are_from(make: Make) -> None:
    """Those of hardware that the cluster has not do not count."""
    nodes = make(("Intel", 2), ("AMD", 64))

    nodes.assign({"one": ["Intel", "ARM", "ARM"]})

    assert nodes.kind_of("one") == "Intel"


def test_a_node_has_room_for_what_it_declares(make: Make) -> None:
    """Cores and memory of the trials in flight are counted; the node with the most cores left is next."""
    nodes = make(("Intel", 2), ("Intel", 3))
    nodes.assign({"one": []})
    demand = {"CPU": 1, "memory": 1.5 * GIB, "trials": 1}

    taken = []
    while (node := nodes.with_room("one", demand)) is not None:
        node.used.update(demand)
        taken.append(node.name)

    assert taken == ["n1", "n0", "n1", "n0"]  # two of 1.5 GiB in 4 each
    assert nodes.slots(demand) == 4
    assert nodes.slots({"CPU": 2, "memory": 0}) == 2


def test_workers_are_the_most_trials_on_a_node(make: Make) -> None:
    """However many cores it has."""
    assert make(("Intel", 64), ("Intel", 64), most=3).slots({"CPU": 1, "trials": 1}) == 6


def test_nodes_come_and_go(make: Make) -> None:
    """A node that was added is used, one that has gone is not."""
    nodes = make(("Intel", 2))
    nodes.assign({"one": []})
    there = nodes.ray.there

    there["new"] = ("Intel", 2, torch.__version__)
    nodes.look()
    with_new = [node.name for node in nodes.of_study("one")]
    del there["n0"]
    nodes.look()

    assert with_new == ["n0", "new"]
    assert [node.name for node in nodes.of_study("one")] == ["new"]


def test_a_node_with_another_torch_is_left_out_by_name(make: Make) -> None:
    """Its records would count as another run's."""
    nodes = make(("Intel", 2), ("Intel", 2, "1.0"))

    assert list(nodes.known) == ["n0"]
    assert f"left out: n1 has torch 1.0, this process {torch.__version__}" in nodes.describe()
    with pytest.raises(UserError, match=r"--ray: no node can train: n0 has torch 1\.0"):
        make(("Intel", 2, "1.0"))


def test_the_driver_is_on_a_node() -> None:
    """Ray's client hands no results on while a task goes on."""
    pytest.importorskip("ray")
    with pytest.raises(UserError, match="must be on a node of the cluster"):
        connect("ray://head:10001")


def test_a_fraction_of_a_gpu_is_one_of_so_many(make: Make) -> None:
    """Five fifths are one, whatever they are in binary."""
    nodes = make(("Intel", 8))
    node = nodes.known["n0"]
    node.total = {**node.total, "GPU": 1}

    assert node.room({"CPU": 1, "GPU": 1 / 5}) == 5


def test_a_trial_goes_elsewhere_than_where_it_died(make: Make) -> None:
    """Unless nobody else has room."""
    nodes = make(("Intel", 8), ("Intel", 1))
    nodes.assign({"one": []})
    demand = {"CPU": 1}

    elsewhere = nodes.with_room("one", demand, but="n0")
    assert elsewhere is not None
    elsewhere.used.update(demand)
    again = nodes.with_room("one", demand, but="n0")

    assert (elsewhere.name, again and again.name) == ("n1", "n0")
