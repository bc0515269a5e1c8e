"""Tests of bench.harness.training.evaluation; the nets answer what the first pixel of an image says."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.harness.data.dataset import Images
from bench.harness.data.preprocess import Preprocess
from bench.harness.records.answers import NO_PREDICTION
from bench.harness.training.evaluation import BATCH, confusion, evaluate

PIXELS = Preprocess((0.0,), (1 / 255,))  # leaves the pixel values as they are


class Scripted(nn.Module):
    """Answers an image with the logits at the place that its pixel names; counts the forward passes."""

    def __init__(self, logits: list[list[float]]) -> None:
        super().__init__()
        self.logits = torch.tensor(logits)
        self.batches: list[int] = []
        self.modes: list[bool] = []

    def forward(self, batch: Tensor) -> Tensor:
        """Return (n, classes) for (n, 1, 1, 1)."""
        self.batches.append(len(batch))
        self.modes.append(self.training)
        return self.logits[batch.flatten().round().long()]


def images_of(labels: list[int]) -> Images:
    """Return images whose one pixel is their place, with these labels."""
    places = torch.arange(len(labels)).remainder(256).to(torch.uint8)
    return Images(places.view(-1, 1, 1, 1), torch.tensor(labels))


def test_the_greatest_logit_is_the_prediction() -> None:
    """Each image is answered by the class of its greatest logit, in the images' order."""
    answers = evaluate(Scripted([[0, 1, 0], [3, 1, 2], [0, 0, 9]]), images_of([1, 0, 0]), PIXELS)

    assert answers.predictions.tolist() == [1, 0, 2]
    assert answers.correct.tolist() == [True, True, False]
    assert answers.accuracy == pytest.approx(2 / 3)


def test_the_loss_is_the_mean_cross_entropy() -> None:
    """It agrees with torch's own over all images, not with a mean over batches."""
    logits = [[0.5, 1.5], [2.0, -1.0], [0.1, 0.2]]
    expected = F.cross_entropy(torch.tensor(logits), torch.tensor([1, 1, 0])).item()

    assert evaluate(Scripted(logits), images_of([1, 1, 0]), PIXELS).loss == pytest.approx(expected)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_logit_that_is_not_finite_is_a_wrong_answer(bad: float) -> None:
    """A diverged net does not score by the class that argmax happens to name, whichever the label is."""
    for label in (0, 1):
        answers = evaluate(Scripted([[bad, 0.0], [1.0, 0.0]]), images_of([label, 0]), PIXELS)

        assert answers.predictions.tolist() == [NO_PREDICTION, 0]
        assert answers.correct.tolist() == [False, True]


def test_a_loss_that_is_not_finite_is_none() -> None:
    """No NaN reaches a record."""
    assert evaluate(Scripted([[math.nan, 0.0]]), images_of([0]), PIXELS).loss is None


def test_all_images_are_answered_in_batches() -> None:
    """The last, smaller batch is answered too."""
    model = Scripted([[1.0, 0.0]] * 256)
    answers = evaluate(model, images_of([0] * (BATCH + 20)), PIXELS)

    assert model.batches == [BATCH, 20]
    assert len(answers.correct) == BATCH + 20


@pytest.mark.parametrize("mode", [True, False])
def test_the_mode_is_eval_and_is_restored(mode: bool) -> None:
    """Dropout is off while a net answers, and on again if it was."""
    model = Scripted([[1.0, 0.0]]).train(mode)
    evaluate(model, images_of([0]), PIXELS)

    assert (model.modes, model.training) == ([False], mode)


def test_evaluation_changes_no_running_statistic() -> None:
    """BatchNorm's buffers stay those of the training images."""
    model = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(1), nn.Linear(1, 2))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    evaluate(model, images_of([0, 1, 1]), PIXELS)

    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_confusion_counts_labels_in_rows() -> None:
    """Row label, column prediction."""
    labels, predictions = np.array([0, 0, 1, 2]), np.array([0, 2, 1, 1], np.uint8)

    assert confusion(labels, predictions, 3) == [[1, 0, 1], [0, 1, 0], [0, 1, 0]]


def test_confusion_leaves_images_without_a_prediction_out() -> None:
    """The counts sum to the images that were answered."""
    labels, predictions = np.array([0, 1, 1]), np.array([0, NO_PREDICTION, 1], np.uint8)

    assert confusion(labels, predictions, 2) == [[1, 0], [0, 1]]
