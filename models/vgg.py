"""VGG: stages of 3x3 convolutions, each halved in side by a pool."""

from collections import OrderedDict
from typing import ClassVar, Literal

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

_SOURCE = "Simonyan and Zisserman, 2014"
_STAGE_CHANNELS = (64, 128, 256, 512, 512)
_CIFAR_SIDE = 32  # five pools halve this to 1


class _VGG(nn.Sequential):
    """Five stages and a head; a net of the paper sets how many convolutions a stage has.

    Args:
        channels: channels of the image.
        classes: number of logits.
        image_size: side of the image, in pixels.
        head: "cifar" zero-pads images smaller than 32x32, averages the last maps and has one fully
            connected layer; "imagenet" is the paper's, with two hidden layers.
        hidden: outputs of the two hidden layers of head "imagenet".
        width: multiplies the convolutions' output channels.
        activation: after every layer but the last.
        pooling: "max" or "average".
        normalisation: after every convolution, before its activation; "lrn" stands after the
            activation of the first convolution only, as in the paper's net A-LRN.
        lrn_size: channels in the window of normalisation "lrn".
        dropout: probability, after every hidden layer, or before the only one of head "cifar".
    """

    convolutions: ClassVar[tuple[int, ...]]  # in each stage

    def __init__(
        self,
        *,
        channels: Count = 3,
        classes: Count = 10,
        image_size: Count = 32,
        head: Literal["cifar", "imagenet"] = "cifar",
        hidden: Count = 4096,
        width: Multiplier = 1.0,
        activation: ActivationName = "relu",
        pooling: PoolingKind = "max",
        normalisation: NormalisationKind = "none",
        lrn_size: LrnSize = 5,
        dropout: Probability = 0.5,
    ) -> None:
        def convolve(maps_in: int, maps_out: int) -> list[nn.Module]:
            convolution = nn.Conv2d(maps_in, maps_out, 3, padding=1)
            if normalisation == "lrn":
                return [convolution, layers.activation(activation)]
            norm = layers.normalisation(normalisation, maps_out)
            return [convolution, norm, layers.activation(activation)]

        maps = [geometry.scaled(stage, width) for stage in _STAGE_CHANNELS]
        features = nn.Sequential(geometry.PadTo(_CIFAR_SIDE if head == "cifar" else 1))
        features.extend(convolve(channels, maps[0]))
        if normalisation == "lrn":
            features.append(layers.normalisation("lrn", maps[0], lrn_size=lrn_size))
        maps_in = maps[0]
        for stage, (maps_out, depth) in enumerate(zip(maps, self.convolutions, strict=True)):
            for _ in range(depth - (stage == 0)):  # the first of all stands above
                features.extend(convolve(maps_in, maps_out))
                maps_in = maps_out
            features.append(layers.pooling(pooling, 2, 2))
        side = geometry.output_side(features, image_size)
        classifier = (
            _cifar_head(maps_in, dropout, classes)
            if head == "cifar"
            else _imagenet_head(maps_in * side * side, hidden, activation, dropout, classes)
        )
        super().__init__(OrderedDict(features=features, classifier=classifier))
        layers.reset_to_kaiming(self)


def _cifar_head(maps: int, dropout: float, classes: int) -> nn.Sequential:
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(maps, classes))


def _imagenet_head(
    features: int, hidden: int, activation: ActivationName, dropout: float, classes: int
) -> nn.Sequential:
    return nn.Sequential(
        nn.Flatten(),
        *[nn.Linear(features, hidden), layers.activation(activation), nn.Dropout(dropout)],
        *[nn.Linear(hidden, hidden), layers.activation(activation), nn.Dropout(dropout)],
        nn.Linear(hidden, classes),
    )


@register("vgg11", source=_SOURCE)
class VGG11(_VGG):
    """VGG net A: eight 3x3 convolutions, by default with the CIFAR head.

    Stages of 1, 1, 2, 2, 2 convolutions with 64, 128, 256, 512, 512 channels, each with ReLU, and
    maxpool 2 after every stage. 3x32x32 becomes 512x1x1, fc 512→10. 9 225 610 parameters.
    """

    convolutions = (1, 1, 2, 2, 2)


@register("vgg16", source=_SOURCE)
class VGG16(_VGG):
    """VGG net D: thirteen 3x3 convolutions, by default with the CIFAR head.

    Stages of 2, 2, 3, 3, 3 convolutions with 64, 128, 256, 512, 512 channels, each with ReLU, and
    maxpool 2 after every stage. 3x32x32 becomes 512x1x1, fc 512→10. With head "imagenet", image_size
    224 and 1000 classes it is the paper's net: 512x7x7, fc 25088→4096→4096→1000, dropout 0.5,
    138 357 544 parameters.
    """

    convolutions = (2, 2, 3, 3, 3)
