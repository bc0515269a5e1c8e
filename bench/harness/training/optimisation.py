"""Optimisers and learning-rate schedules by the names of a recipe."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim.lr_scheduler import LRScheduler

from bench.harness.study.recipe import Recipe


def make_optimizer(parameters: Iterable[Tensor], recipe: Recipe, *, fused: bool) -> torch.optim.Optimizer:
    """Return a recipe's optimiser.

    Raises:
        ValueError: the recipe has no learning rate.
    """
    rate, decay = recipe.learning_rate, recipe.weight_decay
    if rate is None:
        raise ValueError(
            "the recipe has no learning rate: set learning_rate, or choose one with `python -m bench tune`"
        )
    match recipe.optimizer:
        case "sgd":
            return torch.optim.SGD(parameters, rate, momentum=recipe.momentum, weight_decay=decay, fused=fused)
        case "adam":
            return torch.optim.Adam(parameters, rate, weight_decay=decay, fused=fused)
        case _:
            return torch.optim.AdamW(parameters, rate, weight_decay=decay, fused=fused)


def make_scheduler(optimizer: torch.optim.Optimizer, recipe: Recipe, steps_per_epoch: int) -> LRScheduler:
    """Return a scheduler that is stepped after every optimiser step."""
    total = steps_per_epoch * recipe.epochs
    rise = max(1, total // 5)

    def cosine(step: int, steps: int) -> float:
        return 0.5 * (1 + math.cos(math.pi * min(step, steps) / steps))

    factors = {
        "constant": lambda _step: 1.0,
        "cosine": lambda step: cosine(step, total),
        "warmup-cosine": lambda step: (step + 1) / rise if step < rise else cosine(step - rise, total - rise),
        "step": lambda step: 0.1 ** ((2 * step >= total) + (4 * step >= 3 * total)),
    }
    return torch.optim.lr_scheduler.LambdaLR(optimizer, factors[recipe.schedule])
