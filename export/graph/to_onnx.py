"""The ONNX graph: uint8 images in, logits and calibrated probabilities out; preprocessing and all weights inside."""

import copy
import json
import warnings
from collections.abc import Mapping
from typing import Any

import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.harness.data.preprocess import Preprocess, affine
from bench.harness.errors import UserError
from export.graph.batch_norm import folded
from export.graph.lrn import use_form
from export.repository.layout import INPUT, OUTPUTS

OPSET = 18
EXAMPLE_BATCH = 2  # torch.export takes a batch of one for a constant
PRODUCER = "convbench"


class ExportError(UserError):
    """A net that cannot become an ONNX file; the message has the exporter's reason."""


class Resize(nn.Module):
    """Scales images to a square as the recipe's preprocessing does: bilinear, antialiased.

    As two matrix products, one a side: ONNX's own operator is off by grey levels in one runtime where it shrinks.
    """

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, channels, height, width) to (n, channels, side, side)."""
        rows, columns = (self.weights(length) for length in x.shape[-2:])
        return torch.matmul(torch.matmul(rows, x), columns.T)

    def weights(self, length: int) -> Tensor:
        """Return what each pixel adds to each scaled one, (side, length): torch's own, by scaling the identity."""
        if length == self.side:
            return torch.eye(length)
        identity = torch.eye(length, dtype=torch.float64)[None, None]
        scaled = F.interpolate(identity, (self.side, length), mode="bilinear", antialias=True, align_corners=False)
        return scaled[0, 0].float()


class Served(nn.Module):
    """A net as it is served: pixels to logits and probabilities.

    Args:
        model: takes normalised images, returns logits (n, classes); in evaluation mode.
        preprocess: preprocessing of the test images.
        temperature: divides the logits before the softmax.
    """

    scale: Tensor
    shift: Tensor
    inverse_temperature: Tensor

    def __init__(self, model: nn.Module, preprocess: Preprocess, temperature: float = 1.0) -> None:
        super().__init__()
        self.net = model
        self.resize = None if preprocess.resize is None else Resize(preprocess.resize)
        scale, shift = affine(preprocess.mean, preprocess.std, torch.device("cpu"))
        self.register_buffer("scale", scale)
        self.register_buffer("shift", shift)
        self.register_buffer("inverse_temperature", torch.tensor(1 / temperature))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Map uint8 (n, channels, height, width) to logits and probabilities, both float32 (n, classes)."""
        x = image.to(torch.float32)
        if self.resize is not None:
            x = self.resize(x)
        logits = self.net(x * self.scale + self.shift)
        return logits, torch.softmax(logits * self.inverse_temperature, dim=1)


def served(model: nn.Module, preprocess: Preprocess, temperature: float = 1.0, lrn_form: str | None = None) -> Served:
    """Return a net as it is exported: BatchNorm folded, LRN in the given form (None: there is none)."""
    net = folded(model)
    if lrn_form is not None:
        use_form(net, lrn_form)
    return Served(net, preprocess, temperature).eval()


def to_onnx(module: Served, shape: tuple[int, int, int]) -> onnx.ModelProto:
    """Return the graph with a dynamic batch, opset 18, weights inside, free of paths of the machine it was made on.

    Args:
        module: the module that `served` made.
        shape: shape of an image: channels, height, width.

    Raises:
        ExportError: an operation that the exporter does not know.
    """
    example = torch.zeros(EXAMPLE_BATCH, *shape, dtype=torch.uint8)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's exporter warns of its own deprecations
            program = torch.onnx.export(
                copy.deepcopy(module),
                (example,),
                dynamo=True,
                opset_version=OPSET,
                input_names=[INPUT],
                output_names=list(OUTPUTS),
                dynamic_shapes={"image": {0: torch.export.Dim("batch")}},
                external_data=False,
                verify=False,
                verbose=False,
            )
    except Exception as error:  # the exporter fails in as many ways as there are operations
        raise ExportError(f"the net cannot be exported: {_reason(error)}") from error
    if program is None:
        raise ExportError("the net cannot be exported: torch returned no program")
    proto = program.model_proto
    _anonymise(proto)
    proto.producer_name, proto.producer_version = PRODUCER, ""
    return proto


def set_metadata(proto: onnx.ModelProto, values: Mapping[str, Any]) -> None:
    """Write metadata_props: strings as they are, everything else as JSON."""
    del proto.metadata_props[:]
    for key, value in values.items():
        text = value if isinstance(value, str) else json.dumps(value, allow_nan=False)
        proto.metadata_props.add(key=key, value=text)


def _anonymise(proto: onnx.ModelProto) -> None:
    """Remove the exporter's notes, among them stack traces with paths, from the graph and its parts."""
    graph = proto.graph
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.ClearField("doc_string")
        part.ClearField("metadata_props")
    proto.ClearField("doc_string")
    graph.name = "net"


def _reason(error: BaseException) -> str:
    """Return the innermost cause in one line: the exporter wraps it in pages of advice."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"
