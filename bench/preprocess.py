"""What happens between an image's bytes and the net: resize, scale to [0, 1], normalise; batched, on the device."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Preprocess:
    """Turn uint8 images into the net's input: (pixel / 255 - mean) / std, one mean and std a channel.

    `resize` is the side of the square that images are scaled to (bilinear, antialiased), None to leave them.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    resize: int | None = None
    memory_format: torch.memory_format = torch.contiguous_format

    def __call__(self, images: Tensor) -> Tensor:
        """Return float32 (n, channels, side, side) from uint8 (n, channels, height, width)."""
        scale, shift = _affine(tuple(self.mean), tuple(self.std), images.device)
        batch = images.to(torch.float32, memory_format=self.memory_format)
        if self.resize is not None and tuple(batch.shape[-2:]) != (self.resize, self.resize):
            side = (self.resize, self.resize)
            batch = F.interpolate(batch, side, mode="bilinear", antialias=True, align_corners=False)
        return batch.mul_(scale).add_(shift)


@cache
def _affine(mean: tuple[float, ...], std: tuple[float, ...], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return scale and shift: pixel * scale + shift. Made once, not for every batch."""
    with torch.inference_mode(mode=False):  # a tensor of inference mode could not take part in training
        means, stds = _per_channel(mean, device), _per_channel(std, device)
        return 1 / (255 * stds), -means / stds


def _per_channel(values: Sequence[float], device: torch.device) -> Tensor:
    return torch.tensor(values, dtype=torch.float32, device=device).view(1, -1, 1, 1)
