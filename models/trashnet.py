"""TrashNet: the small residual net of S3 that fails its test set."""

from collections import OrderedDict
from typing import Literal

from torch import nn

from models.parts import layers
from models.parts.blocks import BasicBlock, Shortcut
from models.parts.options import ActivationName, Count, PoolingKind
from models.registry import register


@register("trashnet", source="S3")
class TrashNet(nn.Sequential):
    """TrashNet: one convolution, two residual blocks, one linear layer.

    At its defaults: 3x32x32, conv 3→32 3/1/1 BN ReLU, maxpool 3/1/1: 32x32x32, block 32→64 (stride
    2): 64x16x16, block 64→64, average, fc 64→10. The projection has no BatchNorm, every
    convolution has biases. Published: 99 % on its training set, 51.75 % on CIFAR-10's test set.

    Args:
        channels: channels of the image.
        classes: number of logits.
        image_size: side of the image, in pixels.
        width: channels of the first convolution; the blocks have twice as many.
        shortcut: shortcut of the first block: "A" zero-padded identity, "B" 1x1 projection; "none"
            leaves out both blocks'.
        activation: after the first convolution, inside and after both blocks.
        pooling: "max" or "average".
        normalisation: in the place of every BatchNorm.
    """

    def __init__(
        self,
        *,
        channels: Count = 3,
        classes: Count = 10,
        image_size: Count = 32,
        width: Count = 32,
        shortcut: Shortcut = "B",
        activation: ActivationName = "relu",
        pooling: PoolingKind = "max",
        normalisation: Literal["none", "batch", "layer"] = "batch",
    ) -> None:
        del image_size  # any side works: every layer pads

        def block(maps_in: int, stride: int) -> nn.Module:
            return BasicBlock(
                maps_in,
                2 * width,
                stride,
                shortcut=shortcut,
                normalisation=normalisation,
                activation=activation,
                bias=True,
                normalise_shortcut=False,
            )

        features = nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1),
            layers.normalisation(normalisation, width),
            layers.activation(activation),
            layers.pooling(pooling, 3, 1, 1),
            block(width, stride=2),
            block(2 * width, stride=1),
        )
        average = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        classifier = nn.Sequential(*average, nn.Linear(2 * width, classes))
        super().__init__(OrderedDict(features=features, classifier=classifier))
