"""Tests of bench.harness.training.lrn_cost."""

import torch

from bench.harness.training.lrn_cost import lrn_images_per_second
from models import registry


def speeds(**options: object) -> dict[str, float] | None:
    """Return the speeds for a tiny AlexNet on four images."""
    small = {"image_size": 32, "width": 2, "hidden": 4, "channels": 1}
    settled = dict(registry.resolve("alexnet32", {**small, **options}))
    return lrn_images_per_second("alexnet32", settled, torch.ones(4, 1, 32, 32), torch.arange(4))


def test_both_implementations_are_timed() -> None:
    """Ours and torch's, whichever the net was trained with, and no random number is drawn from the trial's stream."""
    before = torch.get_rng_state()

    rates = speeds(normalisation="lrn", lrn_implementation="torch")

    assert rates is not None
    assert set(rates) == {"banded", "torch"}
    assert min(rates.values()) > 0
    assert torch.equal(before, torch.get_rng_state())


def test_a_net_without_lrn_has_none() -> None:
    """There is nothing to compare."""
    assert speeds(normalisation="batch") is None
    assert (
        lrn_images_per_second("mlp", dict(registry.resolve("mlp", {})), torch.rand(1, 1, 28, 28), torch.zeros(1))
        is None
    )
