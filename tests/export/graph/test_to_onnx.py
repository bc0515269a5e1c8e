"""Tests of export.graph.to_onnx: every registered architecture, with random weights, through graph and parity."""

import re
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.harness.data.preprocess import Preprocess
from export.gate.parity import Reference, gate
from export.gate.runtime import onnxruntime_run, openvino_run
from export.gate.structure import structure_problems
from export.graph.lrn import forms_for
from export.graph.to_onnx import OPSET, ExportError, Resize, Served, served, set_metadata, to_onnx
from models.registry import create, describe, names
from tests.export.conftest import randomise_statistics

IMAGES = 9


def answered(model: nn.Module, preprocess: Preprocess, images: np.ndarray, temperature: float) -> Reference:
    """Return what a net answers in torch."""
    with torch.inference_mode():
        logits = model.eval()(preprocess(torch.from_numpy(images)))
        probabilities = torch.softmax(logits / temperature, dim=1)
    return Reference(
        images=images, labels=logits.argmax(dim=1).numpy(), logits=logits.numpy(), probabilities=probabilities.numpy()
    )


def passes(model: nn.Module, shape: tuple[int, int, int], resize: int | None, tmp_path: Path) -> onnx.ModelProto:
    """Export a net, assert that structure and answers are right, return the graph."""
    preprocess = Preprocess((0.4,) * shape[0], (0.2,) * shape[0], resize)
    images = np.random.default_rng(0).integers(0, 256, (IMAGES, *shape), dtype=np.uint8)
    reference = answered(model, preprocess, images, 1.7)
    form = next(iter(forms_for(model)), None)
    proto = to_onnx(served(model, preprocess, 1.7, form), shape)
    path = tmp_path / "model.onnx"
    path.write_bytes(proto.SerializeToString())
    runs = [("onnxruntime", onnxruntime_run(path)), ("OpenVINO", openvino_run(path))]

    assert structure_problems(path, shape, reference.logits.shape[1]) == []
    assert [comparison.problems for comparison in gate(reference, runs, (1, 2, IMAGES))] == [()] * 6
    return proto


@pytest.mark.parametrize("name", names())
def test_every_architecture_is_exported(name: str, tmp_path: Path) -> None:
    """At its defaults, with random weights and statistics: no BatchNorm is left, and both runtimes agree with torch."""
    torch.manual_seed(0)
    architecture = describe(name)
    narrow: dict[str, object] = {}
    if architecture.input_shape[1] > 28:  # the others are small as they are
        narrow["hidden"] = 64
        narrow["width"] = 8 if isinstance(architecture.options.get("width"), int) else 0.25
    model = create(name, **{key: value for key, value in narrow.items() if key in architecture.options})
    randomise_statistics(model)

    proto = passes(model, architecture.input_shape, None, tmp_path)

    assert not {node.op_type for node in proto.graph.node} & {"BatchNormalization", "Dropout", "Identity"}
    assert {opset.version for opset in proto.opset_import} == {OPSET}


@pytest.mark.parametrize("normalisation", ["none", "batch", "layer", "lrn"])
def test_every_normalisation_is_exported(
    normalisation: Literal["none", "batch", "layer", "lrn"], tmp_path: Path
) -> None:
    """In the small AlexNet, where BatchNorm stands behind the activation."""
    torch.manual_seed(0)
    model = create("alexnet32", width=8, hidden=16, normalisation=normalisation)
    randomise_statistics(model)

    passes(model, (3, 32, 32), None, tmp_path)


@pytest.mark.parametrize("side", [48, 28, 24])
def test_resizing_is_in_the_graph(side: int, tmp_path: Path) -> None:
    """Images of the data set's own size go in; the recipe scales them up or down, in both runtimes alike."""
    torch.manual_seed(0)
    model = create("alexnet32", image_size=side, width=8, hidden=16)

    passes(model, (3, 32, 32), side, tmp_path)


@pytest.mark.parametrize(("height", "width", "side"), [(32, 32, 224), (32, 32, 20), (17, 40, 28)])
def test_resizing_is_that_of_the_preprocessing(height: int, width: int, side: int) -> None:
    """As two matrix products: torch's own weights."""
    images = torch.randint(0, 256, (2, 3, height, width)).float()

    expected = F.interpolate(images, (side, side), mode="bilinear", antialias=True, align_corners=False)

    torch.testing.assert_close(Resize(side)(images), expected, rtol=1e-5, atol=1e-3)


def test_a_graph_holds_no_path_of_the_machine() -> None:
    """The exporter's notes have stack traces. The weights are zeros, so that no byte of theirs looks like one."""
    model = create("lenet5")
    for parameter in model.parameters():
        parameter.data.zero_()

    content = to_onnx(served(model, Preprocess((0.0,), (1 / 255,))), (1, 28, 28)).SerializeToString()

    assert not re.search(rb"/\w+/|\.py", content)


def test_the_same_net_gives_the_same_bytes() -> None:
    """An export that changes nothing makes no new version."""
    module = served(create("sk"), Preprocess((0.1,), (0.3,)))

    assert to_onnx(module, (1, 28, 28)) == to_onnx(module, (1, 28, 28))


class Unsupported(nn.Module):
    """Uses an operation that the exporter does not know."""

    def forward(self, x: Tensor) -> Tensor:
        """Return singular values as logits."""
        values: Tensor = torch.linalg.svdvals(x[:, 0])
        return values


def test_an_unsupported_operation_is_a_clear_error() -> None:
    """One line that names it, not pages of advice."""
    with pytest.raises(ExportError, match=r"cannot be exported: .*svd") as caught:
        to_onnx(Served(Unsupported(), Preprocess((0.5,), (0.5,))).eval(), (1, 4, 4))

    assert "\n" not in str(caught.value)


def test_metadata_are_strings() -> None:
    """Text as it is, everything else as JSON, and what was there before is gone."""
    proto = to_onnx(served(create("lenet5"), Preprocess((0.1,), (0.3,))), (1, 28, 28))
    set_metadata(proto, {"old": "x"})
    set_metadata(proto, {"dataset": "mnist", "mean": [0.5], "resize": None})

    assert {entry.key: entry.value for entry in proto.metadata_props} == {
        "dataset": "mnist",
        "mean": "[0.5]",
        "resize": "null",
    }
