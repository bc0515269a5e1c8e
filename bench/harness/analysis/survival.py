"""The verdicts that would stand if all studies on a page were one: the more questions, the more answers by luck."""

from collections.abc import Sequence
from typing import NamedTuple

from bench.harness.analysis.results import StudyResult
from bench.harness.stats.holm import holm
from bench.harness.stats.verdict import HELD_BACK, SIGNIFICANCE


class Survival(NamedTuple):
    """Numbers of verdicts of a difference: all, those that survive, and the comparisons that they are among."""

    verdicts: int
    surviving: int
    comparisons: int


def survival(results: Sequence[StudyResult]) -> Survival:
    """Return how many better and worse verdicts hold after Holm's correction over the comparisons of all studies."""
    judgements = [judgement for result in results for judgement in result.judgements.values()]
    comparisons = sum(result.family for result in results)
    p_values = [one.looks.differ / (1 - HELD_BACK) if one.looks else 1.0 for one in judgements]
    corrected = holm([min(p, 1.0) for p in p_values], max(comparisons, len(p_values)))
    given = [p for p, one in zip(corrected, judgements, strict=True) if one.verdict in ("better", "worse")]
    return Survival(len(given), sum(p < SIGNIFICANCE for p in given), comparisons)
