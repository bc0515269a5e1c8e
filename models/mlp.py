"""MLP: the fully connected net that convolutional ones are compared with."""

from itertools import pairwise
from typing import Literal

from torch import nn

from models.parts import geometry, layers
from models.parts.options import ActivationName, Count, Probability
from models.registry import register


@register("mlp", source="the fully connected predecessors in S2, S3 and S4")
class MLP(nn.Sequential):
    """Fully connected layers only: it does not know which pixels are neighbours.

    At its defaults: 1x28x28, fc 784→500 ReLU, fc 500→10. 397 510 parameters.

    Args:
        channels: channels of the image.
        classes: number of logits.
        image_size: side of the image, in pixels.
        hidden: outputs of every hidden layer; none is softmax regression.
        activation: after every hidden layer.
        normalisation: after every hidden layer, before its activation.
        dropout: probability, after every activation.
        permute_pixels: one fixed permutation of the pixels of every image: to this net all are alike.
    """

    def __init__(
        self,
        *,
        channels: Count = 1,
        classes: Count = 10,
        image_size: Count = 28,
        hidden: tuple[Count, ...] = (500,),
        activation: ActivationName = "relu",
        normalisation: Literal["none", "batch", "layer"] = "none",
        dropout: Probability = 0.0,
        permute_pixels: bool = False,
    ) -> None:
        super().__init__(*geometry.permutation(permute_pixels, image_size), nn.Flatten())
        widths = (channels * image_size * image_size, *hidden)
        for features_in, features_out in pairwise(widths):
            self.append(nn.Linear(features_in, features_out))
            self.append(layers.normalisation_of_features(normalisation, features_out))
            self.append(layers.activation(activation))
            self.append(nn.Dropout(dropout))
        self.append(nn.Linear(widths[-1], classes))
