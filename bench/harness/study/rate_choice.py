"""Which of the learning rates that were tried is chosen: the middle of those that cannot be told from the best.

Breiman, Friedman, Olshen and Stone, "Classification and Regression Trees" (1984), section 3.4.3: among candidates
within one standard error of the best, the noise chooses. Their middle stays right when the noise is another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.harness.records.answers import unpack_bits

_ADAM = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
GRIDS: Mapping[str, tuple[float, ...]] = {
    "sgd": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
    "adam": _ADAM,
    "adamw": _ADAM,
}
TUNING_SEEDS = 3
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A learning rate with one seed, and the net after its last epoch.

    Attributes:
        validation_accuracy: 0 to 1.
        validation_loss: None where it was not finite.
        validation_images: their number.
        validation_correct: the bits of those answered correctly, as `pack_bits` returns.
        epochs: their number in all.
        epochs_to_target: their number until the training error was at the target; None: never, or there is no target.
    """

    learning_rate: float
    seed: int
    validation_accuracy: float
    validation_loss: float | None
    validation_images: int
    validation_correct: str
    diverged: bool
    epochs: int
    epochs_to_target: int | None
    train_images_per_second: float


@dataclass(frozen=True)
class Chosen:
    """The answer of a search.

    Attributes:
        learning_rate: the middle of `kept`; of two in the middle the better one.
        kept: rates next to the best one that are within one standard error of it, ascending; it is among them.
        best: the rate with the best mean.
    """

    learning_rate: float
    kept: tuple[float, ...]
    best: float


def choose(tried: Sequence[Tried], *, soonest: bool = False) -> Chosen:
    """Choose by validation accuracy, or by how soon a target training error is reached.

    Args:
        tried: at least one; every rate with the same seeds.
        soonest: by the fewest epochs to the target; a seed that never reached it counts as one epoch more than it had.
    """
    scores = {rate: _scores(tried, rate, soonest=soonest) for rate in sorted({one.learning_rate for one in tried})}
    rates = list(scores)

    def merit(rate: float) -> tuple[float, float]:
        return float(scores[rate].mean()), -_loss(tried, rate)

    best = max(rates, key=merit)
    near = [_within_one_error(scores[best], scores[rate]) for rate in rates]
    first = last = rates.index(best)
    while first > 0 and near[first - 1]:
        first -= 1
    while last < len(rates) - 1 and near[last + 1]:
        last += 1
    kept = tuple(rates[first : last + 1])
    middle = kept[(len(kept) - 1) // 2 : len(kept) // 2 + 1]
    return Chosen(max(middle, key=merit), kept, best)


def _scores(tried: Sequence[Tried], rate: float, *, soonest: bool) -> Scores:
    """Return what a rate is judged by, the more the better: shape (seeds, validation images), or (seeds, 1) epochs."""
    mine = sorted((one for one in tried if one.learning_rate == rate), key=lambda one: one.seed)
    if soonest:
        return -np.array([[one.epochs + 1 if one.epochs_to_target is None else one.epochs_to_target] for one in mine])
    return np.array([unpack_bits(one.validation_correct, one.validation_images) for one in mine], float)


def _loss(tried: Sequence[Tried], rate: float) -> float:
    losses = [one.validation_loss for one in tried if one.learning_rate == rate]
    return float(np.mean([np.inf if loss is None else loss for loss in losses]))


def _within_one_error(best: Scores, other: Scores) -> bool:
    """Whether the difference of the means is at most its standard error, of the same seeds and the same images."""
    difference = best - other
    of_seeds, of_images = difference.mean(axis=1), difference.mean(axis=0)
    return bool(difference.mean() <= np.sqrt(_squared_error(of_seeds) + _squared_error(of_images)))


def _squared_error(values: Scores) -> float:
    """Return the squared standard error of a mean; 0 for one value, of which nothing is known."""
    return float(values.var(ddof=1) / len(values)) if len(values) > 1 else 0.0
