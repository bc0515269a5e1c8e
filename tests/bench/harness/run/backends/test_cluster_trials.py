"""Tests of bench.harness.run.backends.cluster.trials, where nothing can be sent to a node."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.harness.machine.device import Execution
from bench.harness.run.backends.backend import BackendError
from bench.harness.run.backends.cluster import trials as module
from bench.harness.run.backends.cluster.tasks import train
from bench.harness.run.backends.cluster.trials import ClusterTrials
from tests.bench.harness.run.backends.test_processes import trials


class Empty:
    """A cluster's machines: as many nodes as are given, none of which has room.

    Attributes:
        most: As `Cluster`'s.
        execution: As `Cluster`'s.
    """

    most, execution = None, Execution("cpu", threads=1)

    def __init__(self, count: int) -> None:
        self.there = [SimpleNamespace(name=f"n{number}", has=lambda _demand: False) for number in range(count)]
        self.nodes = SimpleNamespace(
            ray=None,
            known={node.name: node for node in self.there},
            look=lambda: None,
            of_study=lambda _study: self.there,
            kind_of=lambda _study: "Intel",
            with_room=lambda *_: None,
        )

    def demand(self, memory_bytes: float) -> dict[str, float]:
        """Return a core and the memory."""
        return {"CPU": 1, "memory": memory_bytes, "trials": 1}


@pytest.fixture
def cluster() -> Any:  # noqa: ANN401 - it stands in the place of one
    """A cluster of two nodes without room."""
    return Empty(2)


def backend(cluster: Any) -> ClusterTrials:  # noqa: ANN401 - as above
    """Return a backend on it."""
    return ClusterTrials(cluster, Path(), lambda _name: None, lambda *_: None)  # type: ignore[arg-type, return-value]  # nothing is loaded


def test_a_trial_that_no_node_has_room_for_ends_with_the_reason(cluster: Any) -> None:  # noqa: ANN401 - as above
    """Every one of them, though the cluster has room for nothing at all."""
    wanted = trials(3)

    ended = list(backend(cluster).train(iter(wanted)))

    assert [one.planned for one in ended] == wanted
    assert all(isinstance(one.result, BackendError) for one in ended)
    assert "no node has 1 CPU" in str(ended[0].result)


def test_trials_wait_for_a_node_to_come_back(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 - as above
    """For some minutes, and then say which kind has gone."""
    cluster.there.clear()
    waited: list[float] = []
    monkeypatch.setattr(f"{module.__name__}.time.sleep", waited.append)
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.05)

    (ended,) = backend(cluster).train(iter(trials(1)))

    assert waited
    assert "no node with Intel is left" in str(ended.result)


def test_an_error_that_cannot_be_sent_is_sent_in_words() -> None:
    """A class whose arguments pickle loses."""

    class OddError(Exception):
        def __init__(self, one: int, two: int) -> None:
            super().__init__(f"{one} and {two}")

    class Content:
        @property
        def splits(self) -> Any:  # noqa: ANN401 - never returned
            raise OddError(1, 2)

    (planned,) = trials(1)
    (error,) = train(Content(), planned, Execution("cpu", threads=1), 1)  # type: ignore[arg-type]  # breaks as it is read

    assert isinstance(error, RuntimeError)
    assert str(error).startswith("OddError: 1 and 2")
    assert "on its node" in str(error)
