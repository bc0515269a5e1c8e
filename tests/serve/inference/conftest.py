"""Fixtures of the tests of serve.inference."""

from collections.abc import Callable

import pytest

from serve.inference import batcher as module
from tests.serve.simulated import Simulation


@pytest.fixture
def simulate(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Simulation]:
    """Return what makes a simulation with so many workers; one a test."""

    def make(workers: int) -> Simulation:
        simulation = Simulation(workers)
        monkeypatch.setattr(module, "monotonic", simulation.loop.time)
        return simulation

    return make
