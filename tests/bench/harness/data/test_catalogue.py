"""Tests of bench.harness.data.catalogue."""

import subprocess
import sys

import pytest

from bench.harness.data.catalogue import SOURCES, DataError, Source, data_root, source
from bench.harness.paths import PROJECT

every_source = pytest.mark.parametrize("entry", SOURCES.values(), ids=list(SOURCES))


def test_the_promised_data_sets_are_there() -> None:
    """The names are those that commands and records rely on."""
    assert set(SOURCES) == {"mnist-5k", "mnist", "fashion-mnist", "kmnist", "cifar10", "cifar100", "svhn"}


@every_source
def test_normalisation_has_one_value_a_channel(entry: Source) -> None:
    """Mean and std fit the channels, and lie where pixels divided by 255 can have them."""
    assert len(entry.mean) == len(entry.std) == entry.channels
    assert all(0 < value < 0.6 for value in entry.mean + entry.std)


@every_source
def test_grey_data_sets_are_light_strokes_on_black(entry: Source) -> None:
    """Digits, clothes and characters are; photographs have no ground of their own, and get white paper."""
    assert entry.ground == ("black" if entry.channels == 1 else "white")


@every_source
def test_classes_have_distinct_names(entry: Source) -> None:
    """There are 10 classes, 100 in cifar100, and no two share a name."""
    assert len(set(entry.classes)) == len(entry.classes) == (100 if entry.name == "cifar100" else 10)


@every_source
def test_every_data_set_but_the_embedded_one_says_which_files_it_needs(entry: Source) -> None:
    """A data set is either embedded, or torchvision's with its files named."""
    assert bool(entry.files) == bool(entry.torchvision_class) == (entry.name != "mnist-5k")


def test_an_unknown_data_set_gets_a_suggestion() -> None:
    """The error names the nearest data set and the form of a folder."""
    with pytest.raises(DataError, match=r"unknown data set 'cifar-10': did you mean 'cifar10'\? .*folder:PATH"):
        source("cifar-10")


def test_settings_studies_and_sources_need_no_torch() -> None:
    """A mistyped option is answered before the seconds that torch takes to import."""
    modules = "bench.harness.run.settings, bench.harness.data.catalogue, bench.harness.study.study"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False).returncode == 0  # noqa: S603 - constant arguments


@pytest.mark.parametrize(("option", "name"), [("~nosuch/x", "--data-root"), (None, "CONVBENCH_DATA")])
def test_a_home_that_is_not_there_is_an_error(option: str | None, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says which of the two ways to name the folder is meant."""
    monkeypatch.setenv("CONVBENCH_DATA", "~nosuch/x")

    with pytest.raises(DataError, match=f"{name} is '~nosuch/x': no such user has a home here"):
        data_root(option)
