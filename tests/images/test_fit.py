"""Tests of images.fit: pictures of another shape than the net's."""

import numpy as np
import pytest
from PIL import Image

from images.fit import FITS, Fit, fit_of
from images.ground import Ground
from images.picture import Picture

THIRDS = np.repeat(np.array([[10, 100, 200]], np.uint8), 4, axis=1).repeat(4, axis=0)  # 12 wide, 4 high


def as_square(fit: Fit, ground: Ground = "white", mode: str = "L") -> list[list[int]]:
    """Return the first channel of three thirds, brought to 3 x 3 pixels."""
    picture = Picture(Image.fromarray(THIRDS).convert(mode))
    rows: list[list[int]] = picture.pixels(1 if mode == "L" else 3, 3, 3, ground, fit)[0].tolist()
    return rows


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_each_fit_is_what_its_name_says(mode: str) -> None:
    """All squeezed; the middle alone; all, with a rim of the ground's colour above and below."""
    stretched = as_square("stretch", mode=mode)
    assert [value < 60 for value in stretched[0]] == [True, False, False]
    assert stretched[0][2] > 150

    np.testing.assert_allclose(as_square("crop", mode=mode), 100, atol=10)  # its rim takes in a little of what was cut

    rims: dict[Ground, int] = {"white": 255, "black": 0}
    for ground, rim in rims.items():
        above, middle, below = as_square("pad", ground, mode)
        assert above == below == [rim] * 3
        assert middle[0] < middle[1] < middle[2]


@pytest.mark.parametrize("fit", FITS)
def test_a_picture_of_the_nets_size_keeps_its_pixels(fit: Fit) -> None:
    """Whatever the fit."""
    assert Picture(Image.fromarray(THIRDS)).pixels(1, 4, 12, fit=fit)[0].tolist() == THIRDS.tolist()


def test_a_card_says_the_fit() -> None:
    """Older cards say none: their pictures were stretched."""
    assert [fit_of({"fit": fit}) for fit in FITS] == list(FITS)
    assert fit_of({}) == "stretch"
