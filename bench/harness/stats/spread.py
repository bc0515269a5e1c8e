"""Summaries over seeds of what is not an accuracy: speeds, times, memory, and times that were never reached."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from bench.harness.stats.differences import CONFIDENCE, interval_half_width
from bench.harness.stats.variance import Sources


class Spread(NamedTuple):
    """Mean over the seeds; with two or more their standard deviation and the mean's 95 % interval (Student's t)."""

    n: int
    mean: float
    sd: float | None = None
    low: float | None = None
    high: float | None = None


def spread(values: Sequence[float]) -> Spread:
    """Return the summary of one value a seed.

    Raises:
        ValueError: no values.
    """
    n = len(values)
    if n == 0:
        raise ValueError("no values to summarise")
    mean = math.fsum(values) / n
    if n == 1:
        return Spread(1, mean)
    sd = float(np.std(values, ddof=1))
    half_width = float(special.stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * sd / math.sqrt(n)
    return Spread(n, mean, sd, mean - half_width, mean + half_width)


class TimeToTarget(NamedTuple):
    """The time the seeds took to a target, where some may never have reached it.

    Attributes:
        median: None where half of the seeds or more never reached it; it is then above `at_least`.
        at_least: the median if those that never did had reached it at their very end.
        fastest: None where none reached it.
        slowest: None where any did not.
    """

    n: int
    never: int
    median: float | None
    at_least: float
    fastest: float | None
    slowest: float | None


def time_to_target(times: Sequence[float | None], ends: Sequence[float]) -> TimeToTarget:
    """Return the summary of one time a seed.

    Args:
        times: None for a seed that never reached the target.
        ends: when each seed's training ended.

    Raises:
        ValueError: no times.
    """
    reached = [time for time in times if time is not None]
    never = len(times) - len(reached)
    bounds = [end if time is None else time for time, end in zip(times, ends, strict=True)]
    return TimeToTarget(
        n=len(times),
        never=never,
        median=censored_median(times),
        at_least=float(np.median(bounds)),
        fastest=min(reached, default=None),
        slowest=max(reached) if never == 0 else None,
    )


def speed_ratio(arm: Sequence[float], baseline: Sequence[float]) -> tuple[float, float | None, float | None]:
    """Return how many times as fast an arm is: the ratio of geometric means and its 95 % interval.

    The interval is Welch's on the logarithms. It is (None, None) with one value on either side, or where no
    value differs from its neighbours: no spread was seen, so none can be stated.

    Args:
        arm: images a second, one value a trial.
        baseline: the same of the arm to compare with.

    Raises:
        ValueError: a side without values, or a speed that is not positive and finite.
    """
    logs = [np.log(_positive(speeds)) for speeds in (arm, baseline)]
    effect = float(logs[0].mean() - logs[1].mean())
    if min(map(len, logs)) == 1:
        return math.exp(effect), None, None
    parts = tuple(float(log.var(ddof=1)) / len(log) for log in logs)
    if sum(parts) == 0:
        return math.exp(effect), None, None
    sources = Sources(seeds=parts, n=tuple(map(len, logs)), crossed=(0.0, 0.0), image=0.0, images=2)
    half_width = interval_half_width(sources)
    return math.exp(effect), math.exp(effect - half_width), math.exp(effect + half_width)


def _positive(speeds: Sequence[float]) -> npt.NDArray[np.float64]:
    values = np.asarray(speeds, dtype=np.float64)
    if not values.size or not np.isfinite(values).all() or (values <= 0).any():
        raise ValueError(f"speeds {list(speeds)}: give at least one, all positive and finite")
    return values


def censored_median(values: Sequence[float | None]) -> float | None:
    """Return the median time to reach a target, None if half of the runs or more never did.

    None marks a run that ended before the target (censored at the end that all runs share). The Kaplan-Meier
    median is then the ordinary one with such runs put last.

    Raises:
        ValueError: no runs.
    """
    if not values:
        raise ValueError("no runs to take a median of")
    median = float(np.median([math.inf if value is None else value for value in values]))
    return median if math.isfinite(median) else None
