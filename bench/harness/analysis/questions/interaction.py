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
    changed = {
        (one != ones[0], other != others[0]): arm for one, other, arm in zip(ones, others, result.arms, strict=True)
    }
    corners = ((True, True), (True, False), (False, True), (False, False))
    if set(changed) != set(corners):
        return None
    effect = contrast([_accuracies(changed[corner]) for corner in corners], SIGNS)
    return None if effect is None else Interaction(first=first, second=second, effect=effect)


def _accuracies(arm: ArmResult) -> list[float]:
    return [record.test_accuracy for record in arm.records]
