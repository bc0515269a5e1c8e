"""Tests of export.gate.runtime: what a runtime cannot load is a clear error, and no image is lost."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from export.gate.runtime import answer, onnxruntime_run, openvino_run
from export.repository.golden import Answers, RuntimeLoadError
from tests.export.conftest import Edit

Edited = Callable[[str, Edit], Path]


def future_opset(proto: onnx.ModelProto) -> None:
    """Operators of a version that no runtime knows yet."""
    proto.opset_import[0].version = 99


def unknown_operator(proto: onnx.ModelProto) -> None:
    """An operator that nobody has."""
    proto.graph.node[-1].op_type = "Softmaxx"


@pytest.mark.parametrize(
    ("load", "edit"),
    [  # OpenVINO reads a future opset with the newest operators it knows: there the structure check refuses it
        (onnxruntime_run, future_opset),
        (onnxruntime_run, unknown_operator),
        (openvino_run, unknown_operator),
    ],
)
def test_what_cannot_be_loaded_is_named(load: Callable[[Path], object], edit: Edit, edited: Edited) -> None:
    """With the runtime, its version and the file, in one line."""
    with pytest.raises(RuntimeLoadError, match=r"(onnxruntime|OpenVINO) [0-9.]+ cannot load .*edited\.onnx") as caught:
        load(edited("lenet5", edit))

    assert "\n" not in str(caught.value)


def test_answers_do_not_depend_on_the_batch_size() -> None:
    """The last batch may be smaller; none is lost or asked for twice."""
    sizes: list[int] = []

    def run(images: np.ndarray) -> Answers:
        sizes.append(len(images))
        values = images.reshape(len(images), -1).astype(np.float32)
        return Answers(values, -values)

    images = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1)
    answers = answer(run, images, 4)

    assert sizes == [4, 4, 2]
    assert answers.logits.ravel().tolist() == list(range(10))
    assert (answers.probabilities == -answers.logits).all()
