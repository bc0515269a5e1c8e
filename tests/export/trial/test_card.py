"""Tests of export.trial.card."""

from pathlib import Path

import pytest

from bench import __main__ as bench
from export import __main__ as export
from export.repository.agreement import metadata
from export.repository.layout import read_card
from export.trial.card import FORMAT, interval, library_versions
from export.verify import version_problems
from tests.bench.harness.data.folders import fill

CARD = {
    **dict.fromkeys(("variant", "study", "arm", "architecture", "record_id", "checkpoint_sha256", "dataset"), "x"),
    "format": FORMAT,
    "seed": 1,
    "data_sha256": "y",
    "mean": [0.1],
    "std": [0.2],
    "resize": None,
    "test_accuracy": 0.9,
    "test_accuracy_interval": [0.8, 0.95],
    "test_images": 100,
    "temperature": 1.2,
    "lrn_form": None,
    "classes": ["a"],
    "environment": {"commit": "abc", "torch": "2"},
}


def test_a_net_of_an_own_folder_is_published_with_its_fit(tmp_path: Path) -> None:
    """The gate passes it, and its card says the fit, as does the data set's name there, without this machine's path."""
    root = tmp_path / "pets"
    for place, part in enumerate(("train", "val", "test")):
        fill(root / part, {"cat": 8, "dog": 8}, size=(16, 8), first=place)
    words = ["train", "mlp", "--dataset", f"folder:{root}?fit=pad&image-size=8", "-r", "epochs=1", "--threads", "1"]
    assert bench.main([*words, "--results", str(tmp_path / "results")]) == 0

    exported = ["--results", str(tmp_path / "results" / "train"), "--out", str(tmp_path / "repository")]
    assert export.main([*exported, "--no-variants"]) == 0

    (model,) = (path for path in (tmp_path / "repository").iterdir() if path.is_dir())
    card = read_card(model / "1")
    assert (card["fit"], card["ground"], card["shape"]) == ("pad", "white", [3, 8, 8])
    assert card["dataset"] == "folder:pets?image-size=8&fit=pad"
    assert version_problems(model, 1) == []


def test_an_interval_is_wilsons() -> None:
    """As in Wilson (1927), for 95 of 100: 88.8 to 97.8 %."""
    assert interval(95, 100) == pytest.approx((0.8882, 0.9785), abs=1e-4)


@pytest.mark.parametrize("correct", [0, 10])
def test_an_interval_stays_within_0_and_1(correct: int) -> None:
    """Where all or none are right it still says that more images might show otherwise."""
    low, high = interval(correct, 10)

    assert 0 <= low < high <= 1


def test_metadata_name_labels_commit_and_versions() -> None:
    """A file that was separated from its card still says its name, labels, commit and versions."""
    entries = metadata(CARD)

    assert entries["labels"] == ["a"]
    assert entries["commit"] == "abc"
    assert entries["versions"] == {"commit": "abc", "torch": "2"}
    assert entries["format"] == FORMAT


def test_versions_are_of_what_is_installed() -> None:
    """Exactly one of the two builds of onnxruntime is named."""
    versions = library_versions()

    assert {"onnx", "onnxscript", "openvino"} <= set(versions)
    assert len({"onnxruntime", "onnxruntime_gpu"} & set(versions)) == 1
