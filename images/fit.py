"""The way a picture of another shape than a net's is brought to it: squeezed, cut, or with a rim around it."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from PIL import Image, ImageColor, ImageOps

from images.ground import Ground

Fit = Literal["stretch", "crop", "pad"]
FITS: tuple[Fit, ...] = get_args(Fit)
SCALING = Image.Resampling.BILINEAR  # of Pillow: where it makes smaller, each pixel is a mean of all it covers


def fit_of(card: Mapping[str, Any]) -> Fit:
    """Return the fit that a net's card says its images were brought to size with; older cards mean stretch."""
    return next((fit for fit in FITS if fit == card.get("fit")), "stretch")


def fitted(image: Image.Image, width: int, height: int, fit: Fit, ground: Ground) -> Image.Image:
    """Return an image in another size.

    Args:
        image: in mode L or RGB.
        width: in pixels.
        height: in pixels.
        fit: stretch (both sides scaled on their own), crop (the middle part of the wanted shape), pad (all of it, in
            the middle, with a rim).
        ground: colour of that rim.
    """
    if image.size == (width, height):
        return image
    match fit:
        case "stretch":
            return image.resize((width, height), SCALING)
        case "crop":
            return ImageOps.fit(image, (width, height), SCALING)
        case "pad":
            return ImageOps.pad(image, (width, height), SCALING, ImageColor.getcolor(ground, image.mode))
