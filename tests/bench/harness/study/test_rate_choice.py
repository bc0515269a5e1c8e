"""Tests of bench.harness.study.rate_choice."""

from collections.abc import Sequence

import numpy as np
import pytest

from bench.harness.records.answers import pack_bits
from bench.harness.study.rate_choice import Tried, choose

IMAGES = 100


def tried(
    rate: float, right: int, seed: int = 0, *, loss: float | None = 1.0, epochs_to_target: int | None = None
) -> Tried:
    """Return a training after which the first `right` of 100 validation images were answered correctly."""
    return Tried(
        learning_rate=rate,
        seed=seed,
        validation_accuracy=right / IMAGES,
        validation_loss=loss,
        validation_images=IMAGES,
        validation_correct=pack_bits(np.arange(IMAGES) < right),
        diverged=loss is None,
        epochs=6,
        epochs_to_target=epochs_to_target,
        train_images_per_second=100.0,
    )


def grid(*right: int) -> list[Tried]:
    """Return a training at 1, 2, 3 ... with the number of right answers of each."""
    return [tried(rate, answers) for rate, answers in enumerate(right, start=1)]


def soon(*epochs: Sequence[int | None]) -> list[Tried]:
    """Return trainings at 1, 2, 3 ... with the epochs to the target of each seed."""
    return [
        tried(rate, 50, seed, epochs_to_target=count)
        for rate, counts in enumerate(epochs, start=1)
        for seed, count in enumerate(counts)
    ]


def test_the_best_is_the_highest_mean() -> None:
    """Over all seeds of a rate, not the single best run."""
    results = [tried(0.1, 99), tried(0.1, 50, 1), tried(0.01, 80), tried(0.01, 90, 1)]

    assert choose(results).best == 0.01


@pytest.mark.parametrize("order", [1, -1])
def test_of_equals_the_lower_loss_is_best(order: int) -> None:
    """500 validation images often tie; the loss tells more, whichever rate was tried first."""
    assert choose([tried(0.1, 90, loss=0.4), tried(0.01, 90, loss=0.3)][::order]).best == 0.01


@pytest.mark.parametrize("order", [1, -1])
def test_a_loss_that_is_not_finite_loses_ties(order: int) -> None:
    """A rate at which a seed diverged is worse than one at which none did."""
    assert choose([tried(0.1, 90, loss=None), tried(0.01, 90, loss=9.9)][::order]).best == 0.01


def test_a_rate_that_is_clearly_best_stands_alone() -> None:
    """4 images more of 100, answered by one net and not by the other: more than two standard errors."""
    choice = choose(grid(90, 95, 91))

    assert (choice.kept, choice.learning_rate) == ((2,), 2)


def test_the_middle_of_those_that_cannot_be_told_apart_is_chosen() -> None:
    """One image more is within one standard error, here exactly: sqrt(0.01 * 0.99 / 99) = 0.01."""
    choice = choose(grid(80, 94, 94, 95, 80))

    assert (choice.kept, choice.best, choice.learning_rate) == ((2, 3, 4), 4, 3)


@pytest.mark.parametrize(("right", "chosen"), [((94, 95), 2), ((95, 94), 1), ((94, 94, 95, 94), 3)])
def test_of_two_in_the_middle_the_better_is_chosen(right: Sequence[int], chosen: int) -> None:
    """No rate is chosen that was not tried."""
    assert choose(grid(*right)).learning_rate == chosen


def test_only_neighbours_of_the_best_are_kept() -> None:
    """A rate beyond a worse one is another hill, and their middle a valley."""
    assert choose(grid(94, 60, 95, 94)).kept == (3, 4)


def test_seeds_that_scatter_keep_more_rates() -> None:
    """Where a rate is better with one seed and worse with another, nobody knows which it is."""
    steady = [tried(rate, right, seed) for rate, right in ((1, 85), (2, 90)) for seed in range(3)]
    scattered = [
        tried(rate, right, seed)
        for rate, rights in ((1, (95, 65, 95)), (2, (85, 95, 90)))
        for seed, right in enumerate(rights)
    ]

    assert choose(steady).kept == (2,)
    assert choose(scattered).kept == (1, 2)


def test_soonest_is_by_epochs_to_the_target() -> None:
    """Accuracy does not count; a seed that never got there has one epoch more than it was given."""
    choice = choose(soon((3, 3, 3), (2, 2, 2), (1, None, 1)), soonest=True)

    assert (choice.best, choice.kept) == (2, (2, 3))


def test_soonest_keeps_what_takes_as_long() -> None:
    """Whole epochs are often equal."""
    assert choose(soon((4, 4), (2, 2), (2, 2), (2, 2), (5, 5)), soonest=True).learning_rate == 3
