"""NiN: network in network, 1x1 convolutions after every convolution and no fully connected layer."""

from collections import OrderedDict
from typing import Literal

from torch import nn

from models.parts import geometry, layers
from models.parts.options import ActivationName, Count, Multiplier, Probability
from models.registry import register


@register("nin", source="Lin et al., 2013, CIFAR-10 net of the authors' Caffe model")
class NiN(nn.Sequential):
    """Network in network: three blocks of a convolution and two 1x1 convolutions, averaged.

    At its defaults, each convolution with ReLU: 3x32x32, conv 3→192 5/1/2, 1x1 192→160→96, maxpool
    3/2 (rounding up): 96x16x16, dropout 0.5, conv 96→192 5/1/2, 1x1 192→192→192, average pool 3/2:
    192x8x8, dropout 0.5, conv 192→192 3/1/1, 1x1 192→192→10, global average. 966 986 parameters.
    Published: 10.41 % error on CIFAR-10 without augmentation. Weights are drawn as He et al. (2015)
    do: the paper does not state its own.

    Args:
        channels: channels of the image.
        classes: number of logits.
        image_size: side of the image, in pixels.
        width: multiplies the convolutions' output channels, but for the last one's.
        activation: after every convolution, the last one too.
        normalisation: after every convolution, before its activation.
        dropout: probability, after the two pools.
    """

    def __init__(
        self,
        *,
        channels: Count = 3,
        classes: Count = 10,
        image_size: Count = 32,
        width: Multiplier = 1.0,
        activation: ActivationName = "relu",
        normalisation: Literal["none", "batch", "layer"] = "none",
        dropout: Probability = 0.5,
    ) -> None:
        def convolve(maps_in: int, maps_out: int, size: int) -> list[nn.Module]:
            return [
                nn.Conv2d(maps_in, maps_out, size, padding=size // 2),
                layers.normalisation(normalisation, maps_out),
                layers.activation(activation),
            ]

        def block(size: int, *maps: int) -> list[nn.Module]:
            first, second, third, fourth = maps
            return [
                *convolve(first, second, size),
                *convolve(second, third, 1),
                *convolve(third, fourth, 1),
            ]

        wide, middle, narrow = (geometry.scaled(maps, width) for maps in (192, 160, 96))
        features = nn.Sequential(
            *block(5, channels, wide, middle, narrow),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.Dropout(dropout),
            *block(5, narrow, wide, wide, wide),
            nn.AvgPool2d(3, 2, ceil_mode=True),
            nn.Dropout(dropout),
            *block(3, wide, wide, wide, classes),
        )
        geometry.output_side(features, image_size)  # refuses an image that shrinks to nothing
        classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        super().__init__(OrderedDict(features=features, classifier=classifier))
        layers.reset_to_kaiming(self)
