"""Data sets as uint8 tensors: the embedded mnist-5k, torchvision's own, or a folder of images.

Every data set is (n, channels, height, width) uint8 with int64 labels, loaded whole: it is small enough to
stay on the device, and nothing is decoded while a net trains.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from bench import embedded
from bench.sources import FOLDER_PREFIX, SOURCES, DataError, Source, source

VALIDATION_IMAGES = 5000  # taken from the training images outside an arm's own slice
LEAST_TEST_IMAGES = 2  # one says nothing of how another draw of images would have ended
TUNING_IMAGES = 10_000  # held out to choose a learning rate where an arm trains on all


class Images(NamedTuple):
    """Images (n, channels, height, width) uint8 and their labels (n,) int64."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: Tensor | slice) -> "Images":
        """Return the images at these places."""
        return Images(self.images[index], self.labels[index])

    def to(self, device: torch.device) -> "Images":
        """Return the images on a device."""
        return Images(self.images.to(device), self.labels.to(device))


class Split(NamedTuple):
    """What one arm trains on, what it selects on (None: nothing was left) and what it is tested on once."""

    train: Images
    validation: Images | None
    test: Images


@dataclass(frozen=True)
class Dataset:
    """A data set in memory.

    `validation_fixed` holds mnist-5k's own validation images; other data sets take theirs from the training
    images that an arm does not train on.
    """

    source: Source
    train: Images
    test: Images
    sha256: str
    validation_fixed: Images | None = None

    def split(self, first: int = 0, count: int | None = None) -> Split:
        """Return the split of an arm that trains on `count` images (None: all) from place `first` on.

        Raises:
            DataError: the slice reaches beyond the training images.
        """
        total = len(self.train)
        count = total - first if count is None else count
        if not 0 < count <= total - first:
            raise DataError(
                f"{self.source.name} has {total} training images: cannot take {count} from place {first} on"
            )
        return Split(self.train.take(slice(first, first + count)), self._validation(first, count), self.test)

    def tuning_split(self) -> Split:
        """Return the split that a learning rate is chosen on where an arm trains on every image.

        The last 10 000 training images are held out for validation (the last sixth of a smaller set).
        """
        held_out = min(TUNING_IMAGES, len(self.train) // 6)
        rest = len(self.train) - held_out
        return Split(self.train.take(slice(0, rest)), self.train.take(slice(rest, None)), self.test)

    def _validation(self, first: int, count: int) -> Images | None:
        if self.validation_fixed is not None:
            return self.validation_fixed
        outside = torch.ones(len(self.train), dtype=torch.bool)
        outside[first : first + count] = False
        places = outside.nonzero().flatten()[-VALIDATION_IMAGES:]
        return self.train.take(places) if len(places) == VALIDATION_IMAGES else None


def load(name: str, root: Path | None = None, *, download: bool = False) -> Dataset:
    """Return a data set by name; loaded once a process.

    Args:
        name: one of `sources.SOURCES`, or `folder:PATH` with PATH/train/<class>/ and PATH/test/<class>/.
        root: the folder that holds torchvision's files; not needed for mnist-5k.
        download: let torchvision fetch what is missing.

    Raises:
        DataError: an unknown name, files that are missing or damaged; the message says what to put where.
    """
    return _load(name, root, download)


@cache
def _load(name: str, root: Path | None, download: bool) -> Dataset:
    if name.startswith(FOLDER_PREFIX):
        from bench.folder import load_folder  # noqa: PLC0415 - Pillow is needed for folders only

        return load_folder(Path(name.removeprefix(FOLDER_PREFIX)))
    if source(name) is SOURCES["mnist-5k"]:
        return _mnist_5k()
    return _torchvision(source(name), root, download)


def checked(dataset: Dataset) -> Dataset:
    """Return the data set if accuracies on its test images can have an interval: before anything is trained.

    Raises:
        DataError: there are fewer than LEAST_TEST_IMAGES test images.
    """
    count = len(dataset.test)
    if count < LEAST_TEST_IMAGES:
        raise DataError(
            f"{dataset.source.name} has {count} test image{'' if count == 1 else 's'}: put at least "
            f"{LEAST_TEST_IMAGES} there, an accuracy has no interval otherwise"
        )
    return dataset


def _mnist_5k() -> Dataset:
    pixels, labels = embedded.load()
    train, validation, test = (
        Images(torch.from_numpy(pixels[part]), torch.from_numpy(labels[part].astype("int64")))
        for part in embedded.split()
    )
    digest = hash_images(train, validation, test)
    return Dataset(SOURCES["mnist-5k"], train, test, digest, validation_fixed=validation)


def _torchvision(entry: Source, root: Path | None, download: bool) -> Dataset:
    if root is None:
        raise DataError(
            f"{entry.name} needs a data root: pass --data-root DIR or set CONVBENCH_DATA; DIR holds {entry.files}"
        )
    if not root.is_dir() and not download:
        raise DataError(f"data root {root} does not exist: make it and put {entry.files} there, or pass --download")
    train, test = (_torchvision_images(entry, root, part, download) for part in ("train", "test"))
    return checked(Dataset(entry, train, test, hash_images(train, test)))


def _torchvision_images(entry: Source, root: Path, part: str, download: bool) -> Images:
    import torchvision  # noqa: PLC0415 - two seconds that the embedded data set does not need

    _check_files(entry, root)
    loader: Callable[..., object] = getattr(torchvision.datasets, entry.torchvision_class)
    which: dict[str, object] = {"split": part} if entry.name == "svhn" else {"train": part == "train"}
    folder = root / "svhn" if entry.name == "svhn" and (root / "svhn").is_dir() else root
    try:
        loaded = loader(str(folder), download=download, **which)
    except Exception as error:  # damaged files fail in torchvision in as many ways as there are bytes
        raise DataError(
            f"{entry.name}: {_one_line(error)} (data root {root}): put {entry.files} there, or pass --download"
        ) from error
    return _as_tensors(entry, loaded)


def _check_files(entry: Source, root: Path) -> None:
    for name, expected in entry.sha256.items():
        path = root / name
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise DataError(f"{entry.name}: {path} is damaged (its SHA-256 is not {expected}): replace the file")


def _as_tensors(entry: Source, loaded: object) -> Images:
    pixels = torch.as_tensor(loaded.data)  # type: ignore[attr-defined]  # torchvision's sets share no base
    raw_labels = loaded.labels if entry.name == "svhn" else loaded.targets  # type: ignore[attr-defined]  # as above
    if pixels.ndim == 3:  # noqa: PLR2004 - (n, height, width): grey images come without a channel axis
        pixels = pixels.unsqueeze(1)
    elif entry.name != "svhn":
        pixels = pixels.permute(0, 3, 1, 2)
    labels = torch.as_tensor(raw_labels, dtype=torch.int64)
    if len(pixels) != len(labels):
        raise DataError(f"{entry.name}: {len(pixels)} images but {len(labels)} labels: replace the data files")
    return Images(pixels.contiguous(), labels)


def hash_images(*parts: Images) -> str:
    """Return the SHA-256 of pixels and labels: it changes when any image or its place does."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.images.numpy().tobytes())
        digest.update(part.labels.numpy().tobytes())
    return digest.hexdigest()


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
