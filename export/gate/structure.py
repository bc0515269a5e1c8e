"""The form of an exported graph before anything is run: the ONNX checker, its inputs, outputs and weights."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, numpy_helper

from export.graph.to_onnx import OPSET
from export.repository.layout import INPUT, OUTPUTS

NEWEST_IR = 10  # what onnxruntime 1.18 and the Triton releases since can read
FORBIDDEN = ("BatchNormalization",)  # folded before the export

Weights = Mapping[str, npt.NDArray[np.floating]]


def structure_problems(
    path: Path, shape: tuple[int, int, int], classes: int, weights: Weights | None = None
) -> list[str]:
    """Return what is wrong with a file's graph, nothing if all is well.

    Args:
        path: path of the ONNX file.
        shape: shape of an image: channels, height, width.
        classes: number of logits.
        weights: by the name they must have in the graph; None where they are not at hand.
    """
    try:
        onnx.checker.check_model(str(path), full_check=True)
        proto = onnx.load(str(path), load_external_data=False)
    except Exception as error:  # noqa: BLE001 - onnx raises what protobuf, its checker and its shape inference raise
        return [f"onnx.checker refuses the file: {_first_line(error)}"]
    problems = _signature_problems(proto, shape, classes) + _form_problems(proto)
    return problems + ([] if weights is None else weight_problems(proto, weights))


def _signature_problems(proto: onnx.ModelProto, shape: tuple[int, int, int], classes: int) -> list[str]:
    expected = {INPUT: (TensorProto.UINT8, shape), **dict.fromkeys(OUTPUTS, (TensorProto.FLOAT, (classes,)))}
    ports = [*proto.graph.input, *proto.graph.output]
    if [port.name for port in ports] != list(expected):
        return [f"inputs and outputs are {[port.name for port in ports]}, not {list(expected)}"]
    problems = []
    for port in ports:
        tensor = port.type.tensor_type
        dims = [dim.dim_param or dim.dim_value for dim in tensor.shape.dim]
        kind, wanted = expected[port.name]
        if tensor.elem_type != kind or tuple(dims[1:]) != wanted:
            name = TensorProto.DataType.Name(tensor.elem_type)
            problems.append(f"{port.name} is {name} {dims}, not {TensorProto.DataType.Name(kind)} {['batch', *wanted]}")
        if not isinstance(dims[0], str):
            problems.append(f"{port.name} takes batches of {dims[0]} only: its first axis must be dynamic")
    return problems


def _form_problems(proto: onnx.ModelProto) -> list[str]:
    problems = []
    opsets = {opset.domain or "ai.onnx": opset.version for opset in proto.opset_import}
    if opsets.get("ai.onnx") != OPSET or len(opsets) != 1:
        problems.append(f"its operators are of {opsets}, not of ai.onnx {OPSET} alone")
    if proto.ir_version > NEWEST_IR:
        problems.append(f"its IR version is {proto.ir_version}: runtimes that read {NEWEST_IR} refuse it")
    problems += [
        f"initializer {tensor.name} lies outside the file"
        for tensor in proto.graph.initializer
        if tensor.data_location == TensorProto.EXTERNAL
    ]
    for node in proto.graph.node:
        if node.op_type in FORBIDDEN:
            problems.append(f"node {node.name} is a {node.op_type}: it should have been folded")
        if node.op_type == "LRN" and not _lrn_size(node) % 2:
            problems.append(f"node {node.name} has an even LRN window of {_lrn_size(node)}: ONNX's is not torch's")
    return problems


def _lrn_size(node: onnx.NodeProto) -> int:
    return next(int(attribute.i) for attribute in node.attribute if attribute.name == "size")


def weight_problems(proto: onnx.ModelProto, weights: Weights) -> list[str]:
    """Return the weights of a graph that are not, bit for bit, those of the net: a layer each.

    Weights that the exporter renamed or merged are not looked at here: the answers judge them.
    """
    initializers = {tensor.name: tensor for tensor in proto.graph.initializer}
    problems = []
    for name, expected in weights.items():
        if name not in initializers:
            continue
        stored = numpy_helper.to_array(initializers[name])
        if stored.shape != expected.shape:
            problems.append(f"weight {name} has shape {stored.shape}, the net's has {expected.shape}")
        elif not np.array_equal(stored, expected):
            problems.append(f"weight {name} differs from the net's in {int((stored != expected).sum())} values")
    return problems


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
