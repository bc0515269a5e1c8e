"""ResNet: residual blocks in stages, the form for 224x224 images and those for CIFAR."""

from collections import OrderedDict
from typing import ClassVar, Literal

from torch import nn

from models.parts import layers
from models.parts.blocks import BasicBlock, Shortcut
from models.parts.options import ActivationName, Count
from models.registry import register

_SOURCE = "He et al., 2015"


class _ResNet(nn.Sequential):
    """A stem, stages of residual blocks, a global average, one linear layer.

    Every stage after the first doubles the channels and halves the side. Weights are drawn as He et
    al. (2015, "Delving deep") do. Any image_size works: every layer pads.

    Args:
        channels: channels of the image.
        classes: number of logits.
        image_size: side of the image, in pixels.
        width: channels of the first stage.
        stem: "imagenet" is conv 7/2/3 and maxpool 3/2/1, "cifar" conv 3/1/1.
        shortcut: where the shape changes: "A" zero-padded identity, "B" 1x1 projection; "none"
            makes a plain net of the same depth.
        activation: after the stem, inside and after every block.
        normalisation: after every convolution, before its activation; without one the
            convolutions have biases.
    """

    blocks: ClassVar[tuple[int, ...]]  # in each stage

    def __init__(
        self,
        *,
        channels: Count = 3,
        classes: Count = 10,
        image_size: Count = 32,
        width: Count = 16,
        stem: Literal["imagenet", "cifar"] = "cifar",
        shortcut: Shortcut = "A",
        activation: ActivationName = "relu",
        normalisation: Literal["none", "batch", "layer"] = "batch",
    ) -> None:
        del image_size  # any side works: every layer pads
        bias = normalisation == "none"
        kernel, stride, padding = (7, 2, 3) if stem == "imagenet" else (3, 1, 1)
        features = nn.Sequential(
            nn.Conv2d(channels, width, kernel, stride, padding, bias=bias),
            layers.normalisation(normalisation, width),
            layers.activation(activation),
        )
        if stem == "imagenet":
            features.append(nn.MaxPool2d(3, 2, 1))
        maps_in = width
        for stage, blocks in enumerate(self.blocks):
            maps_out = width * 2**stage
            for block in range(blocks):
                features.append(
                    BasicBlock(
                        maps_in,
                        maps_out,
                        stride=2 if stage > 0 and block == 0 else 1,
                        shortcut=shortcut,
                        normalisation=normalisation,
                        activation=activation,
                        bias=bias,
                        normalise_shortcut=True,
                    )
                )
                maps_in = maps_out
        average = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        classifier = nn.Sequential(*average, nn.Linear(maps_in, classes))
        super().__init__(OrderedDict(features=features, classifier=classifier))
        layers.reset_to_kaiming(self)


@register("resnet18", source=_SOURCE, image_size=224, width=64, stem="imagenet", shortcut="B")
class ResNet18(_ResNet):
    """ResNet-18: eight residual blocks in four stages, by default for 224x224 images.

    At its defaults: 3x224x224, conv 3→64 7/2/3 BN ReLU maxpool 3/2/1: 64x56x56, two blocks each of
    64x56x56, 128x28x28, 256x14x14 and 512x7x7, average, fc 512→classes. 11 689 512 parameters for
    1000 classes. Stem "cifar" keeps the side of a 32x32 image up to the first stage.
    """

    blocks = (2, 2, 2, 2)


@register("resnet20", source=_SOURCE + ", section 4.2")
class ResNet20(_ResNet):
    """ResNet-20 for CIFAR: nine residual blocks in three stages.

    At its defaults: 3x32x32, conv 3→16 3/1/1 BN ReLU, three blocks each of 16x32x32, 32x16x16 and
    64x8x8, average, fc 64→10. 269 722 parameters.
    """

    blocks = (3, 3, 3)


@register("resnet56", source=_SOURCE + ", section 4.2")
class ResNet56(_ResNet):
    """ResNet-56 for CIFAR: twenty-seven residual blocks in three stages.

    At its defaults: 3x32x32, conv 3→16 3/1/1 BN ReLU, nine blocks each of 16x32x32, 32x16x16 and
    64x8x8, average, fc 64→10. 853 018 parameters.
    """

    blocks = (9, 9, 9)
