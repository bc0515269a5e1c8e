"""Which data sets there are: shape, classes, normalisation and where their files belong. Needs no torch."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench.harness.errors import UserError, unknown
from images.fit import Fit
from images.ground import Ground

FOLDER_PREFIX = "folder:"


class DataError(UserError):
    """A data set that is unknown, missing or damaged; the message says what to put where."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A data set before it is loaded.

    mean and std are those of the training images, a channel each, after division by 255. `files` says in
    words what torchvision expects below the data root; `sha256` holds what can be checked before loading
    (torchvision checks CIFAR's and SVHN's files itself, but not MNIST's unpacked ones). `ground` is black where strokes
    are light on a dark ground: what is transparent in a picture file lies on it. `fit` says what
    becomes of a picture of another shape. `caveat` says what an accuracy on its test images does not mean.
    """

    name: str
    channels: int
    size: int
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    train_images: int
    test_images: int
    ground: Ground = "white"
    fit: Fit = "stretch"
    torchvision_class: str = ""
    files: str = ""
    sha256: Mapping[str, str] = field(default_factory=dict)
    caveat: str = ""


DIGITS = tuple(str(digit) for digit in range(10))
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
FASHION = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
KUZUSHIJI = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
_CIFAR100_WORDS = (
    "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can "
    "castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin "
    "elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster "
    "man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck "
    "pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk "
    "skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger "
    "tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm"
)
CIFAR100 = tuple(_CIFAR100_WORDS.split())
_IDX = "{train,t10k}-images-idx3-ubyte and {train,t10k}-labels-idx1-ubyte"


_grey = partial(Source, channels=1, size=28, ground="black", train_images=60_000, test_images=10_000)
_colour = partial(Source, channels=3, size=32, test_images=10_000)

_ALL = (
    _grey(
        name="mnist-5k",
        classes=DIGITS,
        mean=(0.1307,),
        std=(0.3081,),
        train_images=3500,
        test_images=1000,
        caveat="its 1000 test digits are an easy draw of MNIST's first 5848 training images: nets get 0.5 to 1 points "
        "more on them than on other digits of MNIST, which no interval shows; differences between nets hold",
    ),
    _grey(
        name="mnist",
        classes=DIGITS,
        mean=(0.1307,),
        std=(0.3081,),
        torchvision_class="MNIST",
        files=f"MNIST/raw/{_IDX}",
        sha256={
            "MNIST/raw/train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "MNIST/raw/train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "MNIST/raw/t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "MNIST/raw/t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
    ),
    _grey(
        name="fashion-mnist",
        classes=FASHION,
        mean=(0.2860,),
        std=(0.3530,),
        torchvision_class="FashionMNIST",
        files=f"FashionMNIST/raw/{_IDX}",
    ),
    _grey(
        name="kmnist",
        classes=KUZUSHIJI,
        mean=(0.1918,),
        std=(0.3483,),
        torchvision_class="KMNIST",
        files=f"KMNIST/raw/{_IDX}",
    ),
    _colour(
        name="cifar10",
        classes=CIFAR10,
        train_images=50_000,
        mean=(0.4914, 0.4822, 0.4465),
        std=(0.2470, 0.2435, 0.2616),
        torchvision_class="CIFAR10",
        files="cifar-10-batches-py/ (data_batch_1 to 5, test_batch, batches.meta)",
    ),
    _colour(
        name="cifar100",
        classes=CIFAR100,
        train_images=50_000,
        mean=(0.5071, 0.4865, 0.4409),
        std=(0.2673, 0.2564, 0.2762),
        torchvision_class="CIFAR100",
        files="cifar-100-python/ (train, test, meta)",
    ),
    _colour(
        name="svhn",
        classes=DIGITS,
        train_images=73_257,
        test_images=26_032,
        mean=(0.4377, 0.4438, 0.4728),
        std=(0.1980, 0.2010, 0.1970),
        torchvision_class="SVHN",
        files="svhn/train_32x32.mat and svhn/test_32x32.mat",
    ),
)
SOURCES: Mapping[str, Source] = {entry.name: entry for entry in _ALL}


def source(name: str) -> Source:
    """Return a data set's description.

    Raises:
        DataError: no data set has that name.
    """
    if name not in SOURCES:
        raise DataError(unknown("data set", name, [*SOURCES, f"{FOLDER_PREFIX}PATH"]))
    return SOURCES[name]


def data_root(option: str | None) -> Path | None:
    """Return the folder of the data sets: --data-root, else CONVBENCH_DATA, else None.

    Raises:
        DataError: it begins with the home of a user that there is not.
    """
    chosen = option or os.environ.get("CONVBENCH_DATA")
    try:
        return Path(chosen).expanduser() if chosen else None
    except RuntimeError as error:
        name = "--data-root" if option else "CONVBENCH_DATA"
        raise DataError(f"{name} is {chosen!r}: no such user has a home here; give the path in full") from error
