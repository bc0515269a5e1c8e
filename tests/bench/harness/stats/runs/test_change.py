"""Tests of bench.harness.stats.runs.change: changes of accuracy from run to run, and what they show."""

import math

import numpy as np
import pytest

from bench.harness.stats.differences import Bits, difference
from bench.harness.stats.runs.change import Change, change_of_accuracies, change_of_answers, in_log


def answers(accuracy: float, key: int, seeds: int = 5, images: int = 400) -> Bits:
    """Return random correctness of about an accuracy."""
    return np.random.default_rng(key).random((seeds, images)) < accuracy


def test_answers_are_compared_as_those_of_two_arms() -> None:
    """The effect and its interval are those that a study's comparison would have."""
    new, base = answers(0.9, 1), answers(0.8, 2)

    change, expected = change_of_answers(new, base, same_seeds=True), difference(new, base)

    assert change.effect == expected.effect
    assert change.interval is not None
    assert list(change.interval) == pytest.approx([expected.low, expected.high])


def test_the_same_answers_of_the_same_seeds_are_no_change() -> None:
    """Equal answers show that nothing changed, in either direction and by however little."""
    base = answers(0.9, 1)
    change = change_of_answers(base.copy(), base, same_seeds=True)

    assert (change.same, change.is_judged, change.effect) == (True, True, 0.0)
    assert (change.p_above(-1e-9), change.p_below(1e-9)) == (0.0, 0.0)
    assert (change.p_above(0.0), change.p_below(0.0)) == (1.0, 1.0)


def test_equal_answers_of_other_seeds_are_luck() -> None:
    """Nets of other seeds that answer alike still have the uncertainty of seeds."""
    base = answers(0.9, 1)

    assert change_of_answers(base.copy(), base, same_seeds=False).sources is not None


def test_one_answer_makes_a_change() -> None:
    """A single other answer is no longer the same run: it is judged with its uncertainty."""
    base = answers(0.9, 1)
    new = base.copy()
    new[0, 0] = not new[0, 0]

    change = change_of_answers(new, base, same_seeds=True)

    assert not change.same
    assert change.sources is not None


def test_one_seed_is_not_judged() -> None:
    """With one seed in either run there is an effect, and nothing can be claimed of it."""
    change = change_of_answers(answers(0.9, 1, seeds=1), answers(0.8, 2), same_seeds=False)

    assert (change.interval, change.is_judged) == (None, False)
    assert (change.p_above(-1.0), change.p_below(1.0)) == (1.0, 1.0)


def test_accuracies_alone_are_spread_over_seeds() -> None:
    """Without answers the standard error is that of the seeds' means (W. S. Gosset's two samples)."""
    new, base = [0.91, 0.93, 0.92], [0.90, 0.88, 0.89]
    change = change_of_accuracies(new, base, images=1000)

    assert change.effect == pytest.approx(0.03)
    assert change.sources is not None
    assert math.sqrt(change.sources.total) == pytest.approx(math.sqrt(0.0001 / 3 + 0.0001 / 3))


def test_accuracies_that_agree_are_known_to_the_rounding_only() -> None:
    """Seeds that agree by chance leave the rounding to whole images."""
    change = change_of_accuracies([0.9, 0.9], [0.9, 0.9], images=100)

    assert change.sources is not None
    assert change.sources.total == pytest.approx(2 / 2 / (12 * 100**2))


def test_one_accuracy_is_not_judged() -> None:
    """A single accuracy has no spread."""
    assert not change_of_accuracies([0.9], [0.9, 0.8], images=100).is_judged


def test_p_values_of_a_bound_add_up() -> None:
    """Whatever a change is not shown to be above, it is shown to be below, and at its own effect both are even."""
    change = change_of_answers(answers(0.9, 1), answers(0.8, 2), same_seeds=True)

    assert change.p_above(0.0) < 0.05 < change.p_below(0.0)
    assert change.p_above(change.effect) == pytest.approx(0.5)


def test_a_loss_of_speed_in_percent_becomes_a_logarithm() -> None:
    """A loss of a tenth is the logarithm of nine tenths."""
    assert math.exp(in_log(10.0)) == pytest.approx(0.9)


def test_an_unjudged_change_claims_nothing() -> None:
    """A change without a variance has no interval."""
    assert Change(effect=0.1, n=1, base_n=1).interval is None
