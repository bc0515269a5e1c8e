"""A net's answers on every test image, packed into the text of a record: which were right, and what was said else."""

import base64
import zlib
from typing import Protocol

import numpy as np
import numpy.typing as npt

NO_PREDICTION = 255  # the class written where a net's logits were not finite
RIGHT = -1  # in the place of the class where an image was answered correctly


class Answered(Protocol):
    """The fields of a record that hold its answers."""

    @property
    def test_images(self) -> int:
        """Number of test images."""

    @property
    def test_correct(self) -> str:
        """As `pack_bits` returns."""

    @property
    def test_mistakes(self) -> str:
        """As `pack_classes` returns, of the wrong answers alone."""


def pack_bits(correct: npt.NDArray[np.bool_]) -> str:
    """Return bits, one an image, as base64 text of zlib's compression."""
    return _packed(np.packbits(correct))


def correct_bits(record: Answered) -> npt.NDArray[np.bool_]:
    """Return whether each test image was answered correctly: shape (test_images,)."""
    return unpack_bits(record.test_correct, record.test_images)


def unpack_bits(text: str, count: int) -> npt.NDArray[np.bool_]:
    """Return the bits of a text that `pack_bits` returned: shape (count,)."""
    return np.unpackbits(_unpacked(text), count=count).astype(bool)


def pack_classes(classes: npt.NDArray[np.uint8]) -> str:
    """Return classes, one byte each, as base64 text of zlib's compression."""
    return _packed(classes)


def wrong_answers(record: Answered) -> npt.NDArray[np.int16]:
    """Return the predicted class of each test image that was answered wrongly, RIGHT of the others.

    NO_PREDICTION stands where logits were not finite. Shape (test_images,).
    """
    correct = correct_bits(record)
    answers = np.full(len(correct), RIGHT, np.int16)
    answers[~correct] = _unpacked(record.test_mistakes)
    return answers


def predictions(record: Answered, labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the predicted class of each test image, NO_PREDICTION where logits were not finite.

    Args:
        record: the answers.
        labels: the right classes of the images that they were given to, shape (test_images,).
    """
    wrong = wrong_answers(record).astype(np.int64)
    return np.where(wrong == RIGHT, labels, wrong)


def pack_mistakes(predictions: npt.NDArray[np.uint8], correct: npt.NDArray[np.bool_]) -> str:
    """Return the classes that were predicted for the images that were answered wrongly, in their order, as text."""
    return pack_classes(predictions[~correct])


def _packed(values: npt.NDArray[np.uint8]) -> str:
    return base64.b64encode(zlib.compress(values.tobytes(), 9)).decode("ascii")


def _unpacked(text: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8)
