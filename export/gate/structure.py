"""What an exported graph must look like before anything is run: the ONNX checker, its inputs, outputs and weights."""

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
        path: of the ONNX file.
        shape: of an image: channels, height, width.
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
    found = [*proto.graph.input, *proto.graph.output]
    if [each.name for each in found] != list(expected):
        return [f"inputs and outputs are {[each.name for each in found]}, not {list(expected)}"]
    problems = []
    for each in found:
        tensor = each.type.tensor_type
        dims = [dim.dim_param or dim.dim_value for dim in tensor.shape.dim]
        kind, wanted = expected[each.name]
        if tensor.elem_type != kind or tuple(dims[1:]) != wanted:
            name = TensorProto.DataType.Name(tensor.elem_type)
            problems.append(f"{each.name} is {name} {dims}, not {TensorProto.DataType.Name(kind)} {['batch', *wanted]}")
        if not isinstance(dims[0], str):
            problems.append(f"{each.name} takes batches of {dims[0]} only: its first axis must be dynamic")
    return problems


def _form_problems(proto: onnx.ModelProto) -> list[str]:
    problems = []
    opsets = {each.domain or "ai.onnx": each.version for each in proto.opset_import}
    if opsets.get("ai.onnx") != OPSET or len(opsets) != 1:
        problems.append(f"its operators are of {opsets}, not of ai.onnx {OPSET} alone")
    if proto.ir_version > NEWEST_IR:
        problems.append(f"its IR version is {proto.ir_version}: runtimes that read {NEWEST_IR} refuse it")
    problems += [
        f"initializer {each.name} lies outside the file"
        for each in proto.graph.initializer
        if each.data_location == TensorProto.EXTERNAL
    ]
    for node in proto.graph.node:
        if node.op_type in FORBIDDEN:
            problems.append(f"node {node.name} is a {node.op_type}: it should have been folded")
        if node.op_type == "LRN" and not _lrn_size(node) % 2:
            problems.append(f"node {node.name} has an even LRN window of {_lrn_size(node)}: ONNX's is not torch's")
    return problems


def _lrn_size(node: onnx.NodeProto) -> int:
    return next(int(each.i) for each in node.attribute if each.name == "size")


def weight_problems(proto: onnx.ModelProto, weights: Weights) -> list[str]:
    """Return the weights of a graph that are not, bit for bit, those of the net: a layer each.

    Weights that the exporter renamed or merged are not looked at here: the answers judge them.
    """
    initializers = {each.name: each for each in proto.graph.initializer}
    problems = []
    for name, expected in weights.items():
        if name not in initializers:
            continue
        found = numpy_helper.to_array(initializers[name])
        if found.shape != expected.shape:
            problems.append(f"weight {name} has shape {found.shape}, the net's has {expected.shape}")
        elif not np.array_equal(found, expected):
            problems.append(f"weight {name} differs from the net's in {int((found != expected).sum())} values")
    return problems


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
