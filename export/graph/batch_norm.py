"""Takes BatchNorm out of a net before it is exported: its affine map goes into the layer before it, in float64."""

import copy

import torch
from torch import Tensor, fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

BatchNorm = nn.BatchNorm1d | nn.BatchNorm2d


class Affine(nn.Module):
    """The rest of a BatchNorm that no layer can take in, behind an activation for instance: x * scale + shift."""

    scale: Tensor
    shift: Tensor

    def __init__(self, norm: BatchNorm) -> None:
        super().__init__()
        mean, variance = norm.running_mean, norm.running_var
        if mean is None or variance is None:
            raise ValueError("a BatchNorm without running statistics depends on its batch: it has no affine form")
        weight = torch.ones_like(mean) if norm.weight is None else norm.weight.detach()
        bias = torch.zeros_like(mean) if norm.bias is None else norm.bias.detach()
        scale = weight / torch.sqrt(variance + norm.eps)
        shape = (1, -1, 1, 1) if isinstance(norm, nn.BatchNorm2d) else (1, -1)
        self.register_buffer("scale", scale.view(shape))
        self.register_buffer("shift", (bias - mean * scale).view(shape))

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, channels, ...)."""
        return x * self.scale + self.shift


def folded(model: nn.Module) -> nn.Module:
    """Return a float32 copy of a net, in evaluation mode, without BatchNorm; the net is left as it was.

    A BatchNorm behind a convolution or linear layer that nothing else reads goes into that layer, any other becomes
    `Affine`. Both are computed in float64 and rounded once.
    """
    model = copy.deepcopy(model).eval().double()
    modules = dict(model.named_modules())
    graph = _Tracer().trace(model)
    before = {
        str(node.target): node.args[0]
        for node in graph.nodes
        if node.op == "call_module" and isinstance(modules[str(node.target)], BatchNorm)
    }
    for name, module in modules.items():
        if isinstance(module, BatchNorm):
            _fold(model, name, module, before.get(name))
    return model.float()


class _Tracer(fx.Tracer):
    """Follows modules down to those without children: LRN and padding look at shapes, which tracing cannot."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        del module_qualified_name
        return next(m.children(), None) is None


def _fold(model: nn.Module, name: str, norm: BatchNorm, before: object) -> None:
    """Put a BatchNorm into the layer before it, or its affine map into its own place."""
    own = isinstance(before, fx.Node) and before.op == "call_module" and len(before.users) == 1
    layer = model.get_submodule(str(before.target)) if own and isinstance(before, fx.Node) else None
    if isinstance(layer, nn.Conv2d):
        fused: nn.Module = fuse_conv_bn_eval(layer, norm)
    elif isinstance(layer, nn.Linear):
        fused = fuse_linear_bn_eval(layer, norm)
    else:
        _replace(model, name, Affine(norm))
        return
    _replace(model, str(getattr(before, "target", "")), fused)
    _replace(model, name, nn.Identity())


def _replace(model: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, child = name.rpartition(".")
    setattr(model.get_submodule(parent), child, module)
