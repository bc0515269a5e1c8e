"""Holm's correction of p values for the number of comparisons."""

from collections.abc import Sequence


def holm(p_values: Sequence[float], family: int | None = None) -> list[float]:
    """Return p values corrected for the number of comparisons (Holm 1979), in the order given.

    Args:
        p_values: each from 0 to 1.
        family: number of comparisons the study makes, where that is more than the p values given: the missing
            ones count as larger than all of these (as `n` of R's p.adjust does).

    Raises:
        ValueError: a family smaller than the number of p values.
    """
    family = len(p_values) if family is None else family
    if family < len(p_values):
        raise ValueError(f"a family of {family} with {len(p_values)} p values: give all comparisons of the study")
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min((family - rank) * p_values[index], 1.0))
        corrected[index] = largest
    return corrected
