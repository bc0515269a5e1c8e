"""Calibrated probabilities: one temperature fitted on validation images (Guo et al., 2017), judged by its ECE."""

import numpy as np
import numpy.typing as npt
from scipy import optimize
from scipy.special import log_softmax, softmax

Logits = npt.NDArray[np.floating]
Labels = npt.NDArray[np.integer]
BINS = 15  # as Guo et al. have them
BOUNDS = (0.05, 20.0)  # of the temperature: beyond, the net knows nothing or everything


def fit_temperature(logits: Logits, labels: Labels) -> float:
    """Return the temperature with the least cross-entropy of softmax(logits / temperature), within BOUNDS.

    Args:
        logits: (n, classes) on validation images.
        labels: (n,).
    """
    wide = logits.astype(np.float64)

    def loss(log_temperature: float) -> float:
        return cross_entropy(wide / np.exp(log_temperature), labels)

    minimum = optimize.minimize_scalar(loss, bounds=tuple(np.log(BOUNDS)), method="bounded")
    return float(np.exp(minimum.x))


def cross_entropy(logits: Logits, labels: Labels) -> float:
    """Return the mean of -log softmax(logits) at the labels."""
    return float(-log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean())


def expected_calibration_error(logits: Logits, labels: Labels, temperature: float = 1.0) -> float:
    """Return the ECE, 0 to 1: the gap between confidence and accuracy, averaged over 15 bins of equal width.

    A bin is weighted by its share of the images.
    """
    probabilities = softmax(logits.astype(np.float64) / temperature, axis=1)
    confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [
        (bins == place).sum() * abs(confidence[bins == place].mean() - correct[bins == place].mean())
        for place in range(BINS)
        if (bins == place).any()
    ]
    return float(sum(gaps) / len(labels))
