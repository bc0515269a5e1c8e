"""Tests of export.gate.structure: what a file must look like before it is run."""

import re
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from export.gate.structure import structure_problems
from tests.export.conftest import Edit

Edited = Callable[[str, Edit], Path]
SHAPE = (1, 28, 28)


def test_damage_is_reported(tmp_path: Path) -> None:
    """Bytes that are no ONNX file."""
    path = tmp_path / "model.onnx"
    path.write_bytes(b"not a model")

    (problem,) = structure_problems(path, SHAPE, 10)

    assert "onnx.checker refuses the file" in problem


def renamed_output(proto: onnx.ModelProto) -> None:
    """The second output has another name."""
    proto.graph.node[-1].output[0] = proto.graph.output[1].name = "p"


def fixed_batch(proto: onnx.ModelProto) -> None:
    """The graph takes batches of two only."""
    proto.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 2


def newer_ir(proto: onnx.ModelProto) -> None:
    """A file version that older runtimes refuse."""
    proto.ir_version = 11


def another_opset(proto: onnx.ModelProto) -> None:
    """Another version of the operators."""
    proto.opset_import[0].version = 19


def batch_norm(proto: onnx.ModelProto) -> None:
    """A BatchNorm behind the probabilities."""
    graph = proto.graph
    for name in "abcd":
        graph.initializer.append(helper.make_tensor(name, TensorProto.FLOAT, [10], [1.0] * 10))
    last = graph.node[-1].output[0]
    graph.node[-1].output[0] = "before"
    graph.node.append(helper.make_node("BatchNormalization", ["before", *"abcd"], [last], name="bn"))


def even_lrn(proto: onnx.ModelProto) -> None:
    """ONNX's LRN with an even window, in front of the first convolution."""
    graph = proto.graph
    place = next(i for i, node in enumerate(graph.node) if node.op_type == "Conv")
    node = helper.make_node("LRN", [graph.node[place].input[0]], ["normalised"], name="even", size=4)
    graph.node[place].input[0] = "normalised"
    graph.node.insert(place, node)


EDITS = {
    renamed_output: r"inputs and outputs are \['image', 'logits', 'p'\]",
    fixed_batch: "image takes batches of 2 only",
    newer_ir: "its IR version is 11",
    another_opset: "not of ai.onnx 18 alone",
    batch_norm: "node bn is a BatchNormalization",
    even_lrn: "node even has an even LRN window of 4",
}


@pytest.mark.parametrize(("edit", "message"), EDITS.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_what_is_wrong_is_named(edit: Edit, message: str, edited: Edited) -> None:
    """One fault, one sentence."""
    (problem,) = structure_problems(edited("lenet5", edit), SHAPE, 10)

    assert re.search(message, problem)


def test_another_data_sets_shape_is_named(edited: Edited) -> None:
    """A card for colour images beside a graph for grey ones."""
    path = edited("lenet5", lambda _: None)

    assert "image is UINT8 ['batch', 1, 28, 28], not UINT8 ['batch', 3, 28, 28]" in structure_problems(
        path, (3, 28, 28), 10
    )
    assert len(structure_problems(path, SHAPE, 7)) == 2
