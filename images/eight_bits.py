"""Every kind of pixel in 8 bits a channel: deep greys by the range of their type, all else as grey or as colour."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, TiffImagePlugin

BITS_PER_SAMPLE, SAMPLE_FORMAT, SIGNED = 258, 339, 2  # of TIFF
GREY, GREY_WITH_ALPHA = frozenset({"1", "L"}), frozenset({"LA", "La"})
WITH_ALPHA = frozenset({"RGBA", "RGBa", "PA"})


class Depth(NamedTuple):
    """The type of deep greys: bits of a pixel, and whether one of them is a sign."""

    bits: int = 16
    signed: bool = False

    @classmethod
    def of(cls, image: Image.Image) -> "Depth":
        """Return the type that a decoded file had; formats other than TIFF have no deeper grey than 16 bits."""
        if not isinstance(image, TiffImagePlugin.TiffImageFile):
            return cls()
        bits, kind = (image.tag_v2.get(tag, (1,))[0] for tag in (BITS_PER_SAMPLE, SAMPLE_FORMAT))
        return cls(bits, kind == SIGNED)


def is_grey(image: Image.Image) -> bool:
    """Return whether an image, in any mode that files have, can hold no colours."""
    return image.mode in GREY | GREY_WITH_ALPHA or _is_deep_grey(image)


def in_eight_bits(image: Image.Image, depth: Depth) -> Image.Image:
    """Return an image in one of four modes: L or LA where it is grey, RGB or RGBA where it may have colours.

    Args:
        image: in any mode that files have.
        depth: the type of its greys, where they are deeper than 8 bits.

    Raises:
        ValueError: its greys lie outside the range of their type: 0 to 1 for floats, 0 and above for all.
    """
    if _is_deep_grey(image):
        return _shallow(image, depth)
    transparent = "transparency" in image.info
    if image.mode in GREY | GREY_WITH_ALPHA:
        return image.convert("LA" if transparent or image.mode in GREY_WITH_ALPHA else "L")
    return image.convert("RGBA" if transparent or image.mode in WITH_ALPHA else "RGB")


def _is_deep_grey(image: Image.Image) -> bool:
    return image.mode == "F" or image.mode.startswith("I")


def _shallow(image: Image.Image, depth: Depth) -> Image.Image:
    values = np.asarray(image)
    grey = Image.fromarray(_from_floats(values) if image.mode == "F" else _from_integers(values, depth))
    invisible = image.info.get("transparency")  # PNG names one grey that is not to be seen
    if not isinstance(invisible, int):
        return grey
    grey.putalpha(Image.fromarray(np.where(values == invisible, 0, 255).astype(np.uint8)))
    return grey


def _from_floats(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    least, most = float(values.min()), float(values.max())
    if not (least >= 0 and most <= 1):  # not a number is neither
        raise ValueError(f"its greys are floats from {least:g} to {most:g}, and 0 to 1 are black to white")
    return (values * 255 + 0.5).astype(np.uint8)


def _from_integers(values: npt.NDArray[np.integer], depth: Depth) -> npt.NDArray[np.uint8]:
    """Return the upper eight bits, as decoders do with 16 bits of colour."""
    if not depth.signed:
        values = values.view(np.uint32) if values.dtype == np.int32 else values
    elif values.min() < 0:
        raise ValueError(f"its greys go down to {values.min()}, and 0 is black")
    return (values >> (depth.bits - depth.signed - 8)).astype(np.uint8)
