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
    judgements = {
        (place, row.arm.name, comparison.baseline): row.judgement
        for place, result in enumerate(results)
        for comparison in result.comparisons
        for row in comparison.rows
        if row.judgement
    }
    comparisons = sum(result.family for result in results)
    given = [one for one in judgements.values() if one.verdict in ("better", "worse")]
    p_values = [one.looks.differ / (1 - HELD_BACK) if one.looks else 1.0 for one in judgements.values()]
    corrected = holm([min(p, 1.0) for p in p_values], max(comparisons, len(p_values)))
    surviving = sum(
        p < SIGNIFICANCE and one.verdict in ("better", "worse")
        for p, one in zip(corrected, judgements.values(), strict=True)
    )
    return Survival(len(given), surviving, comparisons)
