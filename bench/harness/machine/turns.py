"""Measuring side by side: all take turns in one run, so that their ratio holds whatever else the machine is doing.

Source: the randomised block design (R. A. Fisher, 1925); T. Kalibera and R. Jones, Rigorous benchmarking in reasonable
time, 2013.
"""

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from bench.harness.machine.neighbours import Usage, Watch
from bench.harness.number_format import counted

BATCHES = (1, 32)
TURNS = 7
TURN_SECONDS = 0.02

Pixels = npt.NDArray[np.uint8]
Call = Callable[[Pixels], object]
Timings = dict[str, dict[int, list[float]]]  # milliseconds a call: by name, by batch size, one per turn

Name = TypeVar("Name")
Value = TypeVar("Value")


def rotated(items: Sequence[Value], turn: int) -> list[Value]:
    """Return the items in the order of a turn: each turn begins with the next one, so that none is always first."""
    by = turn % max(1, len(items))
    return [*items[by:], *items[:by]]


def take_turns(measurements: Mapping[Name, Callable[[], Value]], turns: int) -> dict[Name, list[Value]]:
    """Return every measurement's values, one per turn, each turn beginning with the next one.

    Args:
        measurements: functions that measure once, by name.
        turns: rounds in which each measures once.
    """
    values: dict[Name, list[Value]] = {name: [] for name in measurements}
    for turn in range(turns):
        for name in rotated(list(measurements), turn):
            values[name].append(measurements[name]())
    return values


@dataclass(frozen=True)
class Turn(Generic[Name, Value]):
    """One measurement of everything, and who used the machine meanwhile."""

    values: Mapping[Name, Value]
    usage: Usage


def guarded_turns(
    measurements: Mapping[Name, Callable[[], Value]],
    turns: int,
    seed: int = 0,
    turn_ended: Callable[[int], None] = lambda _taken: None,
    *,
    in_order: bool = False,
    children: bool = False,
) -> list[Turn[Name, Value]]:
    """Return turns of all measurements, each turn in a random order; a disturbed turn is taken again at the end.

    Which turns are kept depends on what other programs did, never on what was measured.

    Args:
        measurements: functions that measure once, by name.
        turns: undisturbed ones that are wanted; at most as many again are taken, and none from when on they could no
            longer be reached.
        seed: gives the order.
        turn_ended: told how many turns have been taken, after each.
        in_order: every turn in the order of the measurements, where one would hide what another adds.
        children: processes that this one has started are what is measured, too.

    Returns:
        The undisturbed turns where there are as many as were wanted, else all that were taken.
    """
    random, taken = Random(seed), list[Turn[Name, Value]]()  # noqa: S311 - an order, no secret
    while len(taken) - disturbed(taken) < turns and disturbed(taken) <= turns:
        watch = Watch(children=children)
        names = list(measurements)
        values = {name: measurements[name]() for name in (names if in_order else random.sample(names, len(names)))}
        taken.append(Turn(values, watch.usage()))
        turn_ended(len(taken))
    quiet = [turn for turn in taken if not turn.usage.disturbed]
    return quiet if len(quiet) >= turns else taken


def by_name(turns: Sequence[Turn[Name, Value]]) -> dict[Name, list[Value]]:
    """Return every measurement's values, one per turn that was kept."""
    return {name: [turn.values[name] for turn in turns] for name in turns[0].values}


def disturbed(turns: Sequence[Turn[Any, Any]]) -> int:
    """Return how many of the turns that were kept something disturbed."""
    return sum(turn.usage.disturbed for turn in turns)


def turns_text(kept: Iterable[int], with_others: Iterable[int]) -> str:
    """Return how many turns figures are made of, such as `9 to 14 turns, up to 2 of them disturbed`.

    Args:
        kept: number of turns of each figure.
        with_others: number of them that something disturbed, of each figure.
    """
    numbers, most = sorted(set(kept)), max(with_others)
    count = f"{numbers[0]} to {numbers[-1]} turns" if len(numbers) > 1 else counted(numbers[0], "turn")
    return f"{count}, {'up to ' if len(numbers) > 1 else ''}{most} of them disturbed" if most else count


def ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """Return the turns' own ratios: a moment in which the machine is slow changes none of them.

    Raises:
        ValueError: they have not the same number of turns.
    """
    return [one / other for one, other in zip(over, under, strict=True)]


class Gain(NamedTuple):
    """A factor of speed: the median over the turns, and the turn that was least so."""

    median: float
    least: float


def measure(runs: Mapping[str, Call], images: Pixels, batches: Sequence[int] = BATCHES) -> Timings:
    """Return the milliseconds of one call in each turn, by name and batch size.

    Args:
        runs: calls that take turns, by name.
        images: at least one; repeated where a batch is larger.
        batches: images a call.
    """
    by_batch = {batch: turns(runs, images, batch) for batch in batches}
    return {name: {batch: milliseconds[name] for batch, milliseconds in by_batch.items()} for name in runs}


def turns(runs: Mapping[str, Call], images: Pixels, batch: int) -> dict[str, list[float]]:
    """Return the milliseconds of one call in each turn, by name; a turn is the mean of some 20 ms of calls."""
    part = np.concatenate([images] * -(-batch // len(images)))[:batch]
    calls = {name: _calls_a_turn(run, part) for name, run in runs.items()}
    return take_turns({name: partial(_milliseconds, run, part, calls[name]) for name, run in runs.items()}, TURNS)


def _calls_a_turn(run: Call, images: Pixels) -> int:
    """Return how many calls fill a turn, after a few to warm up."""
    for _ in range(3):
        start = time.perf_counter()
        run(images)
        seconds = time.perf_counter() - start
    return max(1, int(TURN_SECONDS / max(seconds, 1e-6)))


def _milliseconds(run: Call, images: Pixels, calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        run(images)
    return 1e3 * (time.perf_counter() - start) / calls


def medians(timings: Timings) -> dict[str, dict[int, float]]:
    """Return the median milliseconds by name and batch size."""
    return {
        name: {batch: statistics.median(values) for batch, values in by_batch.items()}
        for name, by_batch in timings.items()
    }


def fastest(timings: Timings) -> str:
    """Return the name with the least geometric mean of its medians over the batch sizes."""
    return min(timings, key=lambda name: statistics.geometric_mean(medians(timings)[name].values()))


def gains(timings: Timings, name: str, base: str) -> dict[int, Gain]:
    """Return how many times as fast as `base` something is, by batch size, from the turns' own ratios."""
    by_turn = {batch: ratios(timings[base][batch], values) for batch, values in timings[name].items()}
    return {batch: Gain(statistics.median(factors), min(factors)) for batch, factors in by_turn.items()}
