"""Tests of images.picture: pixels as a net takes them."""

import numpy as np
import pytest
from PIL import Image

from images.picture import Picture
from tests.images.corpus import COLOUR, GREY


def picture(*layers: np.ndarray) -> Picture:
    """Return a picture of its channels."""
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[len(layers)]
    return Picture(Image.merge(mode, [Image.fromarray(layer) for layer in layers]))


def test_grey_is_repeated_for_a_net_that_takes_colour() -> None:
    """Three times the same."""
    np.testing.assert_array_equal(picture(GREY).pixels(3, 8, 10), np.stack([GREY] * 3))


def test_colours_are_weighed_for_a_net_that_takes_grey() -> None:
    """As eyes weigh them: 299, 587 and 114 of a thousand."""
    weighed = COLOUR.astype(float) @ [0.299, 0.587, 0.114]

    np.testing.assert_allclose(picture(*COLOUR.transpose(2, 0, 1)).pixels(1, 8, 10)[0], weighed, atol=1)


def test_the_transparent_lies_on_the_ground() -> None:
    """In the share in which it lets it through: half of black ink is mid-grey on white, and black on black."""
    ink, alpha = np.zeros((1, 3), np.uint8), np.array([[0, 128, 255]], np.uint8)

    for channels in (1, 3):
        for layers in ((ink, alpha), (ink, ink, ink, alpha)):
            assert picture(*layers).pixels(channels, 1, 3, "white")[0].tolist() == [[255, 127, 0]]
            assert picture(*layers).pixels(channels, 1, 3, "black")[0].tolist() == [[0, 0, 0]]


def test_smaller_pixels_are_means_of_all_they_cover() -> None:
    """A fine pattern becomes grey and no coarser pattern: every pixel counts."""
    pattern = np.indices((64, 64)).sum(axis=0) % 2 * 255

    small = picture(pattern.astype(np.uint8)).pixels(1, 8, 8)[0]

    assert np.abs(small.astype(int) - 127).max() <= 2


@pytest.mark.parametrize(("height", "width"), [(8, 8), (5, 20)])
def test_pixels_have_the_nets_size(height: int, width: int) -> None:
    """Squeezed, with nothing cut off."""
    assert picture(GREY).pixels(1, height, width).shape == (1, height, width)


def test_what_a_file_can_hold_is_told() -> None:
    """Colours and transparency are, whether its pixels use them or not."""
    assert [picture(*[GREY] * layers).grey for layers in (1, 2, 3, 4)] == [True, True, False, False]
    assert [picture(*[GREY] * layers).transparent for layers in (1, 2, 3, 4)] == [False, True, False, True]
