"""Tests of export.graph.lrn: every form is the same function, in torch and in both runtimes."""

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from bench.harness.data.preprocess import Preprocess
from export.gate.runtime import onnxruntime_run, openvino_run
from export.graph.lrn import forms_for, use_form
from export.graph.to_onnx import served, to_onnx
from models.parts.lrn import LocalResponseNorm

PREPROCESS = Preprocess((0.5, 0.5, 0.5), (0.05, 0.05, 0.05))  # a wide range, so that LRN has something to do
CHANNELS = 12


def net(size: int, beta: float = 0.75) -> nn.Module:
    """Return a net whose answers depend on LRN: strong, behind a convolution."""
    torch.manual_seed(0)
    lrn = LocalResponseNorm(CHANNELS, size, alpha=0.5, beta=beta, k=2.0)
    return nn.Sequential(nn.Conv2d(3, CHANNELS, 3), lrn, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(CHANNELS, 4))


def images() -> np.ndarray:
    """Return three random images."""
    return np.random.default_rng(0).integers(0, 256, (3, 3, 8, 8), dtype=np.uint8)


@pytest.mark.parametrize(
    ("size", "beta", "form"),
    [
        (size, beta, form)
        for size, beta in ((2, 0.75), (5, 0.75), (5, 0.6), (12, 0.75), (23, 0.75))
        for form in forms_for(LocalResponseNorm(CHANNELS, size))
    ],
)
def test_every_form_answers_as_the_net_does(size: int, beta: float, form: str) -> None:
    """Odd and even windows, those that hold every channel, any beta."""
    model = net(size, beta).eval()
    with torch.inference_mode():
        expected = model(PREPROCESS(torch.from_numpy(images()))).numpy()
    content = to_onnx(served(model, PREPROCESS, lrn_form=form), (3, 8, 8)).SerializeToString()

    logits = onnxruntime_run(content)(images()).logits

    np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(openvino_run(content)(images()).logits, expected, rtol=1e-4, atol=1e-4)


def test_the_operator_is_one_node() -> None:
    """It is what the other forms are measured against."""
    proto: onnx.ModelProto = to_onnx(served(net(5), PREPROCESS, lrn_form="operator"), (3, 8, 8))

    assert [node.op_type for node in proto.graph.node].count("LRN") == 1


def test_even_windows_have_no_operator() -> None:
    """ONNX's reaches up where torch's reaches down; one even layer is enough."""
    assert forms_for(net(5)) == ("banded", "decomposed", "operator")
    assert forms_for(nn.Sequential(net(5), net(4))) == ("banded", "decomposed")
    assert forms_for(nn.Linear(2, 2)) == ()


def test_every_lrn_of_a_net_is_replaced() -> None:
    """However deep."""
    model = nn.Sequential(net(5), nn.Sequential(net(3)))

    use_form(model, "decomposed")

    assert forms_for(model) == ()
    assert sum(isinstance(module, nn.LocalResponseNorm) for module in model.modules()) == 2
