"""A folder of images as a data set: PATH/train/<class>/ and PATH/test/<class>/, scaled to one square size."""

import random
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from bench.harness.data.catalogue import FOLDER_PREFIX, DataError, Source
from bench.harness.data.dataset import Dataset, Images, checked, hash_images
from bench.harness.records.answers import NO_PREDICTION

ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".ppm", ".pgm", ".tif", ".tiff"})
MOST_CLASSES = NO_PREDICTION  # predictions are recorded as bytes, and the last value means none
ORDER_SEED = 0  # the same images in the same order, always
GREY_MODES = frozenset({"1", "L", "LA", "I", "I;16"})


def load_folder(root: Path) -> Dataset:
    """Return the images below a folder, all in the size of the first one's shorter side.

    The classes are the folder names below train/, sorted. Images are grey if the first one is. mean and std
    are measured on the training images.

    Raises:
        DataError: a folder is missing or empty, test/ has one image only or a class that is not in train/, a file is
            not an image.
    """
    train_files, test_files = (_files(root / part) for part in ("train", "test"))
    classes = tuple(sorted({path.parent.name for path in train_files}))
    if len(classes) > MOST_CLASSES:
        raise DataError(f"{root / 'train'} has {len(classes)} classes: records hold at most {MOST_CLASSES}")
    unknown = sorted({path.parent.name for path in test_files} - set(classes))
    if unknown:
        raise DataError(f"{root / 'test'} has classes that train/ has not: {', '.join(unknown)}")
    first = _open(train_files[0])
    mode, side = ("L" if first.mode in GREY_MODES else "RGB"), min(first.size)
    # Splits are slices by place: in the order of the folders, one would hold a class or two.
    random.Random(ORDER_SEED).shuffle(train_files)  # noqa: S311 - an order, no secret
    train, test = (_decode(files, classes, mode, side) for files in (train_files, test_files))
    scaled = train.images.double() / 255
    dataset = Dataset(
        Source(
            name=f"{FOLDER_PREFIX}{root}",
            channels=train.images.shape[1],
            size=side,
            classes=classes,
            mean=tuple(scaled.mean(dim=(0, 2, 3)).tolist()),
            std=tuple(scaled.std(dim=(0, 2, 3)).clamp_min(1e-3).tolist()),
            train_images=len(train),
            test_images=len(test),
        ),
        train,
        test,
        hash_images(train, test),
    )
    return checked(dataset)


def _files(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.glob("*/*") if path.suffix.lower() in ENDINGS)
    if not found:
        raise DataError(f"no images in {folder}: put them in {folder}/<class>/, for example {folder}/cat/1.png")
    return found


def _open(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            return eight_bits(image).copy()
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} is not an image that Pillow can read ({error}): remove or replace it") from error


def eight_bits(image: Image.Image) -> Image.Image:
    """Return an image with 8 bits a channel: of 16 Pillow would cut off all above 255."""
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8))


def _decode(files: list[Path], classes: tuple[str, ...], mode: str, side: int) -> Images:
    pixels = np.stack([_square(_open(path), mode, side) for path in files])
    labels = [classes.index(path.parent.name) for path in files]
    return Images(torch.from_numpy(pixels), torch.tensor(labels, dtype=torch.int64))


def _square(image: Image.Image, mode: str, side: int) -> npt.NDArray[np.uint8]:
    """Return (channels, side, side) uint8, the image squeezed to a square."""
    pixels = np.asarray(image.convert(mode).resize((side, side), Image.Resampling.BILINEAR), dtype=np.uint8)
    return pixels[None] if mode == "L" else np.ascontiguousarray(pixels.transpose(2, 0, 1))
