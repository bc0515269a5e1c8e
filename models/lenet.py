"""LeNet: two 5x5 convolutions and three fully connected layers, in two published forms."""

from collections import OrderedDict
from typing import ClassVar

from torch import nn

from models.parts import geometry, layers
from models.parts.options import ActivationName, Count, PoolingKind
from models.registry import register


@register("lenet5", source="LeCun et al., 1998, as rebuilt in S3")
class LeNet5(nn.Sequential):
    """LeNet-5 with sigmoids and average pooling, Xavier uniform weights.

    At its defaults: 1x28x28, conv 1→6 5/1/2, pool 2: 6x14x14, conv 6→16 5/1/0, pool 2: 16x5x5,
    fc 400→120→84→10. 61 706 parameters. Published: 98.49 % on MNIST.
    """

    padding: ClassVar[int] = 2  # of the first convolution, in pixels

    def __init__(
        self,
        *,
        channels: Count = 1,
        classes: Count = 10,
        image_size: Count = 28,
        activation: ActivationName = "sigmoid",
        pooling: PoolingKind = "average",
    ) -> None:
        features = nn.Sequential(
            nn.Conv2d(channels, 6, 5, padding=self.padding),
            layers.activation(activation),
            layers.pooling(pooling, 2, 2),
            nn.Conv2d(6, 16, 5),
            layers.activation(activation),
            layers.pooling(pooling, 2, 2),
        )
        side = geometry.output_side(features, image_size)
        classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(16 * side * side, 120),
            layers.activation(activation),
            nn.Linear(120, 84),
            layers.activation(activation),
            nn.Linear(84, classes),
        )
        super().__init__(OrderedDict(features=features, classifier=classifier))
        self.reset_weights()

    def reset_weights(self) -> None:
        """Draw Xavier uniform weights; biases keep torch's own initialisation."""
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(layer.weight)


@register(
    "lenet-relu",
    source="the LeNet-like CIFAR-10 net of PyTorch's tutorial (S2)",
    channels=3,
    image_size=32,
    activation="relu",
    pooling="max",
)
class LeNetReLU(LeNet5):
    """LeNet-like net for CIFAR-10 with ReLU and max pooling, torch's own initialisation.

    At its defaults: 3x32x32, conv 3→6 5/1/0, pool 2: 6x14x14, conv 6→16 5/1/0, pool 2: 16x5x5,
    fc 400→120→84→10. 62 006 parameters. With activation "sigmoid" and pooling "average" it is
    LeNet as it was.
    """

    padding = 0

    def reset_weights(self) -> None:
        """Keep torch's own initialisation."""
