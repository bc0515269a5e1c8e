"""Tests of bench.harness.stats.runs.gate: verdicts on changes, drops beyond a margin, and the seeds that would tell."""

import numpy as np
import pytest

from bench.harness.stats.runs.change import Change, change_of_accuracies
from bench.harness.stats.runs.gate import outcomes, seeds_to_tell, verdicts
from bench.harness.stats.variance import Sources

SAME = Change(effect=0.0, n=5, base_n=5, same=True)
ALONE = Change(effect=-0.5, n=1, base_n=1)


def change(effect: float, error: float = 0.001, n: int = 5, image: float = 0.0) -> Change:
    """Return a change with a standard error from seeds, and one from images."""
    sources = Sources(seeds=(error**2 / 2,) * 2, n=(n, n), crossed=(0.0, 0.0), image=image**2, images=1000)
    return Change(effect=effect, n=n, base_n=n, sources=sources)


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (change(0.02), "better"),
        (change(-0.02), "worse"),
        (change(0.0), "tied"),
        (change(0.0, error=0.01), "cannot tell"),
        (SAME, "same answers"),
        (ALONE, "no verdict"),
    ],
)
def test_verdict(one: Change, verdict: str) -> None:
    """A clear difference has a direction, a small one is tied, a vague one open; equal runs stand out."""
    assert verdicts([one], [0.01]) == [verdict]


def test_verdicts_are_corrected_for_all_that_is_shown() -> None:
    """A change that is shown alone is open among thirty."""
    weak = change(0.0033)

    assert verdicts([weak], [0.001]) == ["better"]
    assert verdicts([weak, *[change(0.0)] * 29], [0.001] * 30)[0] == "cannot tell"


@pytest.mark.parametrize(
    ("one", "outcome"),
    [
        (change(-0.008), "dropped"),
        (change(-0.0035), "cannot tell"),
        (change(0.0), "held"),
        (change(0.01), "held"),
        (change(0.0, error=0.01), "cannot tell"),
        (change(-0.004, error=0.01), "cannot tell"),
        (SAME, "held"),
        (ALONE, "cannot tell"),
    ],
)
def test_outcome(one: Change, outcome: str) -> None:
    """With 0.3 points allowed, what is surely more fails, what is surely less passes, the rest is not known."""
    assert outcomes([one], -0.003) == [outcome]


def test_a_gain_never_fails() -> None:
    """However large a gain is, and however noisy, no drop is claimed."""
    assert outcomes([change(0.5), change(0.5, error=0.4)], -0.003) == ["held", "cannot tell"]


def test_dropping_is_corrected_and_holding_is_not() -> None:
    """Among thirty arms a drop has to be clearer; each arm holds by its own test, since all of them have to."""
    drop, hold = change(-0.0063), change(0.0)

    assert outcomes([drop], -0.003) == ["dropped"]
    assert outcomes([drop, *[hold] * 29], -0.003) == ["cannot tell", *["held"] * 29]


def test_unchanged_arms_seldom_fail() -> None:
    """At most one page in twenty (and two SE) of arms that dropped by just what is allowed claims more."""
    random = np.random.default_rng(0)
    failed = 0
    for _ in range(400):
        arms = [
            change_of_accuracies(list(random.normal(0.897, 0.003, 5)), list(random.normal(0.9, 0.003, 5)), 10_000)
            for _ in range(8)
        ]
        failed += "dropped" in outcomes(arms, -0.003)

    assert failed / 400 <= 0.05 + 2 * 0.011


def test_seeds_that_would_tell_do() -> None:
    """As many seeds as are named decide the outcome where the effect stays, and one less does not."""
    vague = change(0.0, error=0.005)
    seeds = seeds_to_tell(vague, -0.003)
    assert seeds is not None
    assert vague.sources is not None

    def outcome_with(n: int) -> str:
        sources = vague.sources.with_seeds(n) if vague.sources else None
        return outcomes([Change(effect=0.0, n=n, base_n=n, sources=sources)], -0.003)[0]

    assert [outcome_with(seeds - 1), outcome_with(seeds)] == ["cannot tell", "held"]


def test_seeds_cannot_make_up_for_images() -> None:
    """Where the test images alone leave too much open, no number of seeds would tell."""
    assert seeds_to_tell(change(0.0, image=0.003), -0.003) is None


def test_a_single_seed_promises_nothing() -> None:
    """Without a spread nobody knows how many seeds would do."""
    assert seeds_to_tell(ALONE, -0.003) is None
