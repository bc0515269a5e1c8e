"""Layers that architectures choose by name: activation, normalisation, pooling."""

from collections.abc import Callable
from itertools import count

import torch.nn.functional as F
from torch import Tensor, nn

from models.lrn import LocalResponseNorm, window
from models.options import (
    ActivationName,
    BadOptionError,
    LrnImplementation,
    LrnSize,
    NormalisationKind,
    PoolingKind,
)

# None of them works in place: an in-place ReLU would be cheaper than the activations that it is
# compared with for a reason that has nothing to do with the activation.
_ACTIVATIONS: dict[ActivationName, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "leaky-relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "identity": nn.Identity,
}


def activation(name: ActivationName) -> nn.Module:
    """Return a new activation layer."""
    return _ACTIVATIONS[name]()


def pooling(kind: PoolingKind, size: int, stride: int, padding: int = 0) -> nn.Module:
    """Return a layer that pools windows of size x size, maximum or average."""
    layer = nn.MaxPool2d if kind == "max" else nn.AvgPool2d
    return layer(size, stride, padding)


def normalisation(
    kind: NormalisationKind,
    channels: int,
    *,
    lrn_size: LrnSize = 5,
    alpha: float = 1e-4,
    beta: float = 0.75,
    k: float = 2.0,
    lrn_implementation: LrnImplementation = "banded",
) -> nn.Module:
    """Return a layer that normalises feature maps (batch, channels, height, width).

    Args:
        kind: "none": identity. "batch": BatchNorm (Ioffe and Szegedy, 2015). "layer": layer
            normalisation (Ba et al., 2016) of a whole image with one scale and shift a channel,
            that is GroupNorm with one group. "lrn": local response normalisation.
        channels: of the feature maps.
        lrn_size: channels in LRN's window; "all" is the number of channels.
        alpha: LRN's weight of the mean square (the mean: see `LocalResponseNorm`).
        beta: LRN's exponent.
        k: LRN's constant.
        lrn_implementation: "banded" is ours, "torch" is torch.nn's; both compute the same.
    """
    if kind == "batch":
        return nn.BatchNorm2d(channels)
    if kind == "layer":
        return nn.GroupNorm(1, channels)
    if kind == "none":
        return nn.Identity()
    if lrn_implementation == "torch":
        return nn.LocalResponseNorm(window(channels, lrn_size), alpha, beta, k)
    return LocalResponseNorm(channels, lrn_size, alpha=alpha, beta=beta, k=k)


def normalisation_of_features(kind: NormalisationKind, features: int) -> nn.Module:
    """Return a layer that normalises the outputs (batch, features) of a fully connected layer.

    "lrn" is the identity here: it compares feature maps at one place of the image, and no paper
    puts it behind a fully connected layer.
    """
    if kind == "batch":
        return nn.BatchNorm1d(features)
    return nn.LayerNorm(features) if kind == "layer" else nn.Identity()


class PadTo(nn.Module):
    """Zero-pads images to side x side, evenly on both sides; larger images pass unchanged.

    Args:
        side: of the padded image, in pixels.
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


def reset_to_kaiming(model: nn.Module) -> None:
    """Draw every convolution's weights as He et al. (2015) do, by fan-out; its biases become 0."""
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
