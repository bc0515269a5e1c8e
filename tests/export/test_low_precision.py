"""Tests of export.low_precision, export.graph.int8 and export.graph.float16."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.harness.machine import environment as machine
from bench.harness.machine import turns
from bench.harness.machine.turns import Gain
from export import low_precision
from export.exporter import Exporter
from export.gate.runtime import answer, onnxruntime_run
from export.graph import float16 as half
from export.graph import int8 as integers
from export.graph.int8 import SCHEMES, excluded, quantised
from export.low_precision import Candidate
from export.repository.layout import read_card
from export.result import Variant
from export.trial.selection import Choice
from export.verify import version_problems
from tests.export.conftest import Exported

Exports = Callable[[str], Exported]
FAST, SLOW = {1: Gain(2.0, 1.9), 32: Gain(2.0, 1.1)}, {1: Gain(2.0, 1.9), 32: Gain(0.9, 0.8)}
UNSTEADY = {1: Gain(1.5, 0.97), 32: Gain(2.0, 1.1)}


@pytest.fixture(scope="module")
def candidate(exported: Exports) -> Candidate:
    """Return the int8 form of LeNet-5, judged."""
    net = exported("lenet5")
    return low_precision.int8(net.material, net.proto)


def test_int8_answers_nearly_as_float32_does(candidate: Candidate, exported: Exports) -> None:
    """Its loss and flips are what its answers say."""
    reference = exported("lenet5").material.reference
    said = candidate.answers.logits.argmax(axis=1)

    assert candidate.scheme in SCHEMES
    assert candidate.accuracy_lost < 0.05
    assert candidate.flips == (said != reference.logits.argmax(axis=1)).sum()
    assert (said == reference.labels).mean() > 0.8
    assert set(candidate.gains) == set(turns.BATCHES)
    assert all(gain.median >= gain.least > 0 for gain in candidate.gains.values())


def test_int8_weights_are_8_bits(candidate: Candidate) -> None:
    """In QDQ form, with the operators of the standard alone."""
    kinds = {node.op_type for node in candidate.graph.graph.node}

    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds
    assert [opset.domain for opset in candidate.graph.opset_import] == [""]
    assert candidate.graph.ByteSize() < 0.5 * 251_000


@pytest.mark.parametrize("name", ["lenet5", "alexnet32"])
def test_preprocessing_lrn_and_softmax_stay_float32(name: str, exported: Exports) -> None:
    """The squares of LRN's convolution span too wide a range for 8 bits."""
    proto = exported(name).proto
    kinds = {node.name: node.op_type for node in proto.graph.node}
    outside = excluded(proto, SCHEMES[0])
    lrn = [node.name for node in proto.graph.node if node.op_type == "Conv" and node.input[1].endswith(".kernel")]

    assert {kinds[node] for node in outside} >= {"Cast", "Softmax"}
    assert set(lrn) <= set(outside)
    assert len(lrn) == (2 if name == "alexnet32" else 0)
    assert len([node for node in outside if kinds[node] in ("Conv", "Gemm")]) == len(lrn)
    assert len([node for node in excluded(proto, SCHEMES[1]) if kinds[node] in ("Conv", "Gemm")]) == len(lrn) + 2


def test_calibration_sees_training_images_of_every_class(exported: Exports, monkeypatch: pytest.MonkeyPatch) -> None:
    """At least 500, none of the test or validation split."""
    seen: list[np.ndarray] = []

    def spy(proto: object, images: np.ndarray, scheme: str) -> Any:  # noqa: ANN401 - a graph
        seen.append(images)
        return quantised(proto, images[:32], scheme)  # type: ignore[arg-type]  # a graph

    monkeypatch.setattr(integers, "quantised", spy)
    net = exported("lenet5")
    low_precision.int8(net.material, net.proto)
    train = {image.tobytes() for image in net.material.split.train.images.numpy()}

    labels = {
        image.tobytes(): int(label)
        for image, label in zip(*(tensor.numpy() for tensor in net.material.split.train), strict=True)
    }

    assert len(seen[0]) >= 500
    assert {image.tobytes() for image in seen[0]} <= train
    assert {labels[image.tobytes()] for image in seen[0]} == set(range(10))


def test_variants_are_judged_on_validation_images(exported: Exports, candidate: Candidate) -> None:
    """The loss of a variant is the loss of its own answers there."""
    net = exported("lenet5")
    images, labels = net.material.validation
    plain, low = (
        answer(onnxruntime_run(graph.SerializeToString()), images, 64).logits.argmax(axis=1) == labels
        for graph in (net.proto, candidate.graph)
    )

    assert candidate.validation_accuracy == pytest.approx(low.mean())
    assert candidate.accuracy_lost == pytest.approx(plain.mean() - low.mean())


@pytest.mark.parametrize(
    ("loss", "gains", "expected"),
    [
        (0.0, FAST, []),
        (0.005, FAST, []),
        (0.976 - 0.971, FAST, []),
        (0.006, FAST, ["it loses 0.60 points on validation images, more than 0.5"]),
        (0.0, SLOW, ["0.90x as fast at batch 32, less than 1.05x"]),
        (0.0, {1: Gain(1.04, 1.01), 32: Gain(1.06, 1.01)}, ["1.04x as fast at batch 1, less than 1.05x"]),
        (0.0, UNSTEADY, ["slower in a turn at batch 1 (0.97x)"]),
        (0.01, SLOW, ["it loses 1.00 points", "0.90x as fast"]),
    ],
)
def test_a_variant_must_hold_and_be_faster(
    loss: float, gains: dict[int, Gain], expected: list[str], candidate: Candidate
) -> None:
    """At every batch size; test accuracy and flips decide nothing."""
    refusals = replace(candidate, accuracy_lost=loss, gains=gains, flips=1000).refusals

    assert len(refusals) == len(expected)
    assert all(text.startswith(start) for text, start in zip(refusals, expected, strict=True))


def test_of_the_schemes_that_hold_the_fastest_is_taken(exported: Exports, monkeypatch: pytest.MonkeyPatch) -> None:
    """And where none holds, the most accurate."""
    net = exported("lenet5")
    graphs = dict.fromkeys(SCHEMES, net.proto)
    monkeypatch.setattr(integers, "quantised", lambda *arguments: graphs[arguments[2]])
    monkeypatch.setattr(low_precision, "_validation_accuracy", lambda *_: next(accuracies))

    def times(runs: dict[str, object], *_: object) -> turns.Timings:
        return {name: {1: [9.0 if name == SCHEMES[0] else 1.0]} for name in runs}

    monkeypatch.setattr(turns, "measure", times)

    accuracies: Iterator[float] = iter([0.9, 0.9, 0.9])
    assert low_precision.int8(net.material, net.proto).scheme == SCHEMES[1]
    accuracies = iter([0.9, 0.9, 0.5])
    assert low_precision.int8(net.material, net.proto).scheme == SCHEMES[0]
    accuracies = iter([0.9, 0.4, 0.5])
    candidate = low_precision.int8(net.material, net.proto)
    assert candidate.scheme == SCHEMES[1]
    assert candidate.accuracy_lost == pytest.approx(0.4)


def outcome_of(
    exporter: Exporter, choice: Choice, candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> list[Variant]:
    """Export with a given candidate for int8."""
    monkeypatch.setattr(low_precision, "int8", lambda *_: candidate)
    return list(replace(exporter, variants=True).export(choice).variants)


def test_a_variant_is_a_model_of_its_own(
    exporter: Exporter, choice: Choice, candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its card, its accuracy and its golden answers."""
    good = replace(candidate, accuracy_lost=0.0, gains=FAST)

    int8, float16 = outcome_of(exporter, choice, good, monkeypatch)
    version = exporter.repository / f"{choice.name}_int8" / "1"
    card = read_card(version)

    assert (int8.kind, int8.status) == ("int8", "published")
    assert (card["variant"], card["scheme"]) == ("int8", candidate.scheme)
    assert card["answers_that_differ_from_float32"] == candidate.flips
    assert card["validation_accuracy"] == candidate.validation_accuracy
    assert (
        card["test_calibration_error"] != read_card(exporter.repository / choice.name / "1")["test_calibration_error"]
    )
    assert card["test_accuracy"] == int8.test_accuracy
    assert version_problems(version.parent, 1) == []
    assert (float16.kind, float16.status) == ("float16", "not run")


def test_a_variant_that_is_refused_is_not_published(
    exporter: Exporter, choice: Choice, candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The float32 model is, and the table has the figures of both."""
    slow = replace(candidate, accuracy_lost=0.0, gains=SLOW)

    int8, _ = outcome_of(exporter, choice, slow, monkeypatch)

    assert int8.status == "refused"
    assert "0.90x as fast at batch 32" in int8.reason
    assert [path.name for path in exporter.repository.iterdir()] == [choice.name]


def test_a_refused_variants_older_version_is_said_to_stay(
    exporter: Exporter, choice: Choice, candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be of another net: only a person can decide."""
    good, slow = replace(candidate, accuracy_lost=0.0, gains=FAST), replace(candidate, accuracy_lost=0.0, gains=SLOW)
    outcome_of(exporter, choice, good, monkeypatch)

    int8, _ = outcome_of(exporter, choice, slow, monkeypatch)

    assert int8.reason.endswith(
        f"version 1 of this very net stays: remove {choice.name}_int8 if it shall not be served"
    )


def test_float16_is_built_and_answers_nearly_alike(exported: Exports) -> None:
    """On the CPU, which can run it though it gains nothing: judged it is on a GPU only."""
    net = exported("alexnet32")
    graph = half.converted(net.proto)

    answers = onnxruntime_run(graph.SerializeToString())(net.material.reference.images[:100])

    assert graph.ByteSize() < 0.6 * net.proto.ByteSize()
    assert answers.logits.dtype == np.float32
    np.testing.assert_allclose(answers.logits, net.material.reference.logits[:100], atol=0.05, rtol=0.05)


def test_float16_is_judged_where_there_is_a_gpu(
    exporter: Exporter, choice: Choice, candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And published for it, if it holds and is faster."""
    good = replace(candidate, kind="float16", device="cuda", accuracy_lost=0.0, gains=FAST)
    monkeypatch.setattr(low_precision, "float16", lambda *_: good)

    _, float16 = outcome_of(exporter, choice, replace(candidate, gains=SLOW), monkeypatch)
    config = (exporter.repository / f"{choice.name}_float16" / "config.pbtxt").read_text("utf-8")

    assert float16.status == "published"
    assert "KIND_GPU" in config


@pytest.mark.parametrize(("text", "expected"), [("flags: avx512_vnni", True), ("flags: avx2", False)])
def test_vnni_is_read_from_the_cpus_flags(
    text: str, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it 7 bits must do: sums of 8-bit products overflow 16 bits."""
    (tmp_path / "cpuinfo").write_text(text, "utf-8")
    monkeypatch.setattr(machine, "CPU", tmp_path / "cpuinfo")

    assert integers.has_vnni() is expected


def test_without_cpu_flags_there_is_no_vnni(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not Linux."""
    monkeypatch.setattr(machine, "CPU", tmp_path / "nothing")

    assert not integers.has_vnni()
