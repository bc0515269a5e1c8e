"""Layers that architectures choose by name: activation, normalisation, pooling."""

from collections.abc import Callable

from torch import nn

from models.parts.batch_norm import BatchNorm2d
from models.parts.lrn import LocalResponseNorm, window
from models.parts.options import (
    ActivationName,
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
        channels: channels of the feature maps.
        lrn_size: channels in LRN's window; "all" is the number of channels.
        alpha: LRN's weight of the mean square (the mean: see `LocalResponseNorm`).
        beta: LRN's exponent.
        k: LRN's constant.
        lrn_implementation: "banded" is ours, "torch" is torch.nn's; both compute the same.
    """
    if kind == "batch":
        return BatchNorm2d(channels)
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


def reset_to_kaiming(model: nn.Module) -> None:
    """Draw every convolution's weights as He et al. (2015) do, by fan-out; its biases become 0."""
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
