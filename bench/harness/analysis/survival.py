"""The verdicts that would stand if all studies on a page were one: the more questions, the more answers by luck."""

from collections.abc import Sequence
from typing import NamedTuple

from bench.harness.analysis.results import StudyResult
from bench.harness.stats.holm import holm
from bench.harness.stats.verdict import HELD_BACK, SIGNIFICANCE, Judgement


class Survival(NamedTuple):
    """Numbers of verdicts of a difference: all, those that survive, and the comparisons that they are among.

    Attributes:
        lost: the study and the arm's label of each verdict that does not survive.
    """

    verdicts: int
    surviving: int
    comparisons: int
    lost: tuple[tuple[str, str], ...] = ()


def survival(results: Sequence[StudyResult]) -> Survival:
    """Return how many better and worse verdicts hold after Holm's correction over the comparisons of all studies."""
    judgements, labels = list[Judgement](), list[tuple[str, str]]()
    for result in results:
        words = {arm.name: arm.label for arm in result.arms}
        judgements += result.judgements.values()
        labels += [(result.study, words[one.arm]) for one in result.judgements.values()]
    comparisons = sum(result.family for result in results)
    p_values = [one.looks.differ / (1 - HELD_BACK) if one.looks else 1.0 for one in judgements]
    corrected = holm([min(p, 1.0) for p in p_values], max(comparisons, len(p_values)))
    given = [
        (p, label)
        for p, label, one in zip(corrected, labels, judgements, strict=True)
        if one.verdict in ("better", "worse")
    ]
    lost = tuple(label for p, label in given if p >= SIGNIFICANCE)
    return Survival(len(given), len(given) - len(lost), comparisons, lost)
