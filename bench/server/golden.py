"""The model that servers are asked for: its newest version, golden images, and the right answers of this machine."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from bench.harness.errors import UserError

TOLERANCE = 1e-4  # of logits, between a server's answer and onnxruntime's here

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


def newest(model: Path) -> Path:
    """Return the folder of a model's newest version.

    Raises:
        UserError: it has none.
    """
    versions = [folder for folder in model.glob("*") if folder.name.isdigit()]
    if not versions:
        raise UserError(f"{model} has no version: `make export` writes a model repository, --model names a model")
    return max(versions, key=lambda folder: int(folder.name))


def golden(version: Path) -> tuple[Pixels, Floats]:
    """Return a version's golden images, and its logits of each of them."""
    with np.load(version / "golden.npz") as stored:
        images: Pixels = stored["image"]
    return images, logits_of(version, images)


def logits_of(version: Path, images: Pixels) -> Floats:
    """Return a version's logits of each image alone, on this machine, through onnxruntime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(version / "model.onnx"), options, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(["logits"], {"image": image[None]})[0] for image in images])


def alike(logits: Floats, right: Floats) -> bool:
    """Return whether logits are the right ones."""
    return logits.shape == right.shape and bool(np.allclose(logits, right, atol=TOLERANCE))
