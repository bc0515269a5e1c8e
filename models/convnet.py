"""ConvNet: the first convolutional net of S4."""

from collections import OrderedDict
from typing import Literal

from torch import nn

from models.parts import geometry, layers
from models.parts.options import (
    ActivationName,
    Count,
    LrnSize,
    Multiplier,
    NormalisationKind,
    PoolingKind,
    Probability,
)
from models.registry import register

# Sides of the stacked kernels that take the place of one 5x5.
_KERNELS = {"5x5": (5,), "3x3": (3,), "3x3x2": (3, 3), "3x3x3": (3, 3, 3)}


@register("convnet", source="S4")
class ConvNet(nn.Sequential):
    """ConvNet: two 5x5 convolutions with BatchNorm and ReLU, one fully connected layer.

    At its defaults: 1x28x28, conv 1→16 5/1/2 BN ReLU maxpool 2: 16x14x14, conv 16→32 5/1/2 BN
    ReLU maxpool 2: 32x7x7, fc 1568→10. 29 034 parameters. Published: 98 % on MNIST.

    Args:
        channels: channels of the image.
        classes: number of logits.
        image_size: side of the image, in pixels.
        width: multiplies the convolutions' output channels.
        kernel: "3x3" takes the place of every 5x5, "3x3x2" puts two stacked 3x3 there, "3x3x3" three,
            each with its normalisation and activation; the padding keeps the side of the maps.
        activation: after every convolution.
        pooling: "max" or "average".
        normalisation: after every convolution, before its activation.
        lrn_size: channels in the window of normalisation "lrn".
        dropout: probability, before the head.
        head: "linear" is the article's; "conv1x1" is a 1x1 convolution to one map a class and its
            average (Lin et al., 2013, section 3.2); "average-linear" averages every map first and
            is the same function, since both steps are linear.
        permute_pixels: one fixed permutation of the pixels of every image, which leaves all of
            their values and takes their neighbours.
    """

    def __init__(
        self,
        *,
        channels: Count = 1,
        classes: Count = 10,
        image_size: Count = 28,
        width: Multiplier = 1.0,
        kernel: Literal["5x5", "3x3", "3x3x2", "3x3x3"] = "5x5",
        activation: ActivationName = "relu",
        pooling: PoolingKind = "max",
        normalisation: NormalisationKind = "batch",
        lrn_size: LrnSize = 5,
        dropout: Probability = 0.0,
        head: Literal["linear", "conv1x1", "average-linear"] = "linear",
        permute_pixels: bool = False,
    ) -> None:
        def stage(maps_in: int, maps_out: int) -> list[nn.Module]:
            stacked: list[nn.Module] = []
            for size in _KERNELS[kernel]:
                stacked += [
                    nn.Conv2d(maps_in, maps_out, size, padding=size // 2),
                    layers.normalisation(normalisation, maps_out, lrn_size=lrn_size),
                    layers.activation(activation),
                ]
                maps_in = maps_out
            return [*stacked, layers.pooling(pooling, 2, 2)]

        first, second = geometry.scaled(16, width), geometry.scaled(32, width)
        features = nn.Sequential(
            *geometry.permutation(permute_pixels, image_size), *stage(channels, first), *stage(first, second)
        )
        side = geometry.output_side(features, image_size)
        logits = {
            "linear": [nn.Flatten(), nn.Linear(second * side * side, classes)],
            "conv1x1": [nn.Conv2d(second, classes, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()],
            "average-linear": [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(second, classes)],
        }
        classifier = nn.Sequential(nn.Dropout(dropout), *logits[head])
        super().__init__(OrderedDict(features=features, classifier=classifier))
