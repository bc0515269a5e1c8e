"""Tests of bench.harness.data.preprocess."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from bench.harness.data.catalogue import SOURCES, Source
from bench.harness.data.preprocess import Preprocess


def photos(count: int, channels: int, side: int = 16) -> Tensor:
    """Return random images, uint8; every pixel value from 0 to 255 occurs in the first."""
    random = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (count, channels, side, side), generator=random, dtype=torch.uint8)
    images[0] = torch.arange(side * side).remainder(256).view(side, side)
    return images


@pytest.mark.parametrize("entry", SOURCES.values(), ids=list(SOURCES))
def test_normalisation_is_that_of_the_formula(entry: Source) -> None:
    """(pixel / 255 - mean) / std in float64 agrees to 1e-6, a mean and a std a channel."""
    images = photos(4, entry.channels)
    mean, std = (torch.tensor(values, dtype=torch.float64).view(1, -1, 1, 1) for values in (entry.mean, entry.std))
    expected = (images.double() / 255 - mean) / std

    torch.testing.assert_close(Preprocess(entry.mean, entry.std)(images).double(), expected, rtol=0, atol=1e-6)


def test_the_result_is_float32_in_the_memory_format_asked_for() -> None:
    """channels_last is laid out once here and not in every layer."""
    batch = Preprocess((0.5,) * 3, (0.5,) * 3, memory_format=torch.channels_last)(photos(2, 3))

    assert batch.dtype == torch.float32
    assert batch.is_contiguous(memory_format=torch.channels_last)


def test_the_images_are_left_alone() -> None:
    """They stay on the device for every epoch."""
    images = photos(2, 1)
    Preprocess((0.5,), (0.5,))(images)

    assert torch.equal(images, photos(2, 1))


def test_resizing_agrees_with_pillow() -> None:
    """Bilinear and antialiased, as the nets of the articles were fed, up to Pillow's rounding to whole grey levels."""
    image = photos(1, 1, side=24)
    pillow = Image.fromarray(image[0, 0].numpy()).resize((9, 9), Image.Resampling.BILINEAR)
    resized = Preprocess((0.0,), (1.0,), resize=9)(image)

    assert np.abs(255 * resized[0, 0].numpy() - np.asarray(pillow)).max() < 1.01


def test_enlarging_gives_the_side_asked_for() -> None:
    """AlexNet's 224 out of CIFAR's 32."""
    assert Preprocess((0.5,) * 3, (0.5,) * 3, resize=40)(photos(2, 3, side=32)).shape == (2, 3, 40, 40)


def test_images_of_the_right_size_are_not_resampled() -> None:
    """The pixels stay exactly what they were."""
    images = photos(2, 1)

    assert torch.equal(Preprocess((0.1,), (0.3,), resize=16)(images), Preprocess((0.1,), (0.3,))(images))
