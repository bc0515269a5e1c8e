"""Tests of bench.harness.data.folder: pixels, sizes, colours and labels of a user's own images."""

import re
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from PIL import Image
from torch.profiler import ProfilerActivity, profile

from bench.harness.data.catalogue import DataError
from bench.harness.data.dataset import Dataset
from bench.harness.data.folder import load_folder, mean_and_std
from bench.harness.data.folder_name import folder_name
from bench.harness.data.load import load
from images.fit import FITS, Fit
from tests.bench.harness.data.folders import fill, noise, put

RED, GREEN = (255, 0, 0), (0, 255, 0)
SPLITS = ("train", "val", "test")


def given(root: Path, mode: str = "RGB", size: tuple[int, int] = (8, 8)) -> Path:
    """Write a data set of two classes whose folders name all three splits, so that nothing is held out."""
    for first, split in enumerate(SPLITS):
        fill(root / split, {"green": 3, "red": 3}, mode=mode, size=size, first=first)
    return root


def read(root: Path, options: str = "image-size=8") -> Dataset:
    """Return the folder's data set."""
    return load_folder(folder_name(f"folder:{root}?{options}" if options else f"folder:{root}"))


def test_classes_are_the_folders_sorted(tmp_path: Path) -> None:
    """The number of a class is its folder's place in the alphabet."""
    assert read(given(tmp_path)).source.classes == ("green", "red")


def test_labels_belong_to_their_images(tmp_path: Path) -> None:
    """In every split: the channels are in order and no label is on another image."""
    for split in SPLITS:
        put(given(tmp_path) / split / "red" / "red.png", Image.new("RGB", (8, 8), RED))
    dataset = read(tmp_path, "image-size=8&allow-duplicates")

    for images in (dataset.train, dataset.validation, dataset.test):
        assert images is not None
        (place,) = (images.images.permute(0, 2, 3, 1) == torch.tensor(RED)).all(dim=(1, 2, 3)).nonzero().flatten()
        assert images.labels[place] == 1
        assert torch.bincount(images.labels).tolist() == [3, 4]


@pytest.mark.parametrize("split", SPLITS)
def test_images_are_in_colour_if_any_one_is(split: str, tmp_path: Path) -> None:
    """Wherever it lies; all grey ones make a grey data set."""
    assert read(given(tmp_path, "L")).source.channels == 1

    put(tmp_path / split / "green" / "z.png", noise(7))
    assert read(tmp_path).source.channels == 3


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        ([12, 300, 300, 300, 300, 300], 224),
        ([40, 41, 42, 43, 2000, 3000], 32),
        ([100, 100, 100, 120, 120, 120], 96),
        ([28] * 6, 32),
    ],
)
def test_the_size_is_the_one_next_to_the_median_side(sides: list[int], expected: int, tmp_path: Path) -> None:
    """One tiny or huge picture does not decide for all; the shorter side counts."""
    for number, side in enumerate(sides):
        for split in SPLITS:
            put(tmp_path / split / "ab"[number % 2] / f"{number}.png", noise(number, "L", (side, side + 50)))

    dataset = read(tmp_path, "allow-duplicates")

    assert dataset.source.size == expected
    assert dataset.train.images.shape == (6, 1, expected, expected)


def test_the_name_chooses_size_and_fit(tmp_path: Path) -> None:
    """A dark bar in the middle of light paper: all is squeezed, or the middle taken, or a rim put around."""
    wide = np.full((8, 24), 200, np.uint8)
    wide[:, 8:16] = 10
    for number, split in enumerate(SPLITS):
        for label in ("a", "b"):
            wide[4, 12] = 10 + 10 * number + 45 * (label == "b")
            put(tmp_path / split / label / "1.png", Image.fromarray(wide))
    put(tmp_path / "test" / "a" / "2.png", noise(0, "L", (24, 8)))

    middles = {}
    for fit in ("stretch", "crop", "pad"):
        dataset = read(tmp_path, f"image-size=12&fit={fit}")
        assert (dataset.source.size, dataset.source.fit) == (12, fit)
        image = dataset.train.images[0, 0]
        middles[fit] = [int(image[y, x]) for y, x in ((6, 6), (6, 1), (0, 6))]

    assert [value < 80 for value in middles["stretch"]] == [True, False, True]
    assert [value < 80 for value in middles["crop"]] == [True, True, True]
    assert [value < 80 for value in middles["pad"]] == [True, False, False]
    assert middles["pad"][2] == 255


def test_mean_and_std_are_those_of_the_training_images(tmp_path: Path) -> None:
    """Normalisation is measured, a channel each; validation and test images have no part in it."""
    given(tmp_path)
    for path in (tmp_path / "train").glob("*/*.png"):
        path.unlink()
    for label, colour in (("green", (0, 51, 255)), ("red", (255, 51, 255))):
        put(tmp_path / "train" / label / "1.png", Image.new("RGB", (8, 8), colour))
    entry = read(tmp_path).source

    assert entry.mean == pytest.approx((0.5, 0.2, 1.0))
    assert entry.std == pytest.approx((0.5, 0.001, 0.001), rel=0.01)  # constant channels are not divided by 0


@pytest.mark.parametrize("channels", [1, 3])
def test_mean_and_std_are_measured_in_little_memory(channels: int) -> None:
    """They are those of all pixels as real numbers, which would take eight times the memory of the images."""
    images = torch.randint(
        0, 200, (50, channels, 96, 96), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    scaled = images.double() / 255

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
        mean, std = mean_and_std(images)

    assert mean == pytest.approx(scaled.mean(dim=(0, 2, 3)).tolist(), rel=1e-12)
    assert std == pytest.approx(scaled.std(dim=(0, 2, 3)).tolist(), rel=1e-12)
    assert max(event.self_cpu_memory_usage for event in profiled.key_averages()) <= 1.5 * images.nbytes


def test_a_folder_is_loaded_by_name(tmp_path: Path) -> None:
    """`folder:PATH` is a data set like any other, with the same images under the same hash."""
    dataset = load(f"folder:{given(tmp_path)}?image-size=8")

    assert dataset.source.name == f"folder:{tmp_path}?image-size=8"
    assert (len(dataset.train), dataset.source.train_images, dataset.source.test_images) == (6, 6, 6)
    assert dataset.sha256 == read(tmp_path).sha256


def test_a_folder_may_lie_in_the_users_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shell leaves a tilde behind `folder:` alone."""
    given(tmp_path / "photos")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))

    assert len(load_folder(folder_name("folder:~/photos")).train) == 6


def test_pixels_are_what_pillow_decodes(tmp_path: Path) -> None:
    """Rows stay rows: an image that is not symmetrical comes out as it went in."""
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    given(tmp_path, "L")
    (tmp_path / "train" / "green" / "0-0.png").unlink()
    put(tmp_path / "train" / "green" / "0-0.png", Image.fromarray(pixels))

    assert (read(tmp_path).train.images[:, 0] == torch.from_numpy(pixels)).all(dim=(1, 2)).sum() == 1


@pytest.mark.parametrize(
    ("training", "ground"),
    [((10, 20), "black"), ((10, 200), "white"), ((RED, RED), "white")],
    ids=["light on dark", "one dark on light", "colour"],
)
def test_the_ground_is_black_where_no_grey_training_picture_is_on_paper(
    training: tuple[int | tuple[int, int, int], ...], ground: str, tmp_path: Path
) -> None:
    """The test pictures have no say; what is transparent lies on that ground, in all parts."""
    mode = "L" if isinstance(training[0], int) else "RGB"
    for split in SPLITS:
        for label, colour in zip("ab", training if split == "train" else (255, 255), strict=True):
            put(tmp_path / split / label / "1.png", Image.new(mode if split == "train" else "L", (8, 8), colour))
        put(tmp_path / split / "a" / "nothing.png", Image.new("LA" if mode == "L" else "RGBA", (8, 8)))

    dataset = read(tmp_path, "image-size=8&allow-duplicates")

    assert dataset.source.ground == ground
    under = 0 if ground == "black" else 255
    for images in (dataset.train, dataset.validation, dataset.test):
        assert images is not None
        assert (images.images == under).all(dim=(1, 2, 3)).any()


@pytest.mark.parametrize("fit", FITS)
def test_the_ground_is_seen_in_whole_pictures(fit: Fit, tmp_path: Path) -> None:
    """Neither a rim that is added nor what is cut off hides that wide pages are light."""
    chance = np.random.default_rng(0)
    for split in SPLITS:
        for label in ("a", "b"):
            page = chance.integers(235, 256, (16, 32), dtype=np.uint8)
            page[:, 8:12] = page[:, 20:24] = 0  # the rim of what a crop leaves is dark
            put(tmp_path / split / label / "1.png", Image.fromarray(page))

    assert read(tmp_path, f"image-size=16&fit={fit}").source.ground == "white"


def test_a_slice_of_the_training_images_has_every_class(tmp_path: Path) -> None:
    """Slices are taken by place, so the images are in a mixed order, the same every time."""
    fill(tmp_path, {"green": 40, "red": 40})

    first, again = (read(tmp_path).train.labels for _ in range(2))

    assert first.tolist() == again.tolist()
    assert {0, 1} == set(first[:15].tolist()) == set(first[-15:].tolist())


def test_sixteen_bits_are_scaled(tmp_path: Path) -> None:
    """Mid-grey of 16 bits is mid-grey, not white."""
    given(tmp_path, "L")
    put(tmp_path / "train" / "red" / "deep.png", Image.fromarray(np.full((8, 8), 32896, np.uint16)))

    assert (read(tmp_path).train.images == 128).all(dim=(1, 2, 3)).sum() == 1


def test_more_pixels_than_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is decoded, with what to do."""
    given(tmp_path)
    free = psutil.virtual_memory()._replace(available=2 * 18 * 3 * 8 * 8 - 1)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)

    with pytest.raises(DataError, match=r"18 images would take 0\.0 GB, .* choose a smaller --image-size"):
        read(tmp_path)


def test_the_summary_says_what_was_loaded(tmp_path: Path) -> None:
    """Images by class and split, sizes, kinds, and what was not used and why."""
    fill(tmp_path, {"green": 30}, size=(20, 30))
    fill(tmp_path, {"red": 20}, mode="L", size=(60, 50), first=1)
    (tmp_path / "red" / "notes.txt").write_text("no picture", "utf-8")
    (tmp_path / "green" / "broken.png").write_bytes((tmp_path / "green" / "0-0.png").read_bytes()[:60])
    fill(tmp_path / ".ipynb_checkpoints", {"red": 2}, first=2)

    summary = read(tmp_path, "").summary
    text = "\n".join(summary)

    assert summary[0].startswith(f"folder:{tmp_path}: 50 images in 2 classes: ")
    assert "read as 3x32x32 (fit: stretch) from 30 colour and 20 grey, 20x30 to 60x50 pixels" in text
    assert re.search(r"^by class: green \d+\+\d+\+\d+, red \d+\+\d+\+\d+$", text, re.MULTILINE)
    assert "held out to test on and to validate: a sixth of each class each, by a hash of the file, kept in" in text
    assert "not used, hidden folders: 1 (.ipynb_checkpoints/ with 2 files)" in text
    assert "not used, no picture of a format that is read: 1 (red/notes.txt)" in text
    assert "not used, broken or too large: 1 (" in text
    assert "green/broken.png is not a picture that can be read" in text
