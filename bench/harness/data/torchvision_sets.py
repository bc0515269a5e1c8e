"""The named data sets, read by torchvision's own classes."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import torch

from bench.harness.data.catalogue import DataError, Source
from bench.harness.data.dataset import Dataset, Images, checked, hash_images
from bench.harness.errors import one_line


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
            f"{entry.name}: {one_line(error)} (data root {root}): put {entry.files} there, or pass --download"
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
