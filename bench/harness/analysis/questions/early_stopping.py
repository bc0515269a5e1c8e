"""The outcome of early stopping, read off curves: what each patience would have saved, and gained.

A training is stopped once its validation accuracy has not risen for as many epochs as the patience, and the net of the
best epoch is kept (L. Prechelt, Early stopping: but when?, 1998). One training that went on to its end answers for
every patience; the test accuracy of the kept net is looked up on the test curve, and nothing is chosen by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from bench.harness.analysis.results import ArmResult
from bench.harness.stats.spread import Spread, spread

PATIENCES = (1, 2, 3, 5, 10)


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """An arm's trainings, stopped with one patience.

    Attributes:
        patience: epochs without a better validation accuracy.
        saved: share of the epochs that would not have been trained, 0 to 1, over the seeds.
        gain: test accuracy of the kept net less that of the one at the end, -1 to 1, over the seeds.
    """

    patience: int
    saved: Spread
    gain: Spread


def stop(validation: Sequence[float], patience: int) -> tuple[int, int]:
    """Return the epoch at which a training is stopped and the one whose net is kept, both from 1.

    Args:
        validation: accuracy after each epoch.
        patience: at least 1.
    """
    best = 0
    for epoch, accuracy in enumerate(validation):
        if accuracy > validation[best]:
            best = epoch
        if epoch - best >= patience:
            return epoch + 1, best + 1
    return len(validation), best + 1


def early_stopping(arm: ArmResult) -> list[Stopped]:
    """Return what each patience would have done; nothing where a trial lacks a validation or a test curve."""
    curves = [(record.curves["validation_accuracy"], record.curves.get("test_accuracy", [])) for record in arm.records]
    if not all(validation and len(validation) == len(test) for validation, test in curves):
        return []
    return [_stopped(curves, patience) for patience in PATIENCES]


def _stopped(curves: Sequence[tuple[Sequence[float], Sequence[float]]], patience: int) -> Stopped:
    ends = [stop(validation, patience) for validation, _ in curves]
    saved = [1 - last / len(validation) for (last, _), (validation, _) in zip(ends, curves, strict=True)]
    gain = [test[kept - 1] - test[-1] for (_, kept), (_, test) in zip(ends, curves, strict=True)]
    return Stopped(patience=patience, saved=spread(saved), gain=spread(gain))


def gain_of_best_epoch(arm: ArmResult) -> float | None:
    """Return how much higher the best epoch's test accuracy is than the last's, 0 to 1, mean over the seeds.

    It is luck that was looked for, and no property of the net. None where a trial lacks a test curve.
    """
    curves = [record.curves.get("test_accuracy", []) for record in arm.records]
    return fmean(max(curve) - curve[-1] for curve in curves) if all(curves) else None
