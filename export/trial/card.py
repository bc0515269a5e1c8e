"""A model's card: what it is, what it was made from, how it was judged; the same facts go into the graph's metadata."""

import importlib.metadata
from dataclasses import replace
from pathlib import Path
from typing import Any

from scipy import stats

from bench.harness.data.folder_name import folder_name, is_folder
from bench.harness.machine.environment import environment
from export.gate.parity import Reference
from export.gate.temperature import expected_calibration_error
from export.trial.loaded import Material

FORMAT = "convbench-model-1"
LIBRARIES = ("onnx", "onnxruntime-gpu", "onnxruntime", "onnxscript", "openvino")
CONFIDENCE = 0.95


def interval(correct: int, images: int) -> tuple[float, float]:
    """Return the 95 % interval of an accuracy over the test images (Wilson, 1927): this very net, other images."""
    interval = stats.binomtest(correct, images).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)


def facts(material: Material, variant: str) -> dict[str, Any]:
    """Return what is known of a model before it is judged."""
    record, reference = material.record, material.reference
    return {
        "format": FORMAT,
        "variant": variant,
        "study": record.study,
        "arm": record.arm,
        "label": record.context["label"],
        "seed": record.seed,
        "protocol": record.protocol,
        "architecture": record.architecture,
        "options": dict(record.options),
        "record_id": record.record_id,
        "checkpoint_sha256": record.checkpoint_sha256,
        "dataset": dataset_name(record.dataset),
        "data_sha256": record.data_sha256,
        "classes": material.classes,
        "mean": list(material.preprocess.mean),
        "std": list(material.preprocess.std),
        "shape": list(material.shape),
        "ground": material.ground,
        "fit": material.fit,
        "input": "image: uint8 (batch, channels, height, width); normalisation and resizing are inside the graph",
        "outputs": "logits, probabilities: float32 (batch, classes)",
        "resize": material.preprocess.resize,
        "parameters": record.parameters,
        "mflops_per_image": record.mflops_per_image,
        "validation_accuracy": record.validation_accuracy,
        **accuracy_facts(reference, reference.logits),
        "temperature": material.temperature,
        **calibration_facts(reference, reference.logits, material.temperature),
        "environment": {**environment(), **library_versions()},
    }


def dataset_name(dataset: str) -> str:
    """Return a data set's name without the path of this machine that a folder's has."""
    if not is_folder(dataset):
        return dataset
    name = folder_name(dataset)
    return str(replace(name, path=Path(name.path).name))


def accuracy_facts(reference: Reference, logits: Any) -> dict[str, Any]:  # noqa: ANN401 - an array
    """Return test accuracy with its interval and n."""
    correct = int((logits.argmax(axis=1) == reference.labels).sum())
    images = len(reference.labels)
    return {
        "test_accuracy": correct / images,
        "test_accuracy_interval": interval(correct, images),
        "test_images": images,
    }


def calibration_facts(reference: Reference, logits: Any, temperature: float) -> dict[str, Any]:  # noqa: ANN401 - an array
    """Return the expected calibration error on the test images, 0 to 1, before and after the temperature."""
    before, after = (expected_calibration_error(logits, reference.labels, divisor) for divisor in (1.0, temperature))
    return {"test_calibration_error": {"before": before, "after": after}}


def library_versions() -> dict[str, str]:
    """Return the versions of the exporter's libraries that are installed."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name.replace("-", "_")] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
