"""int8: static quantisation in QDQ form, calibrated on training images; whether it is worth publishing is judged here.

Activations are uint8, weights int8 with a scale a channel; ranges are the smallest and largest values seen. The
preprocessing, LRN's own convolution (its squares span too wide a range for 8 bits) and what follows the logits stay
float32.
"""

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quant_pre_process,
    quantize_static,
)

from bench.harness.machine.environment import cpu_lines
from export.repository.golden import Pixels
from export.repository.layout import INPUT

BATCH = 32
WEIGHTED = ("Conv", "Gemm", "MatMul")
QUANTISED = (*WEIGHTED, "MaxPool", "AveragePool", "GlobalAveragePool", "Concat", "Add")
SCHEMES = ("all layers", "first and last layer float32")


class _Images(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    """Feeds training images to the calibration, in batches."""

    def __init__(self, images: Pixels) -> None:
        self._batches: Iterator[Pixels] = iter(np.array_split(images, max(1, len(images) // BATCH)))

    def get_next(self) -> dict[str, Pixels] | None:
        """Return the next batch, None at the end."""
        batch = next(self._batches, None)
        return None if batch is None else {INPUT: batch}


def quantised(proto: onnx.ModelProto, images: Pixels, scheme: str = SCHEMES[0]) -> onnx.ModelProto:
    """Return the int8 form of a float32 graph.

    Args:
        proto: the model that `graph.to_onnx` made.
        images: (n, channels, height, width) uint8, from the training split.
        scheme: a name in SCHEMES.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, prepared, target = (Path(folder) / name for name in ("float.onnx", "prepared.onnx", "int8.onnx"))
        source.write_bytes(proto.SerializeToString())
        with _quiet():
            quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
            model = onnx.load(str(prepared))
            quantize_static(
                str(prepared),
                str(target),
                _Images(images),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=list(QUANTISED),
                per_channel=True,
                reduce_range=not has_vnni(),
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=excluded(model, scheme),
                calibrate_method=CalibrationMethod.MinMax,
            )
        result = onnx.load(str(target))
    result.producer_name = proto.producer_name
    for entry in list(result.opset_import):
        if entry.domain not in {node.domain for node in result.graph.node}:
            result.opset_import.remove(entry)
    return result


def excluded(proto: onnx.ModelProto, scheme: str) -> list[str]:
    """Return the nodes that stay float32: outside the layers, LRN's, and by the scheme the first and last layer."""
    nodes = list(proto.graph.node)
    layers = [place for place, node in enumerate(nodes) if node.op_type in WEIGHTED and not _of_lrn(node)]
    if not layers:
        return [node.name for node in nodes]
    first, last = layers[0], layers[-1]
    outside = [*nodes[:first], *nodes[last + 1 :], *filter(_of_lrn, nodes)]
    if scheme != SCHEMES[0]:
        outside += [nodes[first], nodes[last]]
    return [node.name for node in outside]


def _of_lrn(node: onnx.NodeProto) -> bool:
    """Return whether a convolution is LRN's sum over its window: its kernel is a buffer of `lrn.Banded`."""
    return node.op_type == "Conv" and node.input[1].endswith(".kernel")


def has_vnni() -> bool:
    """Return whether the CPU multiplies 8-bit integers into 32 bits; without it 7 bits must do, or sums overflow."""
    return any("vnni" in line for line in cpu_lines())


class _quiet:  # noqa: N801 - reads as a statement
    """Silence onnxruntime's advice on the root logger while it quantises."""

    def __enter__(self) -> None:
        self._level = logging.root.level
        logging.root.setLevel(logging.ERROR)

    def __exit__(self, *_: object) -> None:
        logging.root.setLevel(self._level)
