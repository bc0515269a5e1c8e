"""Sides of feature maps, widths in proportion, padding to a size, and a permutation of pixels."""

from itertools import count

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.parts.options import (
    BadOptionError,
)

PERMUTATION_SEED = 20_120_603  # any: a permutation is one of many


class PadTo(nn.Module):
    """Zero-pads images to side x side, evenly on both sides; larger images pass unchanged.

    Args:
        side: side of the padded image, in pixels.
    """

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, images: Tensor) -> Tensor:
        """Pad images (batch, channels, height, width)."""
        height, width = (max(self.side - length, 0) for length in images.shape[-2:])
        if height == width == 0:
            return images
        left, top = width // 2, height // 2
        return F.pad(images, (left, width - left, top, height - top))

    def extra_repr(self) -> str:
        """Return the side, for `print(model)`."""
        return str(self.side)


class PermutePixels(nn.Module):
    """Puts the pixels of every image into one and the same other order, all channels alike.

    Args:
        side: side of the images, in pixels.
    """

    order: Tensor

    def __init__(self, side: int) -> None:
        super().__init__()
        random = torch.Generator("cpu").manual_seed(PERMUTATION_SEED)
        order = torch.randperm(side * side, generator=random, device="cpu")
        self.register_buffer("order", order.to(torch.get_default_device()), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (batch, channels, side, side) to images of the same shape."""
        return images.flatten(2)[:, :, self.order].reshape(images.shape)


def permutation(wanted: bool, side: int) -> list[nn.Module]:
    """Return the layer that permutes the pixels of images of this side, where it is wanted."""
    return [PermutePixels(side)] if wanted else []


def output_side(features: nn.Module, image_size: int) -> int:
    """Return the side of the feature maps that a chain of layers makes of a square image.

    Args:
        features: convolutions and pools in the order they run; other layers keep the side.
        image_size: side of the image, in pixels.

    Raises:
        BadOptionError: the maps shrink to nothing; the message has the smallest size that works.
    """
    side = _side(features, image_size)
    if side < 1:
        smallest = next(size for size in count(image_size) if _side(features, size) >= 1)
        raise BadOptionError(
            f"option 'image_size': {image_size} is too small, the feature maps shrink to nothing; "
            f"the smallest that works is {smallest}"
        )
    return side


def _side(features: nn.Module, side: int) -> int:
    """Side after every layer, or 0 as soon as a window no longer fits."""
    for layer in features.modules():
        if isinstance(layer, PadTo):
            side = max(side, layer.side)
        elif isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
            side = _side_after(layer, side)
            if side < 1:
                return 0
    return side


def _side_after(layer: nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d, side: int) -> int:
    kernel, stride, padding = (
        length[0] if isinstance(length, tuple) else int(length)
        for length in (layer.kernel_size, layer.stride, layer.padding)
    )
    room = side + 2 * padding - kernel
    if not getattr(layer, "ceil_mode", False):
        return room // stride + 1
    rounded_up = -(-room // stride)
    # A last window that would start in the padding is dropped.
    return rounded_up + (rounded_up * stride < side + padding)


def scaled(channels: int, width: float) -> int:
    """Return a number of channels times a width multiplier: a whole number, at least 1."""
    return max(1, round(channels * width))
