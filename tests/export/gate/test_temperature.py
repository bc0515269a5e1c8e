"""Tests of export.gate.temperature."""

import numpy as np
import pytest
from scipy.special import softmax

from export.gate.temperature import BOUNDS, cross_entropy, expected_calibration_error, fit_temperature

Sample = tuple[np.ndarray, np.ndarray]


@pytest.fixture
def sample() -> Sample:
    """Return logits and labels of a calibrated net: each label is drawn with the net's own probabilities."""
    random = np.random.default_rng(0)
    logits = random.normal(size=(20_000, 5)) * 2
    cumulated = softmax(logits, axis=1).cumsum(axis=1)
    return logits, (random.random((20_000, 1)) > cumulated).sum(axis=1)


@pytest.mark.parametrize("sharpened", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_what_sharpened_the_logits(sample: Sample, sharpened: float) -> None:
    """An overconfident net gets one above 1, a timid one below."""
    logits, labels = sample

    assert fit_temperature(logits * sharpened, labels) == pytest.approx(sharpened, rel=0.05)


def test_a_temperature_lowers_the_calibration_error(sample: Sample) -> None:
    """The error of an overconfident net falls nearly to zero."""
    logits, labels = sample
    temperature = fit_temperature(logits * 3, labels)

    assert expected_calibration_error(logits * 3, labels) > 0.15
    assert expected_calibration_error(logits * 3, labels, temperature) < 0.02
    assert cross_entropy(logits * 3 / temperature, labels) < cross_entropy(logits * 3, labels)


def test_the_error_of_known_answers() -> None:
    """Four images at confidence 0.9 of which half are right, and one sure and right: (4 * 0.4 + 0) / 5."""
    sure = np.log([[0.9, 0.1]] * 4 + [[1.0, 1e-30]])

    assert expected_calibration_error(sure, np.array([0, 0, 1, 1, 0])) == pytest.approx(0.32)


def test_a_net_that_is_always_right_stays_within_the_bounds() -> None:
    """The colder the better, without end: the search stops."""
    logits = np.eye(3) * 10

    assert BOUNDS[0] <= fit_temperature(logits, np.arange(3)) < 1
