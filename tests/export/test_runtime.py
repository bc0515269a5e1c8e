"""Tests of export.runtime: what a runtime cannot load is a clear error, and nothing falls back unseen."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from export import runtime
from export.runtime import Answers, RuntimeLoadError, answer, onnxruntime_run, openvino_run, session
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


def test_a_device_that_is_not_there_is_an_error_and_no_fallback(edited: Edited) -> None:
    """A graph that was asked for on CUDA never runs on the CPU instead."""
    with pytest.raises(RuntimeLoadError, match="CUDAExecutionProvider"):
        session(edited("lenet5", lambda _: None), device="cuda")


def test_answers_do_not_depend_on_the_batch_size() -> None:
    """The last batch may be smaller; none is lost or asked for twice."""
    sizes: list[int] = []

    def run(images: np.ndarray) -> Answers:
        sizes.append(len(images))
        values = images.reshape(len(images), -1).astype(np.float32)
        return Answers(values, -values)

    images = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1)
    found = answer(run, images, 4)

    assert sizes == [4, 4, 2]
    assert found.logits.ravel().tolist() == list(range(10))
    assert (found.probabilities == -found.logits).all()


def test_the_number_of_threads_is_what_was_asked_for(edited: Edited) -> None:
    """Onnxruntime's own default are the host's cores, whatever a container allows."""
    options = session(edited("lenet5", lambda _: None), 2).get_session_options()

    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (2, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert runtime.ERRORS_ONLY == 3
