"""Whether more seeds would bring an answer, or are spent in vain."""

import math

from scipy import special

from bench.harness.stats.looks import level_of, looks_until
from bench.harness.stats.verdict import Looks, error_of_one

FUTILE = 0.1  # chance of an answer, below which seeds are not added


def chance_of_answer(looks: Looks, margin: float, comparisons: int, most_seeds: int) -> float:
    """Return the chance, 0 to 1, that an open comparison is answered once both arms have so many seeds.

    It is the predictive power (D. J. Spiegelhalter, L. S. Freedman and P. R. Blackburn, Monitoring clinical trials:
    conditional or predictive power?, 1986): the last look's difference may be off by what the seeds to come can change,
    while the test images stay.

    Args:
        looks: those at the comparison so far.
        margin: the study's, 0 to 1.
        comparisons: number of the study's.
        most_seeds: in either arm, in the end.
    """
    now, planned = looks.last.sources, looks_until(most_seeds)
    if now is None or planned[-1] <= looks.seeds[-1]:
        return 0.0
    then = now.with_seeds(planned[-1])
    to_come = math.sqrt(max(now.total - then.total, 1e-12 * now.total))
    differ, tied = (
        -float(special.ndtri(level_of(error, len(planned)))) * math.sqrt(then.total)
        for error in (error_of_one(comparisons) / 2, error_of_one(comparisons))
    )
    effect, room = looks.last.effect, max(margin - tied, 0.0)

    def between(low: float, high: float) -> float:
        return float(special.ndtr((high - effect) / to_come) - special.ndtr((low - effect) / to_come))

    return 1 - between(-differ, differ) + between(-min(room, differ), min(room, differ))


def is_futile(looks: Looks, margin: float, comparisons: int, most_seeds: int) -> bool:
    """Return whether seeds are not worth adding: an answer has less than one chance in ten."""
    return chance_of_answer(looks, margin, comparisons, most_seeds) < FUTILE
