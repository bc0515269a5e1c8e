"""Tests of export.graph.batch_norm: no BatchNorm is left, and the answers are the same."""

import pytest
import torch
from torch import nn

from export.graph.batch_norm import Affine, folded
from models.registry import create, describe, names
from tests.export.conftest import randomise_statistics

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
WITH_BATCH_NORM = [name for name in names() if "normalisation" in describe(name).options]


@pytest.mark.parametrize("name", WITH_BATCH_NORM)
def test_a_folded_net_answers_as_before(name: str) -> None:
    """Every architecture that can have BatchNorm, in float64: its weights were rounded to float32 once."""
    torch.manual_seed(0)
    options: dict[str, object] = {"normalisation": "batch"}
    if name not in ("base", "sk", "mlp"):
        options["width"] = 4 if isinstance(describe(name).options["width"], int) else 0.1
    model = create(name, **options).eval()
    randomise_statistics(model)
    images = torch.randn(2, *describe(name).input_shape)

    without_norms = folded(model)

    assert not [module for module in without_norms.modules() if isinstance(module, BATCH_NORMS)]
    assert any(isinstance(module, BATCH_NORMS) for module in model.modules())
    with torch.inference_mode():
        expected = model.double()(images.double())
        answers = without_norms.double()(images.double())
    torch.testing.assert_close(answers, expected, rtol=1e-4, atol=1e-4 * float(expected.abs().max()))


class Shared(nn.Module):
    """A convolution that two layers read: its BatchNorm must not change what the other sees."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add both."""
        y = self.conv(x)
        total: torch.Tensor = self.norm(y) + y
        return total


def test_a_layer_that_others_read_is_not_folded_into() -> None:
    """Its BatchNorm becomes an affine map of its own."""
    model = Shared().eval()
    randomise_statistics(model)
    x = torch.randn(2, 2, 4, 4)

    without_norms = folded(model)

    assert isinstance(without_norms.get_submodule("norm"), Affine)
    torch.testing.assert_close(without_norms(x), model(x), rtol=1e-5, atol=1e-5)


def test_a_batch_norm_behind_an_activation_becomes_affine() -> None:
    """Where no layer can take it in."""
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.BatchNorm1d(3)).eval()
    randomise_statistics(model)
    x = torch.randn(5, 4)

    without_norms = folded(model)

    assert isinstance(without_norms.get_submodule("2"), Affine)
    torch.testing.assert_close(without_norms(x), model(x), rtol=1e-5, atol=1e-5)


def test_a_linear_layer_takes_its_batch_norm_in() -> None:
    """It is an identity afterwards."""
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)).eval()
    randomise_statistics(model)
    x = torch.randn(5, 4)

    without_norms = folded(model)

    assert isinstance(without_norms.get_submodule("1"), nn.Identity)
    torch.testing.assert_close(without_norms(x), model(x), rtol=1e-5, atol=1e-5)


def test_the_net_itself_is_left_alone() -> None:
    """It goes on to be the reference."""
    model = nn.Sequential(nn.Conv2d(1, 2, 1, bias=False), nn.BatchNorm2d(2)).train()
    before = {name: leaf.clone() for name, leaf in model.state_dict().items()}

    folded(model)

    assert model.training
    assert isinstance(model[1], nn.BatchNorm2d)
    assert all(torch.equal(leaf, before[name]) for name, leaf in model.state_dict().items())


def test_a_batch_norm_without_statistics_is_refused() -> None:
    """It depends on who shares the batch."""
    model = nn.Sequential(nn.ReLU(), nn.BatchNorm1d(3, track_running_stats=False))

    with pytest.raises(ValueError, match="depends on its batch"):
        folded(model)
