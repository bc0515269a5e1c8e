"""PyTorch Lightning's loop around the articles' net and DataLoader, timed like the other loops of `loops`.

Lightning is an extra (`pip install .[speed]`): only `python -m bench speed` needs it.
"""

import importlib.util
import logging
import warnings
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from bench.harness.machine.clock import clock
from bench.harness.machine.device import Execution
from bench.performance.entries import Entry
from bench.performance.loops import BATCH, LEAST_STEPS, WARM_UP_STEPS, article_dataset, article_model


def available() -> bool:
    """Return whether Lightning is installed."""
    return importlib.util.find_spec("lightning") is not None


def lightning_training(entry: Entry, execution: Execution, seconds: float) -> float:
    """Return the training images/s of `Trainer.fit`, bare of logging, checkpoints and progress bar."""
    import lightning.pytorch as pl  # noqa: PLC0415 - an extra, and five seconds

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    stopwatch = _Stopwatch(seconds)

    class Module(pl.LightningModule):
        def __init__(self, model: nn.Module) -> None:
            super().__init__()
            self.model = model

        def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
            images, labels = batch
            return F.cross_entropy(self.model(images), labels)

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=0.01, momentum=0.9)

        def on_train_batch_end(self, outputs: Any, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:  # noqa: ANN401, ARG002 - Lightning's names
            stopwatch.step(len(batch[1]))
            self.trainer.should_stop = stopwatch.finished

    accelerator = {"cuda": "gpu"}.get(execution.device, execution.device)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it advises more DataLoader workers: that is another loop
        trainer = pl.Trainer(accelerator=accelerator, devices=1, max_epochs=-1, min_epochs=0, barebones=True)
        loader = DataLoader(article_dataset(entry.dataset), BATCH, shuffle=True)
        trainer.fit(Module(article_model(entry)), loader)
    return stopwatch.images_per_second


class _Stopwatch:
    """Counts images from the end of the warm-up steps until its time is over."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.steps, self.images = seconds, 0, 0
        self.start = self.now = 0.0

    def step(self, images: int) -> None:
        """Note that a step is done."""
        self.steps, self.now = self.steps + 1, clock()
        if self.steps == WARM_UP_STEPS:
            self.start = self.now
        elif self.steps > WARM_UP_STEPS:
            self.images += images

    @property
    def finished(self) -> bool:
        """Whether enough was timed."""
        return self.steps >= WARM_UP_STEPS + LEAST_STEPS and self.now - self.start >= self.seconds

    @property
    def images_per_second(self) -> float:
        """Images per second after the warm-up."""
        return self.images / (self.now - self.start)
