"""Running an ONNX file in onnxruntime and in OpenVINO: answers on many images."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from export.repository.golden import Answers, Pixels, RuntimeLoadError, in_one_line, named, open_session
from export.repository.layout import INPUT, OUTPUTS

Run = Callable[[Pixels], Answers]
# OpenVINO reports its use to its makers, and asks for a home folder to do so; without this package it does neither.
NOT_THERE: Any = None


def onnxruntime_run(model: Path | bytes, threads: int = 1, *, device: str = "cpu") -> Run:
    """Return a function from images to answers, in onnxruntime."""
    loaded = open_session(model, threads, device=device)
    return lambda images: Answers(*loaded.run(OUTPUTS, {INPUT: images}))


def openvino_run(model: Path | bytes) -> Run:
    """Return a function from images to answers, in OpenVINO with float32 arithmetic.

    Raises:
        RuntimeLoadError: OpenVINO refuses the file.
    """
    sys.modules.setdefault("openvino_telemetry", NOT_THERE)
    import openvino  # noqa: PLC0415 - half a second that a dry run does not need

    try:
        core = openvino.Core()
        network = core.read_model(model) if isinstance(model, bytes) else core.read_model(str(model))
        compiled = core.compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    except Exception as error:  # as onnxruntime's
        version = openvino.__version__.partition("-")[0]
        raise RuntimeLoadError(f"OpenVINO {version} cannot load {named(model)}: {in_one_line(error)}") from error

    def run(images: Pixels) -> Answers:
        outputs = compiled(images)
        return Answers(*(outputs[name].copy() for name in OUTPUTS))

    return run


def answer(run: Run, images: Pixels, batch: int) -> Answers:
    """Return the answers on all images, asked for in batches; the last may be smaller."""
    parts = [run(images[start : start + batch]) for start in range(0, len(images), batch)]
    return Answers(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
