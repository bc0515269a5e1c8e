"""The way from an image's bytes to the net: resize, scale to [0, 1], normalise; batched, on the device."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Preprocess:
    """Turn uint8 images into the net's input: (pixel / 255 - mean) / std, one mean and std a channel.

    `resize` is the side of the square that images are scaled to (bilinear, antialiased), None to leave them. `dtype` is
    that of all arithmetic; float64 shows what float32 rounds away.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    resize: int | None = None
    memory_format: torch.memory_format = torch.contiguous_format
    dtype: torch.dtype = torch.float32

    def __call__(self, images: Tensor) -> Tensor:
        """Return `dtype` (n, channels, side, side) from uint8 (n, channels, height, width)."""
        scale, shift = affine(tuple(self.mean), tuple(self.std), images.device, self.dtype)
        batch = images.to(self.dtype, memory_format=self.memory_format)
        if self.resize is not None and tuple(batch.shape[-2:]) != (self.resize, self.resize):
            side = (self.resize, self.resize)
            batch = F.interpolate(batch, side, mode="bilinear", antialias=True, align_corners=False)
        return batch.mul_(scale).add_(shift)


@cache
def affine(
    mean: tuple[float, ...], std: tuple[float, ...], device: torch.device, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """Return scale and shift, both (1, channels, 1, 1): pixel * scale + shift. Made once, not for every batch."""
    with torch.inference_mode(mode=False):  # a tensor of inference mode could not take part in training
        means, stds = _per_channel(mean, device, dtype), _per_channel(std, device, dtype)
        return 1 / (255 * stds), -means / stds


def _per_channel(values: Sequence[float], device: torch.device, dtype: torch.dtype) -> Tensor:
    return torch.tensor(values, dtype=dtype, device=device).view(1, -1, 1, 1)
