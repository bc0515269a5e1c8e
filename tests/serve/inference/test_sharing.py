"""Tests of how models share the machine, in simulated time: shares of compute, refusals, answers in time."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.serve.simulated import Client, Simulation, busy_seconds

Simulate = Callable[[int], Simulation]
FAST, SLOW = (0.0003, 0.0001), (0.001, 0.035)  # seconds of a run, and of each image
SIZES = (1, 2, 4, 8)


def percentile(clients: list[Client], share: float) -> float:
    """Return the seconds within which a share of the answers came."""
    return float(np.quantile([wait for client in clients for wait in client.waits], share))


def answers(clients: list[Client], status: int) -> int:
    """Return how many answers had a status."""
    return sum(client.statuses[status] for client in clients)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("slow_clients", [2, 8, 32])
def test_a_slow_model_does_not_starve_a_fast_one(simulate: Simulate, workers: int, slow_clients: int) -> None:
    """The fast one waits for the run that goes on, and for no more: 99 % of its answers come within three of them."""
    simulation = simulate(workers)
    fast, slow = simulation.net("fast", FAST, SIZES), simulation.net("slow", SLOW)
    quick = simulation.closed(fast, 2)
    simulation.closed(slow, slow_clients)

    simulation.run(8)

    assert answers(quick, 504) == answers(quick, 429) == 0
    assert percentile(quick, 0.99) < 3 * 0.036


@pytest.mark.parametrize("weights", [(1.0, 1.0), (3.0, 1.0)])
@pytest.mark.parametrize("workers", [1, 2])
def test_models_that_are_asked_too_much_share_the_compute_by_weight(
    simulate: Simulate,
    workers: int,
    weights: tuple[float, float],
) -> None:
    """Seconds of compute, not runs or requests: one takes a hundred times as long as the other."""
    simulation = simulate(workers)
    fast = simulation.net("fast", FAST, SIZES, weight=weights[0])
    slow = simulation.net("slow", SLOW, weight=weights[1])
    simulation.open(fast, 20_000 * workers)
    simulation.open(slow, 100 * workers)

    simulation.run(4)

    ratio = busy_seconds(fast) / busy_seconds(slow)
    assert ratio == pytest.approx(weights[0] / weights[1], rel=0.2)


@pytest.mark.parametrize("clients", [1, 2, 4, 8, 12])
def test_who_would_be_answered_in_time_is_not_refused(simulate: Simulate, clients: int) -> None:
    """A model of 80 ms, one worker, two seconds: twelve that wait for each other are answered within one."""
    simulation = simulate(1)
    net = simulation.net("net", (0.005, 0.075), (1, 2))
    asked = simulation.closed(net, clients)

    simulation.run(60)

    assert answers(asked, 429) == answers(asked, 504) == 0
    assert answers(asked, 200) > 60 / 0.08 * 0.9


@pytest.mark.parametrize("clients", [32, 64])
def test_beyond_the_deadline_the_rest_is_refused_and_the_machine_stays_busy(simulate: Simulate, clients: int) -> None:
    """More clients than can be answered within two seconds: who is admitted is answered, the rest is told to come back.

    Places go to who asks when one is free: mostly to a client that has just been answered.
    """
    simulation = simulate(1)
    net = simulation.net("net", (0.005, 0.075), (1, 2))
    asked = simulation.closed(net, clients)

    simulation.run(60)

    assert answers(asked, 504) == 0
    assert busy_seconds(net) > 0.95 * 60
    assert answers(asked, 429) > 0
    assert percentile(asked, 0.5) > 0.6 * net.config.timeout


@pytest.mark.parametrize("neighbours", [1.0, 1.3, 2.0])
@pytest.mark.parametrize("times", [2, 10])
def test_at_many_times_the_capacity_most_of_it_is_used_and_admitted_requests_are_in_time(
    simulate: Simulate,
    times: int,
    neighbours: float,
) -> None:
    """At most one in a thousand of those that wait is late, also where every other second others slow the machine."""
    simulation = simulate(1)
    net = simulation.net("net", (0.002, 0.008), SIZES)
    net.session.neighbours = neighbours
    capacity = 8 / (0.002 + 8 * 0.008) * (1 + 1 / neighbours) / 2
    client = simulation.open(net, times * capacity)

    simulation.run(60)

    assert client.statuses[200] > 0.85 * capacity * 60
    assert client.statuses[504] <= client.statuses[200] / 1000
    assert client.statuses[429] > 0
