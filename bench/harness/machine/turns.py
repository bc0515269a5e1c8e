"""Timing files side by side: all take turns on the same images, so that their ratio holds whatever else is running."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
BATCHES = (1, 32)
TURNS = 7
TURN_SECONDS = 0.02

Call = Callable[[Pixels], object]
Timings = dict[str, dict[int, list[float]]]  # milliseconds a call: by name, by batch size, a turn each


class Gain(NamedTuple):
    """How many times as fast: the median over the turns, and the turn that was least so."""

    median: float
    least: float


def measure(runs: Mapping[str, Call], images: Pixels, batches: Sequence[int] = BATCHES) -> Timings:
    """Return the milliseconds of one call in each turn, by name and batch size.

    Args:
        runs: what takes turns, by name.
        images: at least one; repeated where a batch is larger.
        batches: images a call.
    """
    found: Timings = {name: {} for name in runs}
    for batch in batches:
        for name, values in turns(runs, images, batch).items():
            found[name][batch] = values
    return found


def turns(runs: Mapping[str, Call], images: Pixels, batch: int) -> dict[str, list[float]]:
    """Return the milliseconds of one call in each turn, by name; a turn is the mean of some 20 ms of calls."""
    part = np.concatenate([images] * -(-batch // len(images)))[:batch]
    calls = {name: _calls_a_turn(run, part) for name, run in runs.items()}
    found: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(TURNS):
        for name, run in _rotated(list(runs.items()), turn):
            start = time.perf_counter()
            for _ in range(calls[name]):
                run(part)
            found[name].append(1e3 * (time.perf_counter() - start) / calls[name])
    return found


def _calls_a_turn(run: Call, images: Pixels) -> int:
    """Return how many calls fill a turn, after a few to warm up."""
    for _ in range(3):
        start = time.perf_counter()
        run(images)
        seconds = time.perf_counter() - start
    return max(1, int(TURN_SECONDS / max(seconds, 1e-6)))


def _rotated(items: list[tuple[str, Call]], by: int) -> list[tuple[str, Call]]:
    by %= max(1, len(items))
    return items[by:] + items[:by]


def medians(timings: Timings) -> dict[str, dict[int, float]]:
    """Return the median milliseconds by name and batch size."""
    return {
        name: {batch: statistics.median(values) for batch, values in found.items()} for name, found in timings.items()
    }


def fastest(timings: Timings) -> str:
    """Return the name with the least geometric mean of its medians over the batch sizes."""
    return min(timings, key=lambda name: statistics.geometric_mean(medians(timings)[name].values()))


def gains(timings: Timings, name: str, base: str) -> dict[int, Gain]:
    """Return how many times as fast as `base` something is, by batch size, from the turns' own ratios."""
    found = {}
    for batch, values in timings[name].items():
        ratios = [theirs / own for theirs, own in zip(timings[base][batch], values, strict=True)]
        found[batch] = Gain(statistics.median(ratios), min(ratios))
    return found
