"""Summaries over seeds of what is not an accuracy: memory, and times that may never have been reached."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import special

from bench.harness.stats.differences import CONFIDENCE


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


def prediction(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the interval that holds one further value of the same kind with a probability of 95 %.

    It is Student's prediction interval, wider than that of the mean: by the factor sqrt(n + 1). None where there are
    fewer than two values.
    """
    summary = spread(values)
    if summary.sd is None:
        return None
    quantile = float(special.stdtrit(summary.n - 1, (1 + CONFIDENCE) / 2))
    half_width = quantile * summary.sd * math.sqrt(1 + 1 / summary.n)
    return summary.mean - half_width, summary.mean + half_width


class Contrast(NamedTuple):
    """A weighted sum of several groups' means, with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def contrast(groups: Sequence[Sequence[float]], weights: Sequence[float]) -> Contrast | None:
    """Return a weighted sum of means with its interval; groups may differ in size and spread.

    Degrees of freedom are Welch's and Satterthwaite's. None where a group has fewer than two values, or none spreads.

    Args:
        groups: values, one a seed.
        weights: one a group.
    """
    summaries = [spread(group) for group in groups]
    value = math.fsum(weight * summary.mean for weight, summary in zip(weights, summaries, strict=True))
    spreads = [summary.sd for summary in summaries if summary.sd is not None]
    if len(spreads) < len(summaries):
        return None
    sizes = [summary.n for summary in summaries]
    parts = [(weight * sd) ** 2 / n for weight, sd, n in zip(weights, spreads, sizes, strict=True)]
    total = math.fsum(parts)
    if total == 0:
        return None
    freedom = total**2 / math.fsum(part**2 / (n - 1) for part, n in zip(parts, sizes, strict=True))
    half_width = float(special.stdtrit(freedom, (1 + CONFIDENCE) / 2)) * math.sqrt(total)
    return Contrast(value, value - half_width, value + half_width)


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
