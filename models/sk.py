"""SK: the small-kernel MNIST net of S0."""

from collections import OrderedDict

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


@register("sk", source="S0, system SK")
class SmallKernels(nn.Sequential):
    """SK: three 3x3 convolutions with BatchNorm, two fully connected layers.

    At its defaults: 1x28x28, conv 1→20 3/1/0 BN ReLU, conv 20→20 3/1/0 BN ReLU, maxpool 2:
    20x12x12, conv 20→50 3/1/0 BN (no ReLU), maxpool 2: 50x5x5, fc 1250→500 BN ReLU, fc 500→10.
    Published: 98.48 % on MNIST from 10 000 images.

    Args:
        channels: channels of the image.
        classes: number of logits.
        image_size: side of the image, in pixels.
        width: multiplies the convolutions' output channels: 0.2 is 4, 4 and 10 of them.
        activation: in the place of every ReLU.
        pooling: "max" or "average".
        normalisation: in the place of every BatchNorm.
        lrn_size: channels in the window of normalisation "lrn".
        dropout: probability, on the logits, where S0's BASE has it.
    """

    def __init__(
        self,
        *,
        channels: Count = 1,
        classes: Count = 10,
        image_size: Count = 28,
        width: Multiplier = 1.0,
        activation: ActivationName = "relu",
        pooling: PoolingKind = "max",
        normalisation: NormalisationKind = "batch",
        lrn_size: LrnSize = 5,
        dropout: Probability = 0.0,
    ) -> None:
        def convolve(maps_in: int, maps_out: int) -> list[nn.Module]:
            norm = layers.normalisation(normalisation, maps_out, lrn_size=lrn_size)
            return [nn.Conv2d(maps_in, maps_out, 3), norm]

        first, second = geometry.scaled(20, width), geometry.scaled(50, width)
        features = nn.Sequential(
            *convolve(channels, first),
            layers.activation(activation),
            *convolve(first, first),
            layers.activation(activation),
            layers.pooling(pooling, 2, 2),
            *convolve(first, second),
            layers.pooling(pooling, 2, 2),
        )
        side = geometry.output_side(features, image_size)
        classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(second * side * side, 500),
            layers.normalisation_of_features(normalisation, 500),
            layers.activation(activation),
            nn.Linear(500, classes),
            nn.Dropout(dropout),
        )
        super().__init__(OrderedDict(features=features, classifier=classifier))
