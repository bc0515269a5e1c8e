"""GoogLeNet: stacked Inception blocks, in the form for 224x224 images and in one for 32x32."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from models.parts import geometry, layers
from models.parts.options import (
    ActivationName,
    Count,
    LrnSize,
    Multiplier,
    NormalisationKind,
    Probability,
)
from models.registry import register

Convolve = Callable[..., nn.Module]  # (maps in, maps out, kernel, stride=1)

# Output channels of the convolutions of Inception blocks 3a to 5b, in the columns of the paper's
# Table 1: 1x1; 1x1 and 3x3 after it; 1x1 and 5x5 after it; 1x1 after the pool.
_STAGE_3 = ((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64))
_STAGE_4 = (
    (192, 96, 208, 16, 48, 64),
    (160, 112, 224, 24, 64, 64),
    (128, 128, 256, 24, 64, 64),
    (112, 144, 288, 32, 64, 64),
    (256, 160, 320, 32, 128, 128),
)
_STAGE_5 = ((256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128))

# Sides of the stacked kernels of the third branch.
_KERNELS = {"5x5": (5,), "3x3": (3,), "3x3x2": (3, 3)}
_BATCH_NORM_EPSILON = 1e-3  # TensorFlow's, where torchvision's weights come from


class Inception(nn.Module):
    """Four branches side by side on the same maps; the side of the maps stays.

    Args:
        maps_in: input channels.
        maps: output channels of the six convolutions, in the columns of the paper's Table 1.
        kernels: sides of the third branch's stacked kernels.
        convolve: makes a convolution with its normalisation and activation.
    """

    def __init__(self, maps_in: int, maps: Sequence[int], kernels: Sequence[int], convolve: Convolve) -> None:
        super().__init__()
        one, before_three, three, before_five, five, pooled = maps
        stacked = [convolve(before_five, five, kernels[0])]
        stacked += [convolve(five, five, kernel) for kernel in kernels[1:]]
        self.branches = nn.ModuleList(
            [
                convolve(maps_in, one, 1),
                nn.Sequential(convolve(maps_in, before_three, 1), convolve(before_three, three, 3)),
                nn.Sequential(convolve(maps_in, before_five, 1), *stacked),
                nn.Sequential(nn.MaxPool2d(3, 1, 1), convolve(maps_in, pooled, 1)),
            ]
        )
        self.maps_out = one + three + five + pooled

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, maps_in, height, width) to (batch, maps_out, height, width)."""
        return torch.cat([branch(x) for branch in self.branches], dim=1)


class _GoogLeNet(nn.Sequential):
    """A stem, nine Inception blocks in three stages, a global average, one linear layer.

    Args:
        channels: channels of the image.
        classes: number of logits.
        image_size: side of the image, in pixels.
        width: multiplies every convolution's output channels.
        kernel: form of the third branch: "5x5" is the paper's, "3x3" torchvision's (after a slip in the
            TensorFlow original), "3x3x2" two stacked 3x3.
        activation: after every convolution.
        normalisation: norm of every convolution, before its activation; "lrn" stands in the stem only,
            where the paper has it.
        lrn_size: channels in the window of normalisation "lrn".
        dropout: probability, before the linear layer.
    """

    def __init__(
        self,
        *,
        channels: Count = 3,
        classes: Count = 10,
        image_size: Count = 224,
        width: Multiplier = 1.0,
        kernel: Literal["5x5", "3x3", "3x3x2"] = "3x3",
        activation: ActivationName = "relu",
        normalisation: NormalisationKind = "batch",
        lrn_size: LrnSize = 5,
        dropout: Probability = 0.2,
    ) -> None:
        in_branches: NormalisationKind = "none" if normalisation == "lrn" else normalisation

        def convolve(maps_in: int, maps_out: int, size: int, stride: int = 1) -> nn.Module:
            norm = layers.normalisation(in_branches, maps_out)
            if isinstance(norm, nn.BatchNorm2d):
                norm.eps = _BATCH_NORM_EPSILON
            bias = in_branches == "none"
            convolution = nn.Conv2d(maps_in, maps_out, size, stride, size // 2, bias=bias)
            return nn.Sequential(convolution, norm, layers.activation(activation))

        def lrn(maps: int) -> nn.Module:
            kind: NormalisationKind = "lrn" if normalisation == "lrn" else "none"
            return layers.normalisation(kind, maps, lrn_size=lrn_size)

        features = self.stem(channels, geometry.scaled(64, width), convolve, lrn)
        maps_in = 3 * geometry.scaled(64, width)
        for stage, pool in ((_STAGE_3, (3, 2)), (_STAGE_4, (2, 2)), (_STAGE_5, None)):
            for columns in stage:
                maps = [geometry.scaled(column, width) for column in columns]
                block = Inception(maps_in, maps, _KERNELS[kernel], convolve)
                features.append(block)
                maps_in = block.maps_out
            if pool:
                features.append(nn.MaxPool2d(*pool, ceil_mode=True))
        geometry.output_side(features, image_size)  # refuses an image that shrinks to nothing
        average = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout)]
        classifier = nn.Sequential(*average, nn.Linear(maps_in, classes))
        super().__init__(OrderedDict(features=features, classifier=classifier))
        layers.reset_to_kaiming(self)

    def stem(self, channels: int, maps: int, convolve: Convolve, lrn: Callable[[int], nn.Module]) -> nn.Sequential:
        """Return the layers before the Inception blocks, from channels to 3 maps."""
        raise NotImplementedError


@register("googlenet", source="Szegedy et al., 2014, with BatchNorm as in torchvision")
class GoogLeNet(_GoogLeNet):
    """GoogLeNet for 224x224 images with BatchNorm, without auxiliary heads.

    At its defaults: 3x224x224, conv 3→64 7/2/3, maxpool 3/2: 64x56x56, conv 64→64 1x1, conv 64→192
    3/1/1, maxpool 3/2: 192x28x28, Inception 3a 3b: 480x28x28, maxpool 3/2, 4a to 4e: 832x14x14,
    maxpool 2/2, 5a 5b: 1024x7x7, average, dropout 0.2, fc 1024→classes; pools round up. 6 624 904
    parameters for 1000 classes. The paper's own form has kernel "5x5" and normalisation "lrn".
    """

    def stem(self, channels: int, maps: int, convolve: Convolve, lrn: Callable[[int], nn.Module]) -> nn.Sequential:
        """Return three convolutions and two pools, 224x224 to 28x28."""
        return nn.Sequential(
            convolve(channels, maps, 7, 2),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            lrn(maps),
            convolve(maps, maps, 1),
            convolve(maps, 3 * maps, 3),
            lrn(3 * maps),
            nn.MaxPool2d(3, 2, ceil_mode=True),
        )


@register(
    "googlenet32",
    source="Szegedy et al., 2014, with the stem of the community's CIFAR-10 form",
    image_size=32,
    kernel="3x3x2",
)
class GoogLeNet32(_GoogLeNet):
    """GoogLeNet for 32x32 images: one 3x3 convolution as its stem.

    At its defaults: 3x32x32, conv 3→192 3/1/1, Inception 3a 3b: 480x32x32, maxpool 3/2, 4a to 4e:
    832x16x16, maxpool 2/2, 5a 5b: 1024x8x8, average, dropout 0.2, fc 1024→classes.
    """

    def stem(self, channels: int, maps: int, convolve: Convolve, lrn: Callable[[int], nn.Module]) -> nn.Sequential:
        """Return one convolution, which keeps the side."""
        return nn.Sequential(convolve(channels, 3 * maps, 3), lrn(3 * maps))
