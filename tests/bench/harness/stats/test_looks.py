"""Tests of bench.harness.stats.looks: the looks, the error spent over them, and what a p value is worth."""

import numpy as np
import pytest
from scipy import special

from bench.harness.stats.looks import LOOKS, level_of, looks_until, next_look, sequential_p, spent


@pytest.mark.parametrize(
    ("seeds", "allowed"), [(4, ()), (5, (5,)), (7, (5,)), (8, (5, 8)), (29, (5, 8, 12, 20)), (99, LOOKS)]
)
def test_looks_that_so_many_seeds_allow(seeds: int, allowed: tuple[int, ...]) -> None:
    """Seeds between two looks wait for the next."""
    assert looks_until(seeds) == allowed


@pytest.mark.parametrize(("seeds", "following"), [(4, 5), (5, 8), (8, 12), (20, 30), (30, None)])
def test_next_look(seeds: int, following: int | None) -> None:
    """Behind each look there is another, but for the last."""
    assert next_look(seeds) == following


def test_the_error_is_spent_evenly() -> None:
    """A third of it with every ten seeds, and never more than all."""
    assert [spent(n) for n in (10, 20, 30, 40)] == pytest.approx([1 / 3, 2 / 3, 1, 1])


@pytest.mark.parametrize("error", [0.025, 0.00625])
def test_looks_spend_what_is_planned(error: float) -> None:
    """Among a million random walks so many cross a level by each look: crossing is counted, not worked out."""
    seeds = looks_until(30)
    levels = [level_of(error, count) for count in range(1, len(seeds) + 1)]
    steps = np.random.default_rng(0).standard_normal((1_000_000, len(seeds)), np.float32)
    walk = (steps * np.sqrt(np.diff(seeds, prepend=0))).cumsum(axis=1) / np.sqrt(seeds)

    crossed = np.logical_or.accumulate(walk > -special.ndtri(levels), axis=1).mean(axis=0)

    assert crossed == pytest.approx([error * spent(n) for n in seeds], rel=0.1)


def test_first_look_alone_pays_for_the_others() -> None:
    """At the first look a p value is worth itself over the share that is spent there."""
    assert sequential_p([0.001])[0] == pytest.approx(0.001 / spent(5), rel=1e-3)


def test_level_and_p_value_are_inverse() -> None:
    """A p value at a look's level for an error is worth that error."""
    p_values = [0.4, 0.4, level_of(0.01, 3)]

    assert sequential_p(p_values)[2] == pytest.approx(0.01, rel=1e-3)


def test_tiny_p_values_stay_above_zero_and_in_order() -> None:
    """Beyond the table the two run in parallel."""
    smaller, larger = (sequential_p([p])[0] for p in (1e-200, 1e-20))

    assert 0 < smaller < larger < 1e-19


def test_useless_p_values_become_one() -> None:
    """A look that points the other way is no evidence."""
    assert sequential_p([0.9, 0.6]) == [1.0, 1.0]


def test_no_look_has_no_p_value() -> None:
    """Below the first look there is none."""
    assert sequential_p([]) == []
