"""Tests of export.trial.card."""

import pytest

from export.trial.card import FORMAT, interval, library_versions, metadata

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
