"""A folder of images as a data set: PATH/train/<class>/ and PATH/test/<class>/, scaled to one square size."""

import random
from pathlib import Path

import numpy as np
import torch

from bench.harness.data.catalogue import FOLDER_PREFIX, DataError, Source
from bench.harness.data.dataset import Dataset, Images, checked, hash_images
from bench.harness.records.answers import NO_PREDICTION
from images.decoding import read_file
from images.errors import PictureError
from images.ground import Ground
from images.picture import Picture, Pixels
from images.polarity import dark_on_light

# Which files are taken for pictures at all; each is then read by its content, whatever its ending.
ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".ppm", ".pgm", ".tif", ".tiff"})
MOST_CLASSES = NO_PREDICTION  # predictions are recorded as bytes, and the last value means none
ORDER_SEED = 0  # the same images in the same order, always


def load_folder(root: Path) -> Dataset:
    """Return the images below a folder, all in the size of the first one's shorter side.

    The classes are the folder names below train/, sorted. Images are grey if the first one is. mean and std
    are measured on the training images. What is transparent lies on white, or on black where no grey training image
    has dark strokes on light paper.

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
    first = _read(train_files[0])
    channels, side = (1 if first.grey else 3), min(first.size)
    # Splits are slices by place: in the order of the folders, one would hold a class or two.
    random.Random(ORDER_SEED).shuffle(train_files)  # noqa: S311 - an order, no secret
    pixels, ground = _decode_training(train_files, channels, side)
    train = _images(pixels, train_files, classes)
    test = _images([_square(path, channels, side, ground) for path in test_files], test_files, classes)
    scaled = train.images.double() / 255
    dataset = Dataset(
        Source(
            name=f"{FOLDER_PREFIX}{root}",
            channels=channels,
            size=side,
            ground=ground,
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
    paths = sorted(path for path in folder.glob("*/*") if path.suffix.lower() in ENDINGS)
    if not paths:
        raise DataError(f"no images in {folder}: put them in {folder}/<class>/, for example {folder}/cat/1.png")
    return paths


def _read(path: Path) -> Picture:
    try:
        return read_file(path)
    except PictureError as error:
        raise DataError(str(error)) from error


def _square(path: Path, channels: int, side: int, ground: Ground) -> Pixels:
    return _read(path).pixels(channels, side, side, ground)


def _decode_training(paths: list[Path], channels: int, side: int) -> tuple[list[Pixels], Ground]:
    """Return (channels, side, side) uint8 of each file, and the ground that all files of the data set share."""
    squares: list[Pixels] = []
    on_black: dict[int, Pixels] = {}  # by place, where the ground can be seen
    ground: Ground = "black" if channels == 1 else "white"
    for place, path in enumerate(paths):
        picture = _read(path)
        squares.append(picture.pixels(channels, side, side, "white"))
        if picture.transparent and channels == 1:
            on_black[place] = picture.pixels(channels, side, side, "black")
        if ground == "black" and dark_on_light(squares[place][0], on_black.get(place, squares[place])[0]):
            ground = "white"
    if ground == "black":
        for place, square in on_black.items():
            squares[place] = square
    return squares, ground


def _images(squares: list[Pixels], paths: list[Path], classes: tuple[str, ...]) -> Images:
    labels = [classes.index(path.parent.name) for path in paths]
    return Images(torch.from_numpy(np.stack(squares)), torch.tensor(labels, dtype=torch.int64))
