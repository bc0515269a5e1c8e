"""Off the clock: what a trained net answers on a split."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.harness.data.dataset import Images
from bench.harness.data.preprocess import Preprocess
from bench.harness.records.answers import NO_PREDICTION

BATCH = 100  # larger ones leave the cache: AlexNet at 32x32 with LRN took 1.8 times as long with 500


class Evaluation(NamedTuple):
    """Answers of a net on n images.

    Attributes:
        loss: mean cross-entropy, None where it was not finite.
        predictions: (n,) class numbers, NO_PREDICTION where the logits were not finite.
        correct: (n,) whether each prediction is the label; an image without a prediction is wrong.
    """

    loss: float | None
    predictions: npt.NDArray[np.uint8]
    correct: npt.NDArray[np.bool_]

    @property
    def accuracy(self) -> float:
        """The share answered correctly, 0 to 1."""
        return float(self.correct.mean())


def evaluate(model: nn.Module, images: Images, preprocess: Preprocess) -> Evaluation:
    """Return what the net, in eval mode, answers; its mode is restored afterwards.

    Args:
        model: takes what `preprocess` returns, gives logits (n, classes).
        images: on the net's device.
        preprocess: the recipe's, for test images.
    """
    was_training = model.training
    model.eval()
    with torch.inference_mode():
        logits = torch.cat([model(preprocess(part)) for part in torch.split(images.images, BATCH)])
    model.train(was_training)
    return _judge(logits.float(), images.labels)


def _judge(logits: Tensor, labels: Tensor) -> Evaluation:
    finite = logits.isfinite().all(dim=1)
    predictions = torch.where(finite, logits.argmax(dim=1), NO_PREDICTION)
    loss = F.cross_entropy(logits, labels).item()
    return Evaluation(
        loss if np.isfinite(loss) else None,
        predictions.to(torch.uint8).cpu().numpy(),
        (predictions == labels).cpu().numpy(),
    )


def confusion(labels: npt.NDArray[np.int64], predictions: npt.NDArray[np.uint8], classes: int) -> list[list[int]]:
    """Return how often each label (row) got each prediction (column); images without a prediction are in no column."""
    known = predictions != NO_PREDICTION
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (labels[known], predictions[known]), 1)
    return [[int(count) for count in row] for row in counts]
