"""BASE: the MNIST net that S0 takes apart."""

from collections import OrderedDict
from collections.abc import Callable
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


@register("base", source="S0, system BASE (PyTorch's basic MNIST example)")
class Base(nn.Sequential):
    """BASE: two 5x5 convolutions without activations, two fully connected layers.

    At its defaults: 1x28x28, conv 1→20 5/1/0, maxpool 2: 20x12x12, conv 20→50 5/1/0, maxpool 2:
    50x4x4, fc 800→500, ReLU, fc 500→10. 431 080 parameters. Published: 97.32 % on MNIST from
    10 000 images, 98.17 % with normalisation "batch", 97.69 % with dropout 0.5.

    Args:
        channels: channels of the image.
        classes: number of logits.
        image_size: side of the image, in pixels.
        width: multiplies the convolutions' output channels.
        kernel: "3x3x2" puts two stacked 3x3 convolutions, the first of which changes the number of
            channels, in the place of every 5x5: the receptive field and the map stay the same.
        between: activation between the two of "3x3x2". The identity leaves everything else equal.
        activation: after the first fully connected layer.
        pooling: "max" or "average".
        normalisation: after every convolution and after the first fully connected layer.
        lrn_size: channels in the window of normalisation "lrn".
        dropout: probability.
        dropout_on: "logits" as the article's code has it, "hidden" after the activation as is usual.
    """

    def __init__(
        self,
        *,
        channels: Count = 1,
        classes: Count = 10,
        image_size: Count = 28,
        width: Multiplier = 1.0,
        kernel: Literal["5x5", "3x3x2"] = "5x5",
        between: Literal["identity", "relu"] = "identity",
        activation: ActivationName = "relu",
        pooling: PoolingKind = "max",
        normalisation: NormalisationKind = "none",
        lrn_size: LrnSize = 5,
        dropout: Probability = 0.0,
        dropout_on: Literal["logits", "hidden"] = "logits",
    ) -> None:
        def normalise(maps: int) -> nn.Module:
            return layers.normalisation(normalisation, maps, lrn_size=lrn_size)

        convolve = _convolve_once if kernel == "5x5" else _stack_two
        first, second = geometry.scaled(20, width), geometry.scaled(50, width)
        features = nn.Sequential(
            *convolve(channels, first, normalise, between),
            layers.pooling(pooling, 2, 2),
            *convolve(first, second, normalise, between),
            layers.pooling(pooling, 2, 2),
        )
        side = geometry.output_side(features, image_size)
        last = [nn.Linear(500, classes), nn.Dropout(dropout)]
        classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(second * side * side, 500),
            layers.normalisation_of_features(normalisation, 500),
            layers.activation(activation),
            *(last if dropout_on == "logits" else reversed(last)),
        )
        super().__init__(OrderedDict(features=features, classifier=classifier))


def _convolve_once(
    maps_in: int, maps_out: int, normalise: Callable[[int], nn.Module], _: ActivationName
) -> list[nn.Module]:
    return [nn.Conv2d(maps_in, maps_out, 5), normalise(maps_out)]


def _stack_two(
    maps_in: int, maps_out: int, normalise: Callable[[int], nn.Module], between: ActivationName
) -> list[nn.Module]:
    return [
        nn.Conv2d(maps_in, maps_out, 3),
        normalise(maps_out),
        layers.activation(between),
        nn.Conv2d(maps_out, maps_out, 3),
        normalise(maps_out),
    ]
