"""Augmentations as tensor operations on a whole uint8 batch, with a random generator of their own."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from bench.harness.errors import unknown
from bench.harness.study.recipe import RecipeError

Augmentation = Callable[[Tensor, torch.Generator], Tensor]

CROP_PADDING = 4  # pixels a side, as is usual for 32x32 images
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, what Pillow and torchvision use for grey
# Principal components of CIFAR-10's training pixels would have to be measured; AlexNet's published ones are
# ImageNet's (Krizhevsky et al. 2012, values as in the fb.resnet.torch code), in units of pixel / 255.
PCA_EIGENVALUES = (0.2175, 0.0188, 0.0045)
PCA_EIGENVECTORS = (
    (-0.5675, 0.7192, 0.4009),
    (-0.5808, -0.0045, -0.8140),
    (-0.5836, -0.6948, 0.4203),
)
PCA_SD = 0.1  # standard deviation of the noise along each component (AlexNet, section 4.1)


def flip(batch: Tensor, random: torch.Generator) -> Tensor:
    """Mirror each image left to right with probability 1/2."""
    chosen = torch.rand(len(batch), generator=random, device=batch.device) < 0.5  # noqa: PLR2004 - a coin
    return torch.where(chosen.view(-1, 1, 1, 1), batch.flip(-1), batch)


def crop(batch: Tensor, random: torch.Generator) -> Tensor:
    """Shift each image by up to 4 pixels a side, zeros coming in (pad 4, random crop)."""
    count, _, height, width = batch.shape
    padded = F.pad(batch, [CROP_PADDING] * 4)
    shifts = torch.randint(0, 2 * CROP_PADDING + 1, (2, count), generator=random, device=batch.device)
    rows = shifts[0].view(-1, 1) + torch.arange(height, device=batch.device)
    columns = shifts[1].view(-1, 1) + torch.arange(width, device=batch.device)
    images = torch.arange(count, device=batch.device).view(-1, 1, 1)
    return padded.permute(0, 2, 3, 1)[images, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2).contiguous()


def grayscale(batch: Tensor, random: torch.Generator) -> Tensor:
    """Turn each colour image grey with probability 0.1 (torchvision's RandomGrayscale)."""
    chosen = torch.rand(len(batch), generator=random, device=batch.device) < 0.1  # noqa: PLR2004 - its default
    luma = torch.tensor(LUMA, device=batch.device).view(1, 3, 1, 1)
    grey = (batch * luma).sum(dim=1, keepdim=True).round().to(torch.uint8).expand_as(batch)
    return torch.where(chosen.view(-1, 1, 1, 1), grey, batch)


def pca_noise(batch: Tensor, random: torch.Generator) -> Tensor:
    """Add to each colour image a random multiple of the principal components of its colours (AlexNet 2012, 4.1)."""
    amounts = torch.randn((len(batch), 3), generator=random, device=batch.device) * PCA_SD
    scaled = amounts * torch.tensor(PCA_EIGENVALUES, device=batch.device)
    shift = 255 * scaled @ torch.tensor(PCA_EIGENVECTORS, device=batch.device).T
    return (batch + shift[:, :, None, None]).round_().clamp_(0, 255).to(torch.uint8)


AUGMENTATIONS: Mapping[str, Augmentation] = {
    "flip": flip,
    "crop": crop,
    "grayscale": grayscale,
    "pca-noise": pca_noise,
}
COLOUR_ONLY = frozenset({"grayscale", "pca-noise"})


def chain(names: Sequence[str], channels: int) -> Augmentation:
    """Return the augmentations of a recipe as one function.

    Raises:
        RecipeError: an unknown name, or a colour augmentation on images without colour.
    """
    for name in names:
        if name not in AUGMENTATIONS:
            raise RecipeError(unknown("augmentation", name, AUGMENTATIONS))
        if name in COLOUR_ONLY and channels != 3:  # noqa: PLR2004 - red, green, blue
            raise RecipeError(f"augmentation {name!r} needs 3 channels; the images have {channels}")

    def augment(batch: Tensor, random: torch.Generator) -> Tensor:
        for name in names:
            batch = AUGMENTATIONS[name](batch, random)
        return batch

    return augment
