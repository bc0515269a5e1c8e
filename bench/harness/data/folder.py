"""A folder of images as a data set: looked through as a whole, split, and brought to one size."""

import math
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import psutil
import torch

from bench.harness.data.catalogue import DataError, Source
from bench.harness.data.dataset import Dataset, Images, checked, hash_images
from bench.harness.data.folder_files import BROKEN, Contents, File, check_classes, classes_of, find
from bench.harness.data.folder_name import FolderName
from bench.harness.data.folder_split import Decoded, Split, check_duplicates, split_files
from bench.harness.data.holdout import PARTS, TRAIN, digest
from bench.harness.number_format import counted
from bench.harness.records.answers import NO_PREDICTION
from images.decoding import content_of, read
from images.errors import PictureError
from images.ground import Ground
from images.picture import Picture, Pixels
from images.polarity import is_ink_on_paper

MOST_CLASSES = NO_PREDICTION  # predictions are recorded as bytes, and the last value means none
ORDER_SEED = 0  # the same images in the same order, always
SIDES = (32, 64, 96, 128, 224)  # pixels, of which the one next to the median is taken
MOST_OF_MEMORY = 0.5  # share of what is free that the pixels may take
LINES_OF_CLASSES = 20  # classes that are listed one by one


def load_folder(name: FolderName) -> Dataset:
    """Return the images below a folder.

    The classes are the folder names. Images are in colour if any one is; they get the size that the name says, else
    the one of SIDES next to the median of their shorter sides. Images that validate (and, without a test/, those that
    test) are held out by their hash. mean and std are measured on the training images. What is transparent lies on
    white, or on black where no grey training image has dark strokes on light paper.

    Raises:
        DataError: there are no images, too few of a class, fewer than two classes, classes in test/ alone, the same
            image in two splits, images that are all equal, or more pixels than memory.
    """
    contents = find(Path(os.path.expanduser(name.path)))  # noqa: PTH111 - a home that there is not is no error here
    files = [file for given in contents.by_part.values() for file in given or ()]
    channels = 1 if all(file.header.grey for file in files) else 3
    side = name.image_size or _side(files)
    _check_memory(name, len(files), channels * side * side)
    decoder = _Decoder(contents, channels, side, name)
    decoded = {part: None if given is None else decoder.decode(given) for part, given in contents.by_part.items()}
    classes = classes_of(contents.root, (image.file for image in decoded[TRAIN] or ()))
    if len(classes) > MOST_CLASSES:
        raise DataError(f"{contents.root} has {len(classes)} classes: records hold at most {MOST_CLASSES}")
    for part, images in decoded.items():
        check_classes(contents.root / part, (image.file for image in images or ()), classes)
    split = split_files(contents.root, classes, decoded)
    doubles = check_duplicates(contents.root, split, allowed=name.allow_duplicates)
    ground = decoder.settle_ground(split.parts[TRAIN])
    # Slices are taken by place: in the order of the folders, one would hold a class or two.
    random.Random(ORDER_SEED).shuffle(split.parts[TRAIN])  # noqa: S311 - an order, no secret
    train, validation, test = (_images(decoder.on_ground(split.parts[part]), classes) for part in PARTS)
    mean, std = mean_and_std(train.images)
    source = Source(
        name=str(name),
        channels=channels,
        size=side,
        ground=ground,
        fit=name.fit,
        classes=classes,
        mean=mean,
        std=std,
        train_images=len(train),
        test_images=len(test),
    )
    summary = [*_summary(source, split), *split.notes, *doubles, *contents.unused.lines()]
    digest_of_all = hash_images(train, validation, test)
    return checked(Dataset(source, train, test, digest_of_all, validation=validation, summary=tuple(summary)))


def mean_and_std(images: torch.Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the mean and the standard deviation of each channel, of values from 0 to 1; no deviation is below 0.001.

    Args:
        images: uint8, shape (images, channels, height, width).
    """
    means, deviations = [], []
    for channel in range(images.shape[1]):
        counts = torch.bincount(images[:, channel].flatten(), minlength=256).tolist()  # real numbers take 8 bytes each
        pixels = sum(counts)
        total = sum(value * count for value, count in enumerate(counts))
        squares = sum(value * value * count for value, count in enumerate(counts))
        variance = (pixels * squares - total * total) / (pixels * (pixels - 1))
        means.append(total / pixels / 255)
        deviations.append(max(math.sqrt(variance) / 255, 1e-3))
    return tuple(means), tuple(deviations)


def _side(files: Sequence[File]) -> int:
    middle = median(min(file.header.size) for file in files)
    return min(SIDES, key=lambda side: abs(side - middle))


def _check_memory(name: FolderName, images: int, bytes_each: int) -> None:
    free = psutil.virtual_memory().available
    if images * bytes_each > MOST_OF_MEMORY * free:
        raise DataError(
            f"{name}: {images} images would take {images * bytes_each / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free: "
            "choose a smaller --image-size"
        )


class _Decoder:
    """Decodes the files of one data set, all to one size; broken ones are noted as not used."""

    def __init__(self, contents: Contents, channels: int, side: int, name: FolderName) -> None:
        self.contents, self.channels, self.side, self.fit = contents, channels, side, name.fit
        self.ground: Ground = "white"
        self.on_black: dict[Path, Pixels] = {}  # of grey pictures on which the ground can be seen
        self.ink_on_paper: set[Path] = set()  # seen in the whole picture: a rim that is added says nothing of it

    def decode(self, files: Sequence[File]) -> list[Decoded]:
        """Return the files that could be read, on white."""
        return list(self._decode(files))

    def _decode(self, files: Sequence[File]) -> Iterator[Decoded]:
        for file in files:
            try:
                content = content_of(file.path)
                picture = read(content, str(file.path))
            except PictureError as error:
                self.contents.unused.add(BROKEN, str(error))
                continue
            if self.channels == 1 and (picture.transparent or self.fit == "pad"):
                self.on_black[file.path] = self._pixels(picture, "black")
            if self.channels == 1 and is_ink_on_paper(picture, self.side, self.side):
                self.ink_on_paper.add(file.path)
            yield Decoded(file, self._pixels(picture, "white"), digest(content))

    def _pixels(self, picture: Picture, ground: Ground) -> Pixels:
        return picture.pixels(self.channels, self.side, self.side, ground, self.fit)

    def settle_ground(self, training: Sequence[Decoded]) -> Ground:
        """Return the ground of all: black where no grey training picture has dark strokes on light paper."""
        black = self.channels == 1 and self.ink_on_paper.isdisjoint(image.file.path for image in training)
        self.ground = "black" if black else "white"
        return self.ground

    def on_ground(self, images: Sequence[Decoded]) -> list[Decoded]:
        """Return the images on the ground that was settled."""
        if self.ground == "white":
            return list(images)
        return [replace(image, pixels=self.on_black.get(image.file.path, image.pixels)) for image in images]


def _images(images: Sequence[Decoded], classes: tuple[str, ...]) -> Images:
    labels = [classes.index(image.file.label) for image in images]
    return Images(torch.from_numpy(np.stack([image.pixels for image in images])), torch.tensor(labels))


def _summary(source: Source, split: Split) -> list[str]:
    """Return what was loaded: images per class and split, sizes, kinds."""
    counts = [
        [sum(image.file.label == label for image in split.parts[part]) for part in PARTS] for label in source.classes
    ]
    totals = [sum(column) for column in zip(*counts, strict=True)]
    files = [image.file for part in PARTS for image in split.parts[part]]
    sizes = sorted((file.header.size for file in files), key=lambda size: size[0] * size[1])
    grey = sum(file.header.grey for file in files)
    modes = [f"{number} {kind}" for number, kind in ((len(files) - grey, "colour"), (grey, "grey")) if number]
    purposes = f"{totals[0]} to train on, {totals[1]} to validate, {totals[2]} to test"
    shape = f"{source.channels}x{source.size}x{source.size} (fit: {source.fit})"
    lines = [
        f"{source.name}: {counted(sum(totals), 'image')} in {len(source.classes)} classes: {purposes}",
        f"read as {shape} from {' and '.join(modes)}, {_by(sizes[0])} to {_by(sizes[-1])} pixels",
    ]
    if len(counts) <= LINES_OF_CLASSES:
        classes = zip(source.classes, counts, strict=True)
        return [*lines, "by class: " + ", ".join(f"{label} {'+'.join(map(str, row))}" for label, row in classes)]
    columns = zip(PARTS, zip(*counts, strict=True), strict=True)
    return [*lines, "by class: " + ", ".join(f"{part} {min(rows)} to {max(rows)}" for part, rows in columns)]


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
