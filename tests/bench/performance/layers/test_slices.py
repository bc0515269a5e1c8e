"""Tests of bench.performance.layers.slices: a layer again and again for a slice of time, on its number of threads."""

import torch
from torch import Tensor, nn

from bench.performance.layers.slices import shape_text, timer


class Counted(nn.Linear):
    """A layer that counts its runs."""

    runs = 0

    def forward(self, x: Tensor) -> Tensor:
        """Count, and answer."""
        self.runs += 1
        return super().forward(x)


def test_a_slice_begins_with_a_run_that_is_not_timed() -> None:
    """One to know the output's shape, then two a slice that is over at once; each number is the time of one run."""
    layer = Counted(3, 2)
    seconds = timer(layer, torch.rand(4, 3, requires_grad=True), 1, 0.0)

    assert layer.runs == 1
    assert 0 < seconds() < 60
    assert layer.runs == 3
    assert torch.get_num_threads() == 1


def test_a_shape_is_written_with_its_sides() -> None:
    """As feature maps are spoken of."""
    assert shape_text((64, 20, 26, 26)) == "64 x 20 x 26 x 26"
