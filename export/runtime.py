"""Running an ONNX file: sessions of onnxruntime and OpenVINO with their threads settled, answers on many images."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import onnxruntime

from bench.errors import UserError
from export.repository import INPUT, OUTPUTS

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Run = Callable[[Pixels], "Answers"]
ERRORS_ONLY = 3  # onnxruntime's log level


class RuntimeLoadError(UserError):
    """An ONNX file that a runtime does not take; the message has its reason."""


class Answers(NamedTuple):
    """What a file says of n images: logits and probabilities, float32 (n, classes)."""

    logits: Floats
    probabilities: Floats


def session(model: Path | bytes, threads: int = 1, *, device: str = "cpu") -> onnxruntime.InferenceSession:
    """Return a session on the CPU or on CUDA, without spinning threads and without falling back to another device.

    Raises:
        RuntimeLoadError: onnxruntime refuses the file (an opset it does not know, an operator, damage), or CUDA.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = ERRORS_ONLY
    provider = "CUDAExecutionProvider" if device == "cuda" else "CPUExecutionProvider"
    try:
        found = onnxruntime.InferenceSession(
            model if isinstance(model, bytes) else str(model), options, providers=[provider]
        )
    except Exception as error:  # onnxruntime's errors share no public base
        raise RuntimeLoadError(
            f"onnxruntime {onnxruntime.__version__} cannot load {_name(model)}: {_line(error)}"
        ) from error
    found.disable_fallback()
    if found.get_providers()[0] != provider:
        raise RuntimeLoadError(f"{_name(model)} does not run on {provider}: {found.get_providers()[0]} took its place")
    return found


def onnxruntime_run(model: Path | bytes, threads: int = 1, *, device: str = "cpu") -> Run:
    """Return a function from images to answers, in onnxruntime."""
    loaded = session(model, threads, device=device)
    return lambda images: Answers(*loaded.run(OUTPUTS, {INPUT: images}))


def openvino_run(model: Path | bytes) -> Run:
    """Return a function from images to answers, in OpenVINO with float32 arithmetic.

    Raises:
        RuntimeLoadError: OpenVINO refuses the file.
    """
    import openvino  # noqa: PLC0415 - half a second that a dry run does not need

    try:
        core = openvino.Core()
        network = core.read_model(model) if isinstance(model, bytes) else core.read_model(str(model))
        compiled = core.compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    except Exception as error:  # as onnxruntime's
        version = openvino.__version__.partition("-")[0]
        raise RuntimeLoadError(f"OpenVINO {version} cannot load {_name(model)}: {_line(error)}") from error

    def run(images: Pixels) -> Answers:
        found = compiled(images)
        return Answers(*(found[name].copy() for name in OUTPUTS))

    return run


def answer(run: Run, images: Pixels, batch: int) -> Answers:
    """Return the answers on all images, asked for in batches; the last may be smaller."""
    parts = [run(images[start : start + batch]) for start in range(0, len(images), batch)]
    return Answers(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())


def _name(model: Path | bytes) -> str:
    return "the graph" if isinstance(model, bytes) else str(model)
