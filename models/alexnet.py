"""AlexNet: the ImageNet net of 2012 as S1 rebuilt it, and its form for 32x32 images."""

from collections import OrderedDict
from typing import ClassVar, Literal

from torch import nn

from models.parts import geometry, layers
from models.parts.options import (
    ActivationName,
    Count,
    LrnImplementation,
    LrnSize,
    NormalisationKind,
    NotNegative,
    PoolingKind,
    Probability,
)
from models.registry import register

_PAPER_STANDARD_DEVIATION = 0.01
# Positions, among the eight layers with weights, of those whose biases start at 1 in the paper:
# convolutions 2, 4 and 5 and the two hidden fully connected layers.
_PAPER_BIASES_OF_ONE = (1, 3, 4, 5, 6)


class _AlexNet(nn.Sequential):
    """Five convolutions and three fully connected layers; a form sets the class attributes.

    Args:
        channels: channels of the image.
        classes: number of logits.
        image_size: side of the image, in pixels.
        width: unit of the convolutions' output channels, see the form.
        hidden: outputs of the first two fully connected layers.
        activation: after every layer but the last.
        pooling: "max" or "average".
        normalisation: after the activations of the first two convolutions.
        normalise: before pooling as in the paper, or after it, on a quarter of the values.
        lrn_size: channels in the window of "lrn"; "all" is the number of channels.
        alpha: LRN's weight of the mean square; the paper's 1e-4 weighs the sum of 5: 5e-4 here.
        beta: LRN's exponent.
        k: LRN's constant.
        lrn_implementation: "banded" is ours, "torch" is torch.nn's; both compute the same.
        dropout: probability, after the activations of the hidden fully connected layers.
        init: "torch", or "paper": weights N(0, 0.01); biases 1 in convolutions 2, 4, 5 and the
            hidden fully connected layers, 0 elsewhere.
    """

    stem: ClassVar[tuple[int, int, int]]  # kernel, stride, padding of the first convolution
    multiples: ClassVar[tuple[int, ...]]  # of `width`: output channels of the convolutions
    smallest_side: ClassVar[int] = 1  # smaller images are zero-padded to this side, in pixels

    def __init__(
        self,
        *,
        channels: Count = 3,
        classes: Count = 10,
        image_size: Count = 224,
        width: Count = 32,
        hidden: Count = 4096,
        activation: ActivationName = "relu",
        pooling: PoolingKind = "max",
        normalisation: NormalisationKind = "lrn",
        normalise: Literal["before-pooling", "after-pooling"] = "before-pooling",
        lrn_size: LrnSize = 5,
        alpha: NotNegative = 1e-4,
        beta: NotNegative = 0.75,
        k: NotNegative = 2.0,
        lrn_implementation: LrnImplementation = "banded",
        dropout: Probability = 0.5,
        init: Literal["torch", "paper"] = "torch",
    ) -> None:
        def reduced(maps: int) -> list[nn.Module]:
            norm = layers.normalisation(
                normalisation,
                maps,
                lrn_size=lrn_size,
                alpha=alpha,
                beta=beta,
                k=k,
                lrn_implementation=lrn_implementation,
            )
            return [norm, pool()] if normalise == "before-pooling" else [pool(), norm]

        def act() -> nn.Module:
            return layers.activation(activation)

        def pool() -> nn.Module:
            return layers.pooling(pooling, 3, 2)

        maps = [width * multiple for multiple in self.multiples]
        kernel, stride, padding = self.stem
        features = nn.Sequential(
            geometry.PadTo(self.smallest_side),
            *[nn.Conv2d(channels, maps[0], kernel, stride, padding), act(), *reduced(maps[0])],
            *[nn.Conv2d(maps[0], maps[1], 5, padding=2), act(), *reduced(maps[1])],
            *[nn.Conv2d(maps[1], maps[2], 3, padding=1), act()],
            *[nn.Conv2d(maps[2], maps[3], 3, padding=1), act()],
            *[nn.Conv2d(maps[3], maps[4], 3, padding=1), act()],
            pool(),
        )
        side = geometry.output_side(features, image_size)
        classifier = nn.Sequential(
            nn.Flatten(),
            *[nn.Linear(maps[4] * side * side, hidden), act(), nn.Dropout(dropout)],
            *[nn.Linear(hidden, hidden), act(), nn.Dropout(dropout)],
            nn.Linear(hidden, classes),
        )
        super().__init__(OrderedDict(features=features, classifier=classifier))
        if init == "paper":
            self.reset_as_in_paper()

    def reset_as_in_paper(self) -> None:
        """Initialise weights and biases as in section 5 of the paper."""
        weighted = [m for m in self.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
        for position, layer in enumerate(weighted):
            nn.init.normal_(layer.weight, std=_PAPER_STANDARD_DEVIATION)
            if layer.bias is not None:
                nn.init.constant_(layer.bias, float(position in _PAPER_BIASES_OF_ONE))


@register("alexnet", source="Krizhevsky et al., 2012, as rebuilt for CIFAR-10 at 224x224 in S1")
class AlexNet(_AlexNet):
    """AlexNet on one device, for 224x224 images.

    At its defaults: 3x224x224, conv 3→96 11/4/2 ReLU LRN maxpool 3/2: 96x27x27, conv 96→256 5/1/2
    ReLU LRN maxpool 3/2: 256x13x13, conv 256→384→384→256 3/1/1 with ReLU, maxpool 3/2: 256x6x6,
    fc 9216→4096→4096→classes, each hidden one with ReLU and dropout 0.5. The convolutions have 3,
    8, 12, 12 and 8 times `width` channels. 62 378 344 parameters for 1000 classes. S1's own run
    has lrn_size "all" (about 70 % on CIFAR-10); the paper's has alpha 5e-4 and init "paper".
    """

    stem = (11, 4, 2)
    multiples = (3, 8, 12, 12, 8)


@register("alexnet32", source="this project's 32x32 form of S1's AlexNet", image_size=32, width=16, hidden=256)
class AlexNet32(_AlexNet):
    """AlexNet for 32x32 images: five convolutions of a width w, three fully connected layers.

    At its defaults: 3x32x32, conv 3→w 5/1/2 ReLU LRN maxpool 3/2: w x15x15, conv w→2w 5/1/2 ReLU
    LRN maxpool 3/2: 2w x7x7, conv 2w→3w→3w→2w 3/1/1 with ReLU, maxpool 3/2: 2w x3x3, fc
    18w→256→256→classes, each hidden one with ReLU and dropout 0.5. 204 106 parameters at w = 16
    with one input channel. Smaller images are zero-padded to 32x32.
    """

    stem = (5, 1, 2)
    multiples = (1, 2, 3, 3, 2)
    smallest_side = 32
