"""The interaction of two changes: whether both together are worth what each is worth alone."""

from dataclasses import dataclass

from bench.harness.analysis.arm_settings import differing_choices
from bench.harness.analysis.results import ArmResult, StudyResult
from bench.harness.stats.spread import Contrast, contrast

LEVELS = 2  # of each of the two
SIGNS = (1.0, -1.0, -1.0, 1.0)  # both, the first alone, the second alone, neither


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """Two changes, with and without each other.

    Attributes:
        first, second: names of the two options or hyper-parameters.
        effect: accuracy that both bring together beyond the sum of what each brings alone, -1 to 1.
    """

    first: str
    second: str
    effect: Contrast


def interaction(result: StudyResult) -> Interaction | None:
    """Return the interaction in a study of four arms that are all combinations of two choices, None in another one."""
    if len(result.arms) != LEVELS * LEVELS:
        return None
    differing = differing_choices(result.arms)
    if len(differing) != LEVELS:
        return None
    (first, ones), (second, others) = differing.items()
    if any(len(set(map(repr, values))) != LEVELS for values in (ones, others)):
        return None
    neither = _baseline(result)
    changed = {
        (one != ones[neither], other != others[neither]): arm
        for one, other, arm in zip(ones, others, result.arms, strict=True)
    }
    corners = ((True, True), (True, False), (False, True), (False, False))
    if set(changed) != set(corners):
        return None
    effect = contrast([_accuracies(changed[corner]) for corner in corners], SIGNS)
    return None if effect is None else Interaction(first=first, second=second, effect=effect)


def _baseline(result: StudyResult) -> int:
    """Return the place of the arm without either change: the first comparison's baseline, else the first arm."""
    names = [arm.name for arm in result.arms]
    baselines = [comparison.baseline for comparison in result.comparisons if comparison.baseline in names]
    return names.index(baselines[0]) if baselines else 0


def _accuracies(arm: ArmResult) -> list[float]:
    return [record.test_accuracy for record in arm.records]
