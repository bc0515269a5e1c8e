"""The named data sets, read by torchvision's own classes."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from bench.harness.data.catalogue import SOURCES, DataError, Source
from bench.harness.data.dataset import Dataset, Images, checked, hash_images
from bench.harness.data.holdout import validation_mask
from bench.harness.errors import one_line

MEAN_TOLERANCE = 0.0005  # of a share of 255: means are published to four digits, some a little off


def load_torchvision(entry: Source, root: Path | None, *, download: bool) -> Dataset:
    """Return a named data set from torchvision's files.

    Raises:
        DataError: no data root, or files that are missing or damaged.
    """
    if root is None:
        raise DataError(
            f"{entry.name} needs a data root: pass --data-root DIR or set CONVBENCH_DATA; DIR holds {entry.files}"
        )
    if not root.is_dir() and not download:
        raise DataError(f"data root {root} does not exist: make it and put {entry.files} there, or pass --download")
    train, test = (_torchvision_images(entry, root, part, download) for part in ("train", "test"))
    _check_mean(entry, train)
    held_out = validation_mask(train.images, train.labels, len(entry.classes))
    whole = hash_images(train, test, train.take(held_out))
    return checked(Dataset(entry, train, test, whole, held_out=held_out))


def _torchvision_images(entry: Source, root: Path, part: str, download: bool) -> Images:
    import torchvision  # noqa: PLC0415 - two seconds that the embedded data set does not need

    _check_files(entry, root)
    loader: Callable[..., object] = getattr(torchvision.datasets, entry.torchvision_class)
    which: dict[str, object] = {"split": part} if entry.name == "svhn" else {"train": part == "train"}
    folder = root / "svhn" if entry.name == "svhn" and (root / "svhn").is_dir() else root
    try:
        loaded = loader(str(folder), download=download, **which)
    except Exception as error:  # damaged files fail in torchvision in as many ways as there are bytes
        packed = _packed(entry, root)
        remedy = f"unpack {packed} there (gunzip --keep)" if packed else f"put {entry.files} there, or pass --download"
        raise DataError(f"{entry.name}: {one_line(error)} (data root {root}): {remedy}") from error
    return _labelled(entry, part, _as_tensors(entry, loaded))


def _packed(entry: Source, root: Path) -> str:
    """Return the packed files that lie where their unpacked ones belong, empty where there are none."""
    packed = sorted((root / entry.torchvision_class / "raw").glob("*-ubyte.gz"))
    return ", ".join(path.name for path in packed if not path.with_suffix("").exists())


def _labelled(entry: Source, part: str, images: Images) -> Images:
    """Return the images if every label is one of a class."""
    wrong = ((images.labels < 0) | (images.labels >= len(entry.classes))).nonzero().flatten()
    if len(wrong):
        place = int(wrong[0])
        raise DataError(
            f"{entry.name}: {part} image {place} has label {int(images.labels[place])}, and there are "
            f"{len(entry.classes)} classes, 0 to {len(entry.classes) - 1}: replace the file of labels"
        )
    return images


def _check_files(entry: Source, root: Path) -> None:
    """Refuse a file that is not what its name says: damaged, or another data set's."""
    raw = root / entry.torchvision_class / "raw"  # where MNIST and its kin lie unpacked
    others = sorted(path.relative_to(root).as_posix() for path in raw.glob("*-ubyte"))
    for name in dict.fromkeys((*entry.sha256, *others)):
        path = root / name
        if not path.is_file():
            continue
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        owner = _owner(digest)
        if owner not in (None, entry.name):
            raise DataError(f"{entry.name}: {path} is a file of {owner}: put that of {entry.name} there")
        if name in entry.sha256 and digest != entry.sha256[name]:
            raise DataError(
                f"{entry.name}: {path} is damaged (its SHA-256 is not {entry.sha256[name]}): replace the file"
            )


def _owner(digest: str) -> str | None:
    """Return the data set that a file of this SHA-256 is known to belong to."""
    return next((entry.name for entry in SOURCES.values() if digest in entry.sha256.values()), None)


def _check_mean(entry: Source, train: Images) -> None:
    """Refuse images that are not those of the data set: their mean, which is published, is another one.

    torchvision checks the packed files and those of CIFAR and SVHN; unpacked ones of Fashion-MNIST and KMNIST have no
    published hash.
    """
    means = [train.images[:, channel].double().mean().item() / 255 for channel in range(entry.channels)]
    if not _has_mean(entry, means):
        has, published = (", ".join(f"{value:.4f}" for value in values) for values in (means, entry.mean))
        others = [other.name for other in SOURCES.values() if _has_mean(other, means) and other.torchvision_class]
        hint = f", as those of {others[0]} have" if others else ""
        raise DataError(
            f"{entry.name}: the mean of its training images is {published}, and these have {has}{hint}: "
            f"put the files of {entry.name} there"
        )


def _has_mean(entry: Source, means: Sequence[float]) -> bool:
    near = (abs(one - other) <= MEAN_TOLERANCE for one, other in zip(entry.mean, means, strict=False))
    return entry.channels == len(means) and all(near)


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
