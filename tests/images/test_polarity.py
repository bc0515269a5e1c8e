"""Tests of images.polarity: ink on paper is told from light strokes, and both can be turned into one another."""

import numpy as np
import pytest
from PIL import Image

from images.fit import FITS, Fit
from images.ground import Ground, ground_of
from images.picture import Picture
from images.polarity import oriented

STROKES = np.zeros((8, 8), np.uint8)
STROKES[2:6, 3:5] = 250
SHAPE = (1, 8, 8)


def ink(grey: int) -> Picture:
    """Return strokes of a grey on nothing."""
    return Picture(Image.merge("LA", [Image.new("L", (8, 8), grey), Image.fromarray(STROKES)]))


def opaque(pixels: np.ndarray) -> Picture:
    """Return a picture without transparency."""
    return Picture(Image.fromarray(pixels))


@pytest.mark.parametrize(
    ("picture", "inverted"),
    [(opaque(STROKES), False), (opaque(255 - STROKES), True), (ink(0), True), (ink(255), False)],
    ids=["light on dark", "dark on light", "dark ink", "light ink"],
)
def test_light_strokes_on_a_dark_ground_come_out_of_all_for_such_a_data_set(picture: Picture, inverted: bool) -> None:
    """Ink on paper is inverted, whether the paper was drawn or not."""
    pixels, was_inverted = oriented(picture, SHAPE, "black", invert=None)

    assert was_inverted is inverted
    np.testing.assert_array_equal(pixels[0] > 127, STROKES > 127)
    assert pixels[0, 0].max() == 0


@pytest.mark.parametrize("shape", [SHAPE, (3, 8, 8)])
def test_nothing_is_inverted_unasked_for_paper_or_colour(shape: tuple[int, ...]) -> None:
    """A net that was trained on dark strokes on light paper gets them as they are, as one does that sees colours."""
    assert not oriented(opaque(255 - STROKES), shape, "white", invert=None).inverted
    assert oriented(opaque(255 - STROKES), shape, "black", invert=None).inverted is (shape == SHAPE)


def test_ink_on_paper_is_inverted_where_the_card_does_not_say() -> None:
    """As for a model that was exported before cards did."""
    assert oriented(opaque(255 - STROKES), SHAPE, None, invert=None).inverted
    assert oriented(ink(0), SHAPE, None, invert=False).pixels[0, 0, 0] == 255


@pytest.mark.parametrize(("ground", "rim"), [("white", 255), ("black", 0)])
@pytest.mark.parametrize("invert", [True, False])
def test_the_transparent_is_the_data_sets_ground_in_the_end(ground: Ground, rim: int, invert: bool) -> None:
    """Whether dark and light are exchanged or not."""
    assert oriented(ink(100), SHAPE, ground, invert=invert).pixels[0, 0, 0] == rim


@pytest.mark.parametrize("ground", ["white", "black"])
@pytest.mark.parametrize("invert", [True, False])
def test_the_rim_of_what_is_padded_is_the_data_sets_ground_in_the_end(ground: Ground, invert: bool) -> None:
    """Whether dark and light are exchanged or not; the picture itself is in the middle."""
    pixels = oriented(opaque(np.full((4, 8), 100, np.uint8)), SHAPE, ground, "pad", invert=invert).pixels[0]

    assert set(pixels[:2].ravel()) == set(pixels[-2:].ravel()) == {255 if ground == "white" else 0}
    assert set(pixels[2:-2].ravel()) == {155 if invert else 100}


@pytest.mark.parametrize("fit", FITS)
def test_ink_on_paper_is_seen_in_the_whole_picture(fit: Fit) -> None:
    """Neither a rim that is added nor what is cut off hides that a wide page is light, or a wide night dark."""
    page = np.full((8, 16), 255, np.uint8)
    page[:, 4:6] = page[:, 10:12] = 0  # the rim of what a crop leaves is dark

    assert oriented(opaque(page), SHAPE, "black", fit, invert=None).inverted
    assert not oriented(opaque(255 - page), SHAPE, "black", fit, invert=None).inverted


@pytest.mark.parametrize(
    ("card", "ground"),
    [({"ground": "white"}, "white"), ({"ground": "black"}, "black"), ({}, None), ({"ground": ["black"]}, None)],
)
def test_a_card_says_the_ground(card: dict[str, object], ground: Ground | None) -> None:
    """One that does not, or says something else, says nothing."""
    assert ground_of(card) == ground
