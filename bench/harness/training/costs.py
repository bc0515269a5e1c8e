"""The cost of a net before it is run: parameters, forward operations and outputs an image."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from bench.harness.study.recipe import Recipe, RecipeError
from models import registry
from models.parts.lrn import LocalResponseNorm


class Costs(NamedTuple):
    """Parameters; millions of floating-point operations of one image's forward pass, and numbers its layers put out."""

    parameters: int
    mflops_per_image: float
    activations_per_image: int


def costs(architecture: str, options: Mapping[str, Any]) -> Costs:
    """Return an architecture's costs; nothing is computed, shapes alone are followed (the meta device).

    Convolutions and matrix products are counted (torch.utils.flop_counter), a multiply and an add as two;
    normalisation, activation and pooling are not. LRN counts as nothing in any implementation.
    """
    model, image = _shapes(architecture, options)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    outputs: list[int] = []
    for layer in model.modules():
        if not list(layer.children()):
            layer.register_forward_hook(lambda _layer, _input, output: outputs.append(output.numel()))
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model.eval()(image)
    return Costs(parameters, counter.get_total_flops() / 1e6, sum(outputs))


def check_last_batch(architecture: str, options: Mapping[str, Any], recipe: Recipe, images: int) -> None:
    """Refuse to train where an epoch's last batch is one image and the net normalises over the batch.

    Args:
        architecture: the net.
        options: every option of it.
        recipe: for its batch size.
        images: number of images that are trained on.

    Raises:
        RecipeError: BatchNorm would have one value a channel.
    """
    if images % recipe.batch_size != 1:
        return
    model, image = _shapes(architecture, options)
    try:
        model.train()(image)
    except ValueError as error:
        raise RecipeError(
            f"batch_size is {recipe.batch_size}: it leaves one of {images} training images for an epoch's last "
            f"batch, and {architecture} normalises over the batch ({error}); choose another batch_size"
        ) from error


def _shapes(architecture: str, options: Mapping[str, Any]) -> tuple[nn.Module, Tensor]:
    """Return a net and one image without storage: running it computes shapes alone."""
    with torch.device("meta"):
        model = registry.create(architecture, **options)
        for parent in list(model.modules()):
            for name, layer in parent.named_children():
                if isinstance(layer, LocalResponseNorm):  # its banded form is a convolution and would be counted as one
                    setattr(parent, name, nn.Identity())
        return model, torch.empty(1, options["channels"], options["image_size"], options["image_size"])
