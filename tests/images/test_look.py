"""Tests of images.look: photographs are unlike digits, digits are like digits."""

import numpy as np
import pytest

from bench.harness.data import mnist_5k
from images.look import looks, range_of


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    """Return test images of MNIST, (n, 1, 28, 28)."""
    return mnist_5k.load()[0]


def test_the_numbers_are_those_that_are_said() -> None:
    """On a picture that can be reckoned by hand: the left half white, and red."""
    image = np.zeros((1, 3, 4, 4), np.uint8)
    image[0, :, :, :2] = 255
    image[0, 1:, 0, 0] = 0

    (look,) = looks(image)

    mean = (8 + 7 + 7) / 48
    np.testing.assert_allclose(look[0], mean, rtol=1e-5)
    np.testing.assert_allclose(look[1], np.sqrt(mean - mean**2), rtol=1e-5)
    np.testing.assert_allclose(look[2], (6 * 3 - 2) / 36, rtol=1e-5)
    np.testing.assert_allclose(look[3], (12 + 2) / 36, rtol=1e-5)
    np.testing.assert_allclose(look[4], 1 / 16, rtol=1e-5)


def test_other_digits_are_like_sixteen_digits(digits: np.ndarray) -> None:
    """As many as golden images are: nearly all of the others."""
    known = range_of(digits[np.linspace(0, len(digits) - 1, 16).round().astype(int)])

    held = np.mean([known.holds(look) for look in looks(digits)])

    assert held > 0.9


@pytest.mark.parametrize("level", [40, 128, 255])
def test_what_is_no_digit_is_unlike_them(level: int, digits: np.ndarray) -> None:
    """A plain grey, and noise of every kind, as a photograph has at its rim."""
    known = range_of(digits[:16])
    noise = np.random.default_rng(0).integers(0, level + 1, (20, 1, 28, 28), dtype=np.uint8)

    assert not known.holds(looks(np.full((1, 1, 28, 28), level, np.uint8))[0])
    assert not any(known.holds(look) for look in looks(noise))


def test_an_image_of_one_pixel_has_a_look() -> None:
    """It has no neighbours, and is all rim."""
    assert looks(np.full((1, 1, 1, 1), 255, np.uint8)).tolist() == [[1, 0, 1, 0, 0]]
