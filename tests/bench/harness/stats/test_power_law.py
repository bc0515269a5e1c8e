"""Tests of the learning curve as a power law."""

import pytest

from bench.harness.stats.power_law import STEEPEST, PowerLaw, fit

SIZES = (500, 1000, 2000, 5000, 10_000, 60_000)


@pytest.mark.parametrize("law", [PowerLaw(2.0, 0.5, 0.005), PowerLaw(1.0, 0.35, 0.0)])
def test_a_curve_is_found_again(law: PowerLaw) -> None:
    """From errors that lie on it, with and without a floor."""
    fitted = fit(SIZES, law.error(SIZES).tolist())

    assert fitted is not None
    assert fitted.exponent == pytest.approx(law.exponent, rel=0.02)
    assert fitted.floor == pytest.approx(law.floor, abs=3e-4)
    assert fitted.error(20_000) == pytest.approx(float(law.error(20_000)), rel=0.01)


@pytest.mark.parametrize("errors", [[0.1, 0.05, 0.03], [0.1, 0.05, 0.03, 0.0]])
def test_too_little_is_not_fitted(errors: list[float]) -> None:
    """Three parameters go through any three points, and an error of 0 has no logarithm."""
    assert fit(SIZES[: len(errors)], errors) is None


def test_a_steep_curve_is_fitted_at_the_bound() -> None:
    """Errors that fall faster than any exponent allowed are no reason to fail."""
    fitted = fit((1000, 1100, 1200, 1300), [0.9, 0.5, 0.3, 0.2])

    assert fitted is not None
    assert fitted.exponent == pytest.approx(STEEPEST, rel=0.01)
