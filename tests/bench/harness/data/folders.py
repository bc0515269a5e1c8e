"""Folders of small pictures, each unlike all others, for tests of data sets that users bring."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

Counts = Mapping[str, int]  # pictures by class


def noise(seed: int, mode: str = "RGB", size: tuple[int, int] = (8, 8)) -> Image.Image:
    """Return a picture of noise, the same for a seed."""
    width, height = size
    shape = (height, width) if mode == "L" else (height, width, len(mode))
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8), mode)


def put(path: Path, image: Image.Image) -> Path:
    """Write a picture, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return path


def fill(folder: Path, counts: Counts, *, mode: str = "RGB", size: tuple[int, int] = (8, 8), first: int = 0) -> Path:
    """Write so many pictures of each class below a folder, no two alike, and return the folder.

    Args:
        folder: a split's, or the data set's own.
        counts: pictures by class.
        mode: Pillow's.
        size: width and height in pixels.
        first: seed of the first picture, so that other calls make others.
    """
    seed = 1_000_000 * first
    for label, count in counts.items():
        for number in range(count):
            put(folder / label / f"{first}-{number}.png", noise(seed, mode, size))
            seed += 1
    return folder
