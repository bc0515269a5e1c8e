"""Tests of bench.harness.stats.prospect: the chance that more seeds bring an answer."""

import numpy as np
import pytest

from bench.harness.stats.prospect import chance_of_answer, is_futile
from bench.harness.stats.verdict import Looks, look_at


def looks(new: float, old: float, *, sd: float, images: int = 1000, seeds: int = 5) -> Looks:
    """Return the looks at two arms whose seeds make errors on the same first images, more or fewer of them."""
    random = np.random.default_rng(1)
    arms = []
    for accuracy in (new, old):
        correct = np.ones((seeds, images), dtype=bool)
        noise = random.permuted(np.linspace(-1.5, 1.5, seeds)) * sd
        for row, deviation in zip(correct, noise, strict=True):
            row[: round(images * (1 - accuracy - deviation))] = False
        arms.append(correct)
    looked = look_at(arms[0], arms[1], 0.01)
    assert looked is not None
    return looked


def test_a_clear_difference_has_good_prospects() -> None:
    """Two points with seeds that vary by one will be shown by thirty."""
    assert chance_of_answer(looks(0.97, 0.95, sd=0.01), 0.01, 4, 30) > 0.9


def test_wild_seeds_have_none() -> None:
    """Arms whose seeds vary by five points, and that differ by less than one, are neither told apart nor tied."""
    assert is_futile(looks(0.9, 0.902, sd=0.05, seeds=20), 0.01, 4, 30)


def test_equal_arms_may_tie() -> None:
    """Arms that agree to a tenth of a point, with steady seeds, will be tied."""
    assert chance_of_answer(looks(0.97, 0.97, sd=0.003), 0.01, 4, 30) > 0.8


def test_no_look_is_left() -> None:
    """Whoever has all seeds already gains nothing."""
    assert chance_of_answer(looks(0.97, 0.96, sd=0.01, seeds=8), 0.01, 4, 8) == 0


@pytest.mark.parametrize("most", [8, 12, 30, 80])
def test_chances_are_chances(most: int) -> None:
    """Whatever the number of seeds, between 0 and 1."""
    assert 0 <= chance_of_answer(looks(0.97, 0.965, sd=0.01), 0.01, 4, most) <= 1


def test_more_seeds_are_a_better_chance() -> None:
    """Eighty seeds tell more than twelve."""
    few, many = (chance_of_answer(looks(0.97, 0.96, sd=0.015), 0.01, 4, most) for most in (12, 80))

    assert few < many
