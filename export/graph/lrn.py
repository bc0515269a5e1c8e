"""LRN's three exact forms in an ONNX graph; which is fastest in onnxruntime is measured at every export.

banded: a 1x1 convolution with a band matrix over the squares, square roots for beta 0.75; any window.
decomposed: torch's own layer, which the exporter takes apart: Pad, AveragePool, Pow, Div; any window.
operator: ONNX's LRN, whose window equals torch's for odd sizes only: even ones reach up where torch's reach down.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.parts.lrn import ALEXNET_BETA, LocalResponseNorm

OPSET_OF_LRN = 13


class Banded(nn.Module):
    """LRN for inference, with the scale inside the band's kernel and the constant as its bias.

    d^-0.75 is 1 / (sqrt(d) sqrt(sqrt(d))): no power, which is many times slower.
    """

    kernel: Tensor | None
    constant: Tensor

    def __init__(self, layer: LocalResponseNorm) -> None:
        super().__init__()
        self.beta, self.k, self.scale = layer.beta, layer.k, layer.scale
        kernel = None if layer.band is None else layer.band.float() * layer.scale
        self.register_buffer("kernel", kernel)
        self.register_buffer("constant", torch.full((layer.channels,), layer.k))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise feature maps (batch, channels, height, width)."""
        squares = x * x
        if self.kernel is None:
            d = squares.sum(dim=1, keepdim=True) * self.scale + self.k
        else:
            d = F.conv2d(squares, self.kernel, self.constant)
        if self.beta != ALEXNET_BETA:
            return x / d.pow(self.beta)
        root = d.sqrt()
        return x / (root * root.sqrt())


class Operator(nn.Module):
    """LRN as ONNX's operator. Only for export: torch itself cannot run it."""

    def __init__(self, layer: LocalResponseNorm) -> None:
        super().__init__()
        self.attributes: dict[str, Any] = {
            "size": int(layer.size),
            "alpha": float(layer.alpha),
            "beta": float(layer.beta),
            "bias": float(layer.k),
        }

    def forward(self, x: Tensor) -> Tensor:
        """Normalise feature maps (batch, channels, height, width)."""
        return torch.onnx.ops.symbolic("LRN", (x,), self.attributes, dtype=x.dtype, shape=x.shape, version=OPSET_OF_LRN)


def _decomposed(layer: LocalResponseNorm) -> nn.Module:
    return nn.LocalResponseNorm(layer.size, layer.alpha, layer.beta, layer.k)


FORMS: Mapping[str, Callable[[LocalResponseNorm], nn.Module]] = {
    "banded": Banded,
    "decomposed": _decomposed,
    "operator": Operator,
}


def forms_for(model: nn.Module) -> tuple[str, ...]:
    """Return the forms in which a net's LRN can be exported; nothing for a net without LRN."""
    layers = [module for module in model.modules() if isinstance(module, LocalResponseNorm)]
    if not layers:
        return ()
    odd = all(layer.size % 2 for layer in layers)
    return tuple(name for name in FORMS if name != "operator" or odd)


def use_form(model: nn.Module, form: str) -> None:
    """Replace every LRN of a net, which must not be one itself."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, LocalResponseNorm):
                setattr(parent, name, FORMS[form](child))
