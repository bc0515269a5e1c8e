"""Tests of `golden`: threads and devices are what was asked for, golden answers are read and compared."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from export.repository.golden import (
    ERRORS_ONLY,
    Answers,
    RuntimeLoadError,
    Tolerances,
    golden_problems,
    open_session,
    read_golden,
)
from export.repository.layout import GOLDEN, RepositoryError
from tests.export.conftest import Edit

Edited = Callable[[str, Edit], Path]


def test_a_device_that_is_not_there_is_an_error_and_no_fallback(edited: Edited) -> None:
    """A graph that was asked for on CUDA never runs on the CPU instead."""
    with pytest.raises(RuntimeLoadError, match="CUDAExecutionProvider"):
        open_session(edited("lenet5", lambda _: None), device="cuda")


def test_the_number_of_threads_is_what_was_asked_for(edited: Edited) -> None:
    """Onnxruntime's own default are the host's cores, whatever a container allows."""
    options = open_session(edited("lenet5", lambda _: None), 2).get_session_options()

    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (2, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert options.log_severity_level == ERRORS_ONLY == 3


def test_golden_answers_are_read_with_their_images(tmp_path: Path) -> None:
    """As they were written."""
    images, logits = np.arange(4, dtype=np.uint8).reshape(1, 1, 2, 2), np.ones((1, 3), np.float32)
    np.savez(tmp_path / GOLDEN, image=images, logits=logits, probabilities=logits / 3)

    pixels, golden = read_golden(tmp_path, (1, 2, 2))

    assert (pixels == images).all()
    assert (golden.logits == logits).all()
    assert (golden.probabilities == logits / 3).all()


@pytest.mark.parametrize("content", [b"", b"nothing", None])
def test_golden_answers_that_cannot_be_read_are_named(content: bytes | None, tmp_path: Path) -> None:
    """An empty file, none at all, and one that is no archive."""
    if content is not None:
        (tmp_path / GOLDEN).write_bytes(content)

    with pytest.raises(RepositoryError, match=r"golden\.npz cannot be read .* export the model again"):
        read_golden(tmp_path, (1, 2, 2))


def test_a_gap_is_said_of_the_answer_that_has_it() -> None:
    """An answer beyond its tolerance is named, also one that is no number or of another shape."""
    right = Answers(np.zeros((2, 3), np.float32), np.zeros((2, 3), np.float32))
    off = Answers(np.full((2, 3), 0.5, np.float32), np.full((2, 3), np.nan, np.float32))
    tolerances = Tolerances(0.4, 0.4)

    logits, probabilities = golden_problems(off, right, tolerances)

    assert logits == "its golden logits differ by 0.5 on this machine, more than 0.4"
    assert probabilities.startswith("its golden probabilities differ by nan")
    assert golden_problems(right, right, tolerances) == []
    assert "by inf" in golden_problems(Answers(off.logits[:1], right.probabilities), right, tolerances)[0]
