"""Which of dark and light is the ground: ink on paper, or light strokes on a dark ground as in MNIST."""

from typing import NamedTuple

import numpy as np

from images.fit import Fit
from images.ground import Ground
from images.picture import Picture, Pixels

LIGHT = 127  # a rim that is lighter on average is light paper; half of 255
WHITE = 255


class Oriented(NamedTuple):
    """Pixels as a net takes them, (channels, height, width) uint8, and whether dark and light were exchanged."""

    pixels: Pixels
    inverted: bool


def oriented(
    picture: Picture, shape: tuple[int, ...], ground: Ground | None, fit: Fit = "stretch", *, invert: bool | None
) -> Oriented:
    """Return a picture's pixels, dark and light exchanged where asked.

    What is transparent, and the rim of what is padded, is the ground after that.

    Args:
        picture: as its file has it.
        shape: channels, height, width that the net takes.
        ground: the data set's; None where it is not known: white paper, before anything is exchanged.
        fit: the way in which a picture of another shape is brought to its size.
        invert: exchange dark and light; None: where a grey picture has dark strokes on light paper, unless the data
            set is known to have them too.
    """
    channels, height, width = shape
    if invert is None:
        invert = channels == 1 and ground != "white" and is_ink_on_paper(picture, height, width)
    if invert:
        under: Ground = "black" if ground == "white" else "white"
        return Oriented(WHITE - picture.pixels(channels, height, width, under, fit), inverted=True)
    return Oriented(picture.pixels(channels, height, width, ground or "white", fit), inverted=False)


def is_ink_on_paper(picture: Picture, height: int, width: int) -> bool:
    """Return whether a picture, seen in grey and whole, has dark strokes on light paper.

    It is stretched for that, whatever its fit: a rim that is added says nothing, and its own may be cut off.

    Args:
        picture: as its file has it.
        height: in pixels, of the size in which it is looked at.
        width: in pixels, of the same.
    """
    (on_white,) = picture.pixels(1, height, width, "white")
    (on_black,) = picture.pixels(1, height, width, "black") if picture.transparent else (on_white,)
    return dark_on_light(on_white, on_black)


def dark_on_light(on_white: Pixels, on_black: Pixels) -> bool:
    """Return whether a grey picture, given as (height, width) on either ground, has dark strokes on light paper.

    The rim says so. Where the rim is transparent, so that it is as light as its ground, the strokes do.
    """
    if _light_rim(on_white) == _light_rim(on_black):
        return _light_rim(on_white)
    light, opaque = float(on_black.mean()), WHITE - float(on_white.mean() - on_black.mean())
    return light * WHITE < LIGHT * opaque


def _light_rim(grey: Pixels) -> bool:
    """Return whether the outermost pixels are lighter than mid-grey on average."""
    return float(np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]]).mean()) > LIGHT
