"""Which nets are worth their time: the Pareto front of accuracy and speed, and how soon each reached an accuracy."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from bench.harness.analysis.results import ArmResult
from bench.harness.records.record import Record
from bench.harness.stats.spread import TimeToTarget, time_to_target

TARGETS: Mapping[str, tuple[float, ...]] = {"mnist": (0.90, 0.95, 0.98, 0.99), "cifar10": (0.50, 0.60, 0.70, 0.80)}


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return the places of the points that no other beats in one number without losing in the other.

    Args:
        points: two numbers each, of which more is better.
    """
    front: list[int] = []
    best = -float("inf")
    for place in sorted(range(len(points)), key=lambda place: points[place], reverse=True):
        if points[place][1] > best:
            front.append(place)
            best = points[place][1]
    return front


def minutes_trained(arm: ArmResult) -> float:
    """Return the minutes that an arm's trainings took, mean over its seeds, counted as `minutes_to` counts them."""
    return fmean(record.epochs * _minutes_an_epoch(arm, record) for record in arm.records)


def _minutes_an_epoch(arm: ArmResult, record: Record) -> float:
    own = sum(record.curves["epoch_seconds"]) / record.epochs
    return (arm.speed.seconds_per_epoch.median if arm.speed else own) / 60


def minutes_to(arm: ArmResult, accuracy: float) -> TimeToTarget | None:
    """Return the minutes of training until an arm's test accuracy was first as high, over its seeds.

    They are counted at the speed phase's pace where there was one, else at the trial's own. None where a trial has no
    test curve.

    Args:
        arm: its trials.
        accuracy: 0 to 1.
    """
    times: list[float | None] = []
    ends: list[float] = []
    for record in arm.records:
        curve = record.curves.get("test_accuracy", [])
        if not curve:
            return None
        epoch = _minutes_an_epoch(arm, record)
        reached = next((number for number, value in enumerate(curve, start=1) if value >= accuracy), None)
        times.append(None if reached is None else reached * epoch)
        ends.append(record.epochs * epoch)
    return time_to_target(times, ends)
