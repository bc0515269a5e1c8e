"""What a net costs before it is run: parameters and forward operations an image."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch.utils.flop_counter import FlopCounterMode

from models import registry


class Costs(NamedTuple):
    """Parameters, and millions of floating-point operations of one image's forward pass."""

    parameters: int
    mflops_per_image: float


def costs(architecture: str, options: Mapping[str, Any]) -> Costs:
    """Return an architecture's costs; nothing is computed, shapes alone are followed (the meta device).

    Convolutions and matrix products are counted (torch.utils.flop_counter), a multiply and an add as two;
    normalisation, activation and pooling are not. LRN counts as nothing in any implementation.
    """
    if "lrn_implementation" in options:  # the banded form is a convolution and would be counted as one
        options = {**options, "lrn_implementation": "torch"}
    with torch.device("meta"):
        model = registry.create(architecture, **options).eval()
        images = torch.empty(1, options["channels"], options["image_size"], options["image_size"])
    parameters = sum(parameter.numel() for parameter in model.parameters())
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model(images)
    return Costs(parameters, counter.get_total_flops() / 1e6)
