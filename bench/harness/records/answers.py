"""A net's answers on every test image, packed into the text of a record."""

import base64

import numpy as np
import numpy.typing as npt

from bench.harness.records.record import Record

NO_PREDICTION = 255  # the class written where a net's logits were not finite


def pack_bits(correct: npt.NDArray[np.bool_]) -> str:
    """Return bits, one an image, as base64 text."""
    return base64.b64encode(np.packbits(correct).tobytes()).decode("ascii")


def correct_bits(record: Record) -> npt.NDArray[np.bool_]:
    """Return whether each test image was answered correctly: shape (test_images,)."""
    packed = np.frombuffer(base64.b64decode(record.test_correct), np.uint8)
    return np.unpackbits(packed, count=record.test_images).astype(bool)


def pack_classes(predictions: npt.NDArray[np.uint8]) -> str:
    """Return predicted classes, one byte an image, as base64 text."""
    return base64.b64encode(predictions.tobytes()).decode("ascii")


def predictions(record: Record) -> npt.NDArray[np.uint8]:
    """Return the predicted class of each test image, NO_PREDICTION where logits were not finite."""
    return np.frombuffer(base64.b64decode(record.test_predictions), np.uint8)
