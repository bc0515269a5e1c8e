"""Data sets as uint8 tensors: the embedded mnist-5k, torchvision's own, or a folder of images.

Every data set is (n, channels, height, width) uint8 with int64 labels, loaded whole: it is small enough to
stay on the device, and nothing is decoded while a net trains.
"""

from functools import cache
from pathlib import Path

import torch

from bench.harness.data import mnist_5k
from bench.harness.data.catalogue import SOURCES, source
from bench.harness.data.dataset import Dataset, Images, hash_images
from bench.harness.data.folder_name import folder_name, is_folder
from bench.harness.data.torchvision_sets import load_torchvision


def load(name: str, root: Path | None = None, *, download: bool = False) -> Dataset:
    """Return a data set by name; loaded once a process.

    Args:
        name: one of `catalogue.SOURCES`, or `folder:PATH` with PATH/train/<class>/ and PATH/test/<class>/,
            or with PATH/<class>/ alone; options of `folder_name` may follow.
        root: the folder that holds torchvision's files; not needed for mnist-5k.
        download: let torchvision fetch what is missing.

    Raises:
        DataError: an unknown name, files that are missing or damaged; the message says what to put where.
    """
    return _load(name, root, download)


@cache
def _load(name: str, root: Path | None, download: bool) -> Dataset:
    if is_folder(name):
        from bench.harness.data.folder import load_folder  # noqa: PLC0415 - Pillow is needed for folders only

        return load_folder(folder_name(name))
    if source(name) is SOURCES["mnist-5k"]:
        return _mnist_5k()
    return load_torchvision(source(name), root, download=download)


def _mnist_5k() -> Dataset:
    pixels, labels = mnist_5k.load()
    train, validation, test = (
        Images(torch.from_numpy(pixels[part]), torch.from_numpy(labels[part].astype("int64")))
        for part in mnist_5k.split()
    )
    digest = hash_images(train, validation, test)
    return Dataset(SOURCES["mnist-5k"], train, test, digest, validation=validation)
