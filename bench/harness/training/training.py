"""One training: a net, a recipe, a split and a seed; an epoch is one call, so that it can be timed as a round."""

import hashlib
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.harness.data.dataset import Images
from bench.harness.data.preprocess import Preprocess
from bench.harness.machine.device import Execution
from bench.harness.machine.precision import products
from bench.harness.study.recipe import Recipe
from bench.harness.training.augment import chain
from bench.harness.training.costs import check_last_batch
from bench.harness.training.optimisation import make_optimizer, make_scheduler
from models import registry
from models.parts.initialisation import initialise

WARM_UP_STEPS = 2


@dataclass(frozen=True)
class Streams:
    """Independent random streams of one seed: order and augmentation are the same for every arm of a study."""

    seed: int

    def number(self, purpose: str) -> int:
        """Return the seed of one stream."""
        return int.from_bytes(hashlib.sha256(f"{self.seed}:{purpose}".encode()).digest()[:7], "big")

    def generator(self, purpose: str, device: torch.device) -> torch.Generator:
        """Return a generator of one stream on a device."""
        return torch.Generator(device).manual_seed(self.number(purpose))


class Training:
    """A net on its way.

    Attributes:
        train_loss, train_error: one value an epoch, running means over the epoch's batches in training mode.
        diverged: a loss was not finite; training goes on to its last epoch all the same.
    """

    def __init__(
        self,
        architecture: str,
        options: Mapping[str, Any],
        recipe: Recipe,
        *,
        train: Images,
        execution: Execution,
        seed: int,
    ) -> None:
        check_last_batch(architecture, options, recipe, len(train))
        self.recipe, self.train, self.streams, self.execution = recipe, train, Streams(seed), execution
        self.device, self.memory_format = execution.torch_device, execution.torch_memory_format
        torch.manual_seed(self.streams.number("initialisation"))
        self.model: nn.Module = registry.create(architecture, **options)
        initialise(self.model, recipe.initialisation)
        self.model.to(self.device).to(memory_format=self.memory_format)
        self.forward: Callable[[Tensor], Tensor] = self.model
        if execution.compiled:
            torch.compiler.reset()  # nets share code: after eight, compilation would give up
            # On CUDA with CUDA graphs: a small net's step is mostly the launching of its kernels.
            mode = "reduce-overhead" if self.device.type == "cuda" else None
            self.forward = torch.compile(self.model, dynamic=False, mode=mode)
        self.augment = chain(recipe.augment, train.images.shape[1])
        self.order_random = self.streams.generator("order", torch.device("cpu"))
        self.augment_random = self.streams.generator("augmentation", self.device)
        self.steps_per_epoch = math.ceil(len(train) / recipe.batch_size)
        self.optimizer = make_optimizer(self.model.parameters(), recipe, fused=execution.fused_optimizer)
        self.scheduler = make_scheduler(self.optimizer, recipe, self.steps_per_epoch)
        self.train_loss: list[float | None] = []
        self.train_error: list[float] = []
        self.diverged = False
        torch.manual_seed(self.streams.number("dropout"))

    @property
    def compiled(self) -> bool:
        """Whether torch.compile's program is what runs: it is not where it could not be made."""
        return self.forward is not self.model

    def warm_up(self, preprocess: Preprocess) -> None:
        """Run forward and backward on one batch's shapes with dummy labels: allocation and autotuning happen here.

        No parameter, buffer or random stream differs afterwards.
        """
        state = {name: value.clone() for name, value in self.model.state_dict().items()}
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            try:
                self._practise(preprocess)
            except Exception as error:
                if self.forward is self.model:
                    raise
                self.forward = self.model
                warnings.warn(f"torch.compile failed, so this net is trained uncompiled: {error}", stacklevel=2)
                self._practise(preprocess)
        self.optimizer.zero_grad(set_to_none=True)
        self.model.load_state_dict(state)

    def _practise(self, preprocess: Preprocess) -> None:
        """Run forward and backward on the shapes of a whole batch and of an epoch's last one."""
        self.model.train()
        count, size = len(self.train), self.recipe.batch_size
        for images in dict.fromkeys((min(count, size), count % size or size)):
            batch = preprocess(self.train.images[:images])
            labels = torch.zeros(len(batch), dtype=torch.int64, device=self.device)
            for _ in range(WARM_UP_STEPS):
                self._gradients(batch, labels)

    def run_epoch(self, preprocess: Preprocess) -> None:
        """Train on every training image once and append to `train_loss` and `train_error`."""
        for _ in self.steps(preprocess):
            pass

    def steps(self, preprocess: Preprocess) -> Iterator[int]:
        """Train an epoch step by step: yield each step's number of images; the sums are kept after the last."""
        self.model.train()
        total_loss = torch.zeros((), device=self.device)
        wrong = torch.zeros((), dtype=torch.int64, device=self.device)
        for places in self.batches():
            loss, mistakes = self._step(places, preprocess)
            total_loss += loss * len(places)
            wrong += mistakes
            yield len(places)
        self.note_epoch(total_loss.item(), int(wrong.item()))

    def note_epoch(self, total_loss: float, wrong: int) -> None:
        """Append an epoch's loss, summed over its images, and its number of mistakes."""
        mean_loss = total_loss / len(self.train)
        self.diverged = self.diverged or not math.isfinite(mean_loss)
        self.train_loss.append(mean_loss if math.isfinite(mean_loss) else None)
        self.train_error.append(wrong / len(self.train))

    def augmented(self, places: Tensor) -> Tensor:
        """Return the images at these places, uint8, augmented with this seed's own random numbers."""
        return self.augment(self.train.images[places], self.augment_random)

    def batches(self) -> Iterator[Tensor]:
        """Yield the places of each batch's images in the order of the next epoch."""
        count = len(self.train)
        order = torch.randperm(count, generator=self.order_random) if self.recipe.shuffle else torch.arange(count)
        yield from torch.split(order.to(self.device), self.recipe.batch_size)

    def _step(self, places: Tensor, preprocess: Preprocess) -> tuple[Tensor, Tensor]:
        labels = self.train.labels[places]
        batch = preprocess(self.augmented(places))
        self.optimizer.zero_grad(set_to_none=True)
        loss, logits = self._gradients(batch, labels)
        self.optimizer.step()
        self.scheduler.step()
        return loss.detach(), (logits.detach().argmax(dim=1) != labels).sum()

    def _gradients(self, batch: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Add the gradients of a batch, its matrix products in the execution's number format; return loss, logits."""
        with products(self.execution.precision):
            with self.execution.autocast():
                logits = self.forward(batch)
            logits = logits.float()
            loss = F.cross_entropy(logits, labels)
            loss.backward()  # type: ignore[no-untyped-call]  # torch's own
        return loss, logits
