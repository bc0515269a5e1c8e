"""Tests of bench.harness.stats.holm."""

import pytest

from bench.harness.stats.holm import holm


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [
        ([0.01, 0.02, 0.03, 0.04, 0.05], [0.05, 0.08, 0.09, 0.09, 0.09]),  # R: p.adjust(1:5 / 100, "holm")
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),  # Wikipedia, Holm-Bonferroni method, example
        ([0.9, 0.8], [1.0, 1.0]),
        ([], []),
    ],
)
def test_holm_gives_the_published_values(p_values: list[float], expected: list[float]) -> None:
    """Corrected p values are R's, in the order given."""
    assert holm(p_values) == pytest.approx(expected)


def test_holm_counts_comparisons_that_are_missing() -> None:
    """A larger family is R's p.adjust(c(0.01, 0.04), "holm", n = 4)."""
    assert holm([0.01, 0.04], family=4) == pytest.approx([0.04, 0.12])


def test_holm_refuses_a_family_that_is_too_small() -> None:
    """A family smaller than the p values is a mistake of the caller."""
    with pytest.raises(ValueError, match="a family of 1 with 2 p values"):
        holm([0.1, 0.2], family=1)
