"""A version's file in onnxruntime, with its threads settled, and whether it gives its golden answers here.

Needs nothing of bench and no torch: the exporter and the server open and judge a version by the same lines.
"""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnxruntime

from export.repository.layout import GOLDEN, INPUT, OUTPUTS, RepositoryError

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
ERRORS_ONLY = 3  # onnxruntime's log level
LOGIT_TOLERANCE = 0.02  # at most, of the largest logit: another CPU or GPU rounds low precision differently
PROBABILITY_TOLERANCE = 0.02  # at most


class RuntimeLoadError(RepositoryError):
    """An ONNX file that a runtime does not take; the message has its reason."""


class Answers(NamedTuple):
    """A file's answers on n images: logits and probabilities, float32 (n, classes)."""

    logits: Floats
    probabilities: Floats


class Tolerances(NamedTuple):
    """By how much golden answers may be off on another machine."""

    logits: float
    probabilities: float


def open_session(model: Path | bytes, threads: int = 1, *, device: str = "cpu") -> onnxruntime.InferenceSession:
    """Return a session on the CPU or on CUDA, without spinning threads and without falling back to another device.

    Args:
        model: a file, or its content.
        threads: within one run.
        device: cpu or cuda.

    Raises:
        RuntimeLoadError: onnxruntime refuses the file (an opset it does not know, an operator, damage), or CUDA.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = ERRORS_ONLY
    provider = "CUDAExecutionProvider" if device == "cuda" else "CPUExecutionProvider"
    try:
        session = onnxruntime.InferenceSession(
            model if isinstance(model, bytes) else str(model), options, providers=[provider]
        )
    except Exception as error:  # onnxruntime's errors share no public base
        raise RuntimeLoadError(
            f"onnxruntime {onnxruntime.__version__} cannot load {named(model)}: {in_one_line(error)}"
        ) from error
    session.disable_fallback()
    if session.get_providers()[0] != provider:
        raise RuntimeLoadError(
            f"{named(model)} does not run on {provider}: {session.get_providers()[0]} took its place"
        )
    return session


def read_golden(version: Path, shape: Sequence[int]) -> tuple[Pixels, Answers]:
    """Return a version's golden images (n, *shape), and the answers that they must get.

    Raises:
        RepositoryError: they cannot be read, or are no images of this shape.
    """
    path = version / GOLDEN
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            images, golden = stored[INPUT], Answers(*(stored[name] for name in OUTPUTS))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise RepositoryError(f"{path} cannot be read ({error}): export the model again") from error
    if images.dtype != np.uint8 or images.shape[1:] != tuple(shape) or not len(images):
        raise RepositoryError(
            f"{path}: its golden images are {images.dtype} {images.shape}, not uint8 (n, {', '.join(map(str, shape))})"
        )
    return images, golden


def allowed_tolerances(card: Mapping[str, Any], golden: Answers) -> Tolerances:
    """Return the tolerances of a card, but never more than any file may have.

    Raises:
        RepositoryError: it has none.
    """
    try:
        stated = Tolerances(float(card["tolerance"]), float(card["probability_tolerance"]))
    except (KeyError, TypeError, ValueError) as error:
        raise RepositoryError(f"its card has no tolerances ({error}): export the model again") from error
    largest = max(1.0, float(np.abs(golden.logits).max()))
    return Tolerances(min(stated.logits, LOGIT_TOLERANCE * largest), min(stated.probabilities, PROBABILITY_TOLERANCE))


def golden_problems(answers: Answers, golden: Answers, tolerances: Tolerances) -> list[str]:
    """Return how the answers found on the golden images differ from those that were stored, nothing if they do not."""
    problems = []
    for name, tolerance, right, got in zip(OUTPUTS, tolerances, golden, answers, strict=True):
        gap = float(np.abs(got - right).max()) if got.shape == right.shape else float("inf")
        if not gap <= tolerance:
            problems.append(f"its golden {name} differ by {gap:.3g} on this machine, more than {tolerance:.3g}")
    return problems


def in_one_line(error: BaseException) -> str:
    """Return what an error says, in one line."""
    return " ".join(str(error).split())


def named(model: Path | bytes) -> str:
    """Return a file's name for a message."""
    return "the graph" if isinstance(model, bytes) else str(model)
