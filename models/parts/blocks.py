"""Residual blocks, shared by ResNet and TrashNet."""

from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

from models.parts import layers
from models.parts.options import ActivationName, NormalisationKind

Shortcut = Literal["A", "B", "none"]


class ZeroPaddedShortcut(nn.Module):
    """Shortcut A: every stride-th pixel, with maps of zeros behind the given ones; no weights.

    Args:
        maps_in: input channels.
        maps_out: output channels, at least maps_in.
        stride: in pixels.
    """

    def __init__(self, maps_in: int, maps_out: int, stride: int) -> None:
        super().__init__()
        self.added_maps, self.stride = maps_out - maps_in, stride

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, maps_in, height, width) to (batch, maps_out, height / stride, ...)."""
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.added_maps))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut around them (He et al., 2015, Figure 2).

    conv 3/stride/1, normalisation, activation, conv 3/1/1, normalisation, plus the shortcut,
    activation. Where the shape stays, the shortcut is the identity. Without one it is a plain block.

    Args:
        maps_in: input channels.
        maps_out: output channels.
        stride: stride of the first convolution.
        shortcut: where the shape changes: "A" zero-padded identity, "B" 1x1 projection; "none" adds
            nothing anywhere.
        normalisation: after both convolutions.
        activation: after the first convolution and after the sum.
        bias: whether the convolutions have biases.
        normalise_shortcut: whether a projection has its normalisation.
    """

    def __init__(
        self,
        maps_in: int,
        maps_out: int,
        stride: int,
        *,
        shortcut: Shortcut,
        normalisation: NormalisationKind,
        activation: ActivationName,
        bias: bool,
        normalise_shortcut: bool,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(maps_in, maps_out, 3, stride, 1, bias=bias)
        self.norm1 = layers.normalisation(normalisation, maps_out)
        self.activation = layers.activation(activation)
        self.conv2 = nn.Conv2d(maps_out, maps_out, 3, 1, 1, bias=bias)
        self.norm2 = layers.normalisation(normalisation, maps_out)
        self.plain = shortcut == "none"
        self.shortcut: nn.Module = nn.Identity()
        if self.plain or (maps_in, stride) == (maps_out, 1):
            return
        if shortcut == "A":
            self.shortcut = ZeroPaddedShortcut(maps_in, maps_out, stride)
        else:
            norm = layers.normalisation(normalisation if normalise_shortcut else "none", maps_out)
            projection = nn.Conv2d(maps_in, maps_out, 1, stride, bias=bias)
            self.shortcut = nn.Sequential(projection, norm)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, maps_in, height, width) to (batch, maps_out, height / stride, ...)."""
        inner = self.activation(self.norm1(self.conv1(x)))
        last = self.norm2(self.conv2(inner))
        total: Tensor = self.activation(last if self.plain else last + self.shortcut(x))
        return total
