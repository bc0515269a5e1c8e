"""The cost of LRN in our implementation and in torch's: asked of LRN, not of how it was written."""

import statistics
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.harness.machine.clock import clock
from models import registry

IMPLEMENTATIONS = ("banded", "torch")
TURNS = 3


def lrn_images_per_second(
    architecture: str, options: Mapping[str, Any], batch: Tensor, labels: Tensor
) -> dict[str, float] | None:
    """Return the images/s of forward and backward with each implementation of LRN, None for a net without LRN.

    They take turns on the same batch, so that their ratio holds whatever else the machine does.

    Args:
        architecture: a registered name.
        options: every option of it.
        batch: normalised images (n, channels, height, width), in the memory format that the net is trained in.
        labels: (n,).
    """
    if "lrn_implementation" not in options or options.get("normalisation") != "lrn":
        return None
    with torch.random.fork_rng():
        models = {
            name: _model(architecture, {**options, "lrn_implementation": name}, batch) for name in IMPLEMENTATIONS
        }
        for model in models.values():
            _seconds(model, batch, labels)
        turns = [{name: _seconds(model, batch, labels) for name, model in models.items()} for _ in range(TURNS)]
    return {name: len(batch) / statistics.median(turn[name] for turn in turns) for name in IMPLEMENTATIONS}


def _model(architecture: str, options: Mapping[str, Any], batch: Tensor) -> nn.Module:
    channels_last = batch.is_contiguous(memory_format=torch.channels_last) and not batch.is_contiguous()
    memory_format = torch.channels_last if channels_last else torch.contiguous_format
    return registry.create(architecture, **options).to(batch.device).to(memory_format=memory_format)


def _seconds(model: nn.Module, batch: Tensor, labels: Tensor) -> float:
    model.zero_grad(set_to_none=True)
    start = clock()
    F.cross_entropy(model(batch), labels).backward()  # type: ignore[no-untyped-call]  # torch's own
    return clock() - start
