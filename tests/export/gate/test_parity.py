"""Tests of export.gate.parity and export.gate.structure: a good file passes, a file with a planted fault does not."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from export.gate.parity import Parity, Reference, Rounding, compare, gate
from export.gate.runtime import onnxruntime_run, openvino_run
from export.gate.structure import structure_problems
from export.repository.golden import Answers
from export.trial.loaded import weights
from models.parts.lrn import band_matrix
from tests.export.conftest import Edit, Exported

NETS = ("lenet5", "sk", "alexnet32")
Exports = Callable[[str], Exported]
Edited = Callable[[str, Edit], Path]


def judged(path: Path, net: Exported) -> list[Parity]:
    """Return what the gate says of a file on 200 test images."""
    whole = net.material.reference
    reference = Reference(
        images=whole.images[:200],
        labels=whole.labels[:200],
        logits=whole.logits[:200],
        probabilities=whole.probabilities[:200],
        rounding=whole.rounding,
    )
    return gate(reference, [("onnxruntime", onnxruntime_run(path)), ("OpenVINO", openvino_run(path))], (7,))


def change(proto: onnx.ModelProto, name: str, edit: Callable[[np.ndarray], np.ndarray]) -> None:
    """Replace an initializer by what a function makes of it."""
    (place,) = (i for i, initializer in enumerate(proto.graph.initializer) if initializer.name == name)
    values = edit(numpy_helper.to_array(proto.graph.initializer[place]).copy())
    proto.graph.initializer[place].CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values), name))


def swapped_channels(proto: onnx.ModelProto) -> None:
    """Two input channels of the second convolution change places."""
    change(proto, "net.features.3.weight", lambda w: w[:, [1, 0, *range(2, w.shape[1])]])


def mean_left_out(proto: onnx.ModelProto) -> None:
    """Pixels are scaled, the mean is not taken off."""
    change(proto, "shift", np.zeros_like)


def flipped_sign(proto: onnx.ModelProto) -> None:
    """One weight of the last layer, the largest, has the other sign."""

    def flip(values: np.ndarray) -> np.ndarray:
        values[np.unravel_index(np.abs(values).argmax(), values.shape)] *= -1
        return values

    change(proto, "net.classifier.5.weight", flip)


def transposed(proto: onnx.ModelProto) -> None:
    """A square fully connected layer is multiplied from the other side."""
    change(proto, "net.classifier.4.weight", np.transpose)


def even_window(proto: onnx.ModelProto) -> None:
    """LRN sums over four channels where the net has five."""
    kernel = "net.features.3.kernel"
    change(proto, kernel, lambda w: band_matrix(len(w), 4).numpy().astype(np.float32) * w.max())


FAULTS = {
    "lenet5": (swapped_channels, mean_left_out, flipped_sign),
    "alexnet32": (even_window, transposed, mean_left_out),
}


@pytest.mark.parametrize("name", NETS)
def test_a_good_file_passes(name: str, exported: Exports, edited: Edited) -> None:
    """In both runtimes, on the whole split, at every batch size, with no image left out."""
    net = exported(name)
    path = edited(name, lambda _: None)
    runs = [("onnxruntime", onnxruntime_run(path)), ("OpenVINO", openvino_run(path))]

    comparisons = gate(net.material.reference, runs, (1, 7, 64))

    assert structure_problems(path, (1, 28, 28), 10, weights(net.module)) == []
    assert [(comparison.runtime, comparison.batch) for comparison in comparisons] == [
        (r, b) for r, _ in runs for b in (1, 7, 64)
    ]
    assert [comparison.problems for comparison in comparisons] == [()] * 6
    assert all(comparison.largest_difference <= comparison.tolerance for comparison in comparisons)
    accuracy = net.material.record.test_accuracy
    assert all(abs(comparison.accuracy - accuracy) <= len(comparison.near_ties) / 1000 for comparison in comparisons)


@pytest.mark.parametrize(("name", "fault"), [(name, fault) for name in FAULTS for fault in FAULTS[name]])
def test_a_planted_fault_is_caught_by_the_answers(name: str, fault: Edit, exported: Exports, edited: Edited) -> None:
    """By each runtime on its own; the message names images."""
    for comparison in judged(edited(name, fault), exported(name)):
        assert comparison.problems, comparison.runtime
        assert "images" in comparison.problems[0]


@pytest.mark.parametrize(("name", "fault"), [(name, fault) for name in FAULTS for fault in FAULTS[name]])
def test_a_planted_fault_is_caught_in_the_weights(name: str, fault: Edit, exported: Exports, edited: Edited) -> None:
    """The message names the layer."""
    (problem,) = structure_problems(edited(name, fault), (1, 28, 28), 10, weights(exported(name).module))

    assert problem.startswith(("weight net.", "weight shift"))


def reference(logits: list[list[float]], labels: list[int]) -> Reference:
    """Return a reference of a few images."""
    array = np.array(logits, np.float32)
    images = np.zeros((len(logits), 1, 2, 2), np.uint8)
    return Reference(images=images, labels=np.array(labels), logits=array, probabilities=array)


def test_a_near_tie_is_listed_and_no_fault() -> None:
    """Two logits that rounding may order either way; the accuracy may differ by it."""
    wanted = reference([[1.0, 0.99999], [3.0, 0.0]], [0, 0])
    said = np.array([[0.99999, 1.0], [3.0, 0.0]], np.float32)

    comparison = compare(wanted, Answers(said, wanted.probabilities), "test", 2)

    assert (comparison.problems, comparison.near_ties, comparison.accuracy) == ((), (0,), 0.5)


def test_another_answer_that_is_no_near_tie_is_a_fault() -> None:
    """Even where no logit is beyond the tolerance: the record says something else."""
    wanted = replace(reference([[1.0, 0.5], [3.0, 0.0]], [0, 0]), recorded=np.array([1, 0]))

    comparison = compare(wanted, Answers(wanted.logits, wanted.probabilities), "test", 2)

    assert comparison.near_ties == ()
    assert "1 images get another answer than in the table, image 0 class 0, not 1" in comparison.problems[0]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_answers_that_are_not_finite_are_a_fault(bad: float) -> None:
    """No comparison with them is true: that must not let them pass."""
    wanted = reference([[1.0, 0.5], [3.0, 0.0]], [0, 0])
    said = wanted.logits.copy()
    said[1, 1] = bad

    assert compare(wanted, Answers(said, wanted.probabilities), "test", 2).problems


def test_wrong_probabilities_are_a_fault() -> None:
    """They are an output of their own: right logits do not excuse them."""
    wanted = reference([[1.0, 0.5]], [0])

    comparison = compare(wanted, Answers(wanted.logits, wanted.probabilities + 0.01), "test", 1)

    assert "probabilities differ by up to 0.01" in comparison.problems[0]


def test_another_shape_is_a_fault() -> None:
    """A class too few is no matter of tolerance."""
    wanted = reference([[1.0, 0.5]], [0])

    comparison = compare(wanted, Answers(wanted.logits[:, :1], wanted.probabilities), "test", 1)

    assert "logits have shape (1, 1), the net's (1, 2)" in comparison.problems[0]


def test_the_tolerance_follows_the_nets_own_rounding() -> None:
    """Sixteen times it, but never more than 1e-4 nor less than 1e-6 of the largest logit, or of 1."""
    wanted = reference([[20.0, -50.0]], [0])

    assert replace(wanted, rounding=Rounding(largest=1e-5)).tolerance == pytest.approx(1.6e-4)
    assert replace(wanted, rounding=Rounding(largest=1.0)).tolerance == pytest.approx(5e-3)
    assert replace(wanted, rounding=Rounding(largest=0.0)).tolerance == pytest.approx(5e-5)
    assert reference([[0.2, -0.5]], [0]).tolerance == pytest.approx(1e-4)


def test_rounding_is_what_float64_shows(exported: Exports) -> None:
    """A few float32 steps of the largest logit: more than nothing, far less than 1e-4 of it."""
    whole = exported("lenet5").material.reference

    assert 0 < whole.rounding.rms < whole.rounding.largest < 1e-5 * np.abs(whole.logits).max()


def test_a_small_difference_everywhere_is_a_fault() -> None:
    """No logit is beyond the tolerance, but rounding does not move all of them alike."""
    random = np.random.default_rng(0).normal(size=(100, 10)).astype(np.float32)
    rounding = Rounding(largest=1e-4, rms=1e-5)
    wanted = replace(reference(random.tolist(), [0] * 100), rounding=rounding)

    comparison = compare(wanted, Answers(wanted.logits + 9e-5, wanted.probabilities), "test", 7)

    assert comparison.largest_difference < comparison.tolerance
    assert comparison.problems == (
        "test, batch 7: logits of all images differ by 9e-05 (root mean square), more than 6e-05",
    )
