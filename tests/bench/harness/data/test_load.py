"""Tests of bench.harness.data.load; torchvision's files are made small, in its own formats."""

import hashlib
import pickle
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from bench.harness.data import mnist_5k, torchvision_sets
from bench.harness.data.catalogue import SOURCES, DataError
from bench.harness.data.load import load

Pixels = npt.NDArray[np.uint8]
COUNTS = {"train": 6, "t10k": 3}


def pixels(count: int, *shape: int) -> Pixels:
    """Return random images, the same every time."""
    return np.random.default_rng(count).integers(0, 256, (count, *shape), dtype=np.uint8)


def write_idx(root: Path, folder: str) -> Path:
    """Write a tiny data set in MNIST's format and return the folder of its files."""
    raw = root / folder / "raw"
    raw.mkdir(parents=True)
    for part, count in COUNTS.items():
        images = struct.pack(">4i", 2051, count, 28, 28) + pixels(count, 28, 28).tobytes()
        (raw / f"{part}-images-idx3-ubyte").write_bytes(images)
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 2049, count) + bytes(range(count)))
    return raw


def write_cifar(folder: Path, names: list[str], meta: str, label_key: str) -> None:
    """Write a tiny data set in CIFAR's format: rows of 1024 red, 1024 green, 1024 blue pixels."""
    folder.mkdir()
    for name in names:
        entry = {"data": pixels(2, 3072), label_key: [7, 1]}
        (folder / name).write_bytes(pickle.dumps(entry))
    (folder / meta).write_bytes(pickle.dumps({"label_names": [], "fine_label_names": []}))


@pytest.fixture(autouse=True)
def any_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tiny data sets have any mean."""
    monkeypatch.setattr(torchvision_sets, "MEAN_TOLERANCE", 1)


@pytest.fixture
def no_md5(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let torchvision take tiny files for the real ones."""
    for module in ("cifar", "svhn"):
        monkeypatch.setattr(
            f"torchvision.datasets.{module}.check_integrity", lambda path, _md5=None: Path(path).is_file()
        )


@pytest.mark.parametrize(("part", "per_class"), [("train", 350), ("validation", 50), ("test", 100)])
def test_mnist_5k_is_stratified(part: str, per_class: int) -> None:
    """3500 images train, 500 validate and 1000 test, a tenth of each for every digit."""
    labels = getattr(load("mnist-5k").split(), part).labels

    assert labels.bincount().tolist() == [per_class] * 10


def test_mnist_5k_is_the_same_every_time() -> None:
    """The hash that stands in every record changes with no version and on no machine."""
    assert load("mnist-5k").sha256 == "06ea174137c75e0094e6d617ad76126bffe5852e29e3bc070405e0c0e8821c48"


def test_images_keep_their_labels() -> None:
    """A part holds the images at its places of the split, each with its own label."""
    pixels_of_all, labels = mnist_5k.load()
    place = mnist_5k.split()[2][5]
    test = load("mnist-5k").test

    assert np.array_equal(test.images[5].numpy(), pixels_of_all[place])
    assert test.labels[5] == labels[place]


def test_a_data_set_is_loaded_once() -> None:
    """Every trial of a run shares one copy."""
    assert load("mnist-5k") is load("mnist-5k")


def test_the_validation_of_mnist_5k_is_its_own() -> None:
    """It does not depend on the slice, and is there where everything is trained on."""
    dataset = load("mnist-5k")

    assert dataset.split().validation is dataset.split(first=100, count=320).validation is not None


def test_an_unknown_data_set_gets_a_suggestion() -> None:
    """The nearest name is offered."""
    with pytest.raises(DataError, match="unknown data set 'mnist5k': did you mean 'mnist-5k'"):
        load("mnist5k")


@pytest.mark.parametrize("name", [name for name in SOURCES if name != "mnist-5k"])
def test_no_data_root_is_an_error_that_names_the_files(name: str) -> None:
    """The message says what to pass and what belongs there, in one line."""
    with pytest.raises(DataError, match=f"^{name} needs a data root: pass --data-root.*; DIR holds ") as caught:
        load(name)

    assert SOURCES[name].files in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_data_root_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    """Nothing is made where the user mistyped a folder."""
    with pytest.raises(DataError, match="absent does not exist: make it and put MNIST/raw/"):
        load("mnist", tmp_path / "absent")


@pytest.mark.parametrize("name", [name for name in SOURCES if name != "mnist-5k"])
def test_a_data_root_without_the_files_is_an_error(name: str, tmp_path: Path) -> None:
    """Torchvision's own words are followed by what to put where, in one line."""
    with pytest.raises(DataError, match=f"^{name}: .*put .* there, or pass --download$") as caught:
        load(name, tmp_path)

    assert "\n" not in str(caught.value)


def test_mnists_files_are_read(tmp_path: Path) -> None:
    """Grey images get a channel axis; training and test images are not mixed up."""
    write_idx(tmp_path, "FashionMNIST")
    dataset = load("fashion-mnist", tmp_path)

    assert np.array_equal(dataset.train.images.numpy(), pixels(6, 1, 28, 28))
    assert np.array_equal(dataset.test.images.numpy(), pixels(3, 1, 28, 28))
    assert dataset.train.labels.tolist() == list(range(6))


def test_too_few_test_images_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut-off files of any data set: an accuracy on one image would fail in the statistics, after training."""
    monkeypatch.setitem(COUNTS, "t10k", 1)
    write_idx(tmp_path, "KMNIST")

    with pytest.raises(DataError, match=r"^kmnist has 1 test image: put at least 2 there"):
        load("kmnist", tmp_path)


def test_mnists_hashes_are_checked(tmp_path: Path) -> None:
    """Torchvision does not check MNIST's unpacked files, so a file of other digits must be found here."""
    write_idx(tmp_path, "MNIST")

    with pytest.raises(DataError, match=r"mnist: .*train-images-idx3-ubyte is damaged .*: replace the file"):
        load("mnist", tmp_path)


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
def test_one_flipped_bit_is_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One wrong pixel or label would change every figure unnoticed."""
    raw = write_idx(tmp_path, "MNIST")
    hashes = {f"MNIST/raw/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest() for path in raw.iterdir()}
    monkeypatch.setitem(SOURCES, "mnist", replace(SOURCES["mnist"], sha256=hashes))
    content = bytearray((raw / name).read_bytes())
    content[-1] ^= 1
    (raw / name).write_bytes(content)

    with pytest.raises(DataError, match=f"{name} is damaged .*: replace the file"):
        load("mnist", tmp_path)


def cut_images(raw: Path) -> None:
    """Cut off the last pixels."""
    path = raw / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-100])


def empty_images(raw: Path) -> None:
    """Leave nothing."""
    (raw / "train-images-idx3-ubyte").write_bytes(b"")


def other_header(raw: Path) -> None:
    """Put text where the header belongs, as a web server's error page does."""
    (raw / "train-images-idx3-ubyte").write_bytes(b"<html><body>404 Not Found</body></html>")


def missing_label(raw: Path) -> None:
    """Leave out one label, header and all."""
    (raw / "train-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 2049, 5) + bytes(5))


def cut_labels(raw: Path) -> None:
    """Cut off the last label."""
    path = raw / "train-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("damage", [cut_images, empty_images, other_header, missing_label, cut_labels])
def test_a_damaged_file_is_an_error(damage: Callable[[Path], None], tmp_path: Path) -> None:
    """Where no hash is known, a file that cannot be right is still an error of one line."""
    damage(write_idx(tmp_path, "KMNIST"))

    with pytest.raises(DataError, match=r"^kmnist: .*(put .* there|replace the data files)"):
        load("kmnist", tmp_path)


@pytest.mark.parametrize("folder", ["FashionMNIST", "KMNIST"])
def test_another_data_sets_file_is_found(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MNIST's digits under another name would be trained, with that set's classes in the card."""
    raw = write_idx(tmp_path, folder)
    content = (raw / "train-images-idx3-ubyte").read_bytes()
    hashes = {"MNIST/raw/train-images-idx3-ubyte": hashlib.sha256(content).hexdigest()}
    monkeypatch.setitem(SOURCES, "mnist", replace(SOURCES["mnist"], sha256=hashes))
    name = {"FashionMNIST": "fashion-mnist", "KMNIST": "kmnist"}[folder]

    with pytest.raises(DataError, match=f"{name}: .*train-images-idx3-ubyte is a file of mnist: put that of {name}"):
        load(name, tmp_path)


def test_a_label_of_no_class_is_found(tmp_path: Path) -> None:
    """The message says which image, which label, and how many classes there are."""
    raw = write_idx(tmp_path, "KMNIST")
    labels = bytearray((raw / "t10k-labels-idx1-ubyte").read_bytes())
    labels[-1] = 77
    (raw / "t10k-labels-idx1-ubyte").write_bytes(labels)

    with pytest.raises(DataError, match=r"kmnist: test image \d+ has label 77, and there are 10 classes, 0 to 9"):
        load("kmnist", tmp_path)


@pytest.mark.parametrize(
    ("mean", "hint"), [(0.2860, ", as those of fashion-mnist have"), (0.1307, ", as those of mnist have"), (0.5, "")]
)
def test_images_of_another_data_set_are_found_by_their_mean(
    mean: float, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole files under a wrong name train without a word, and every class of the card would be a wrong one."""
    monkeypatch.setattr(torchvision_sets, "MEAN_TOLERANCE", 0.0005)
    raw = write_idx(tmp_path, "KMNIST")
    count = 28 * 28 * COUNTS["train"]
    bright = round(mean * count)  # pixels of 255 among black ones
    images = np.repeat(np.array([255, 0], np.uint8), [bright, count - bright])
    header = struct.pack(">4i", 2051, COUNTS["train"], 28, 28)
    (raw / "train-images-idx3-ubyte").write_bytes(header + np.random.default_rng(0).permutation(images).tobytes())

    with pytest.raises(
        DataError,
        match=rf"kmnist: the mean of its training images is 0\.1918, and these have 0\.\d+{hint}: put the files of",
    ):
        load("kmnist", tmp_path)


def test_packed_files_are_named(tmp_path: Path) -> None:
    """Who has downloaded them is told what is left to do."""
    raw = write_idx(tmp_path, "KMNIST")
    for path in raw.iterdir():
        path.rename(path.with_name(f"{path.name}.gz"))

    with pytest.raises(DataError, match=r"unpack t10k-images-idx3-ubyte\.gz, .* there"):
        load("kmnist", tmp_path)


@pytest.mark.usefixtures("no_md5")
def test_cifar10s_channels_come_first(tmp_path: Path) -> None:
    """Red, green and blue planes, and rows of pixels in them, are where CIFAR's format has them."""
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    write_cifar(tmp_path / "cifar-10-batches-py", names, "batches.meta", "labels")
    dataset = load("cifar10", tmp_path)

    assert np.array_equal(dataset.train.images.numpy(), np.tile(pixels(2, 3, 32, 32), (5, 1, 1, 1)))
    assert dataset.train.labels.tolist() == [7, 1] * 5


@pytest.mark.usefixtures("no_md5")
def test_cifar100s_labels_are_the_fine_ones(tmp_path: Path) -> None:
    """CIFAR-100 has another format: one file, and 100 classes under a name of their own."""
    write_cifar(tmp_path / "cifar-100-python", ["train", "test"], "meta", "fine_labels")
    dataset = load("cifar100", tmp_path)

    assert np.array_equal(dataset.train.images.numpy(), pixels(2, 3, 32, 32))
    assert dataset.train.labels.tolist() == [7, 1]


@pytest.mark.usefixtures("no_md5")
def test_svhns_channels_come_first(tmp_path: Path) -> None:
    """SVHN's MATLAB files hold (height, width, channel, image), and 10 stands for the digit 0."""
    from scipy.io import savemat  # noqa: PLC0415 - this test alone needs it

    images = pixels(4, 3, 32, 32)
    (tmp_path / "svhn").mkdir()
    for part in ("train", "test"):
        content = {"X": images.transpose(2, 3, 1, 0), "y": np.array([[10], [1], [2], [3]])}
        savemat(tmp_path / "svhn" / f"{part}_32x32.mat", content)
    train = load("svhn", tmp_path).train

    assert np.array_equal(train.images.numpy(), images)
    assert train.labels.tolist() == [0, 1, 2, 3]
