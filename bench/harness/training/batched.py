"""Several seeds of one arm trained as one batched program: a small net alone cannot fill a GPU.

The seeds' parameters are stacked, and every step is one call of the net under torch.func.vmap. Each seed keeps its own
initialisation, order and augmentation; optimisers work element by element, so that a seed's steps are those it would
take alone: exactly so in float64, and but for rounding, which training amplifies, in float32. The record says so
(`batched_seeds`), and its key and table are its own. Source: torch.func's model ensembling.
"""

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.nn import functional as F

from bench.harness.data.preprocess import Preprocess
from bench.harness.errors import UserError
from bench.harness.machine.precision import products
from bench.harness.study.trial import Trial
from bench.harness.training.optimisation import make_optimizer, make_scheduler
from bench.harness.training.training import Training
from models import registry

Named = dict[str, Tensor]


class BatchedError(UserError):
    """Seeds that cannot be trained as one program; the message says why and what to do."""


def check_batched(trials: Iterable[Trial]) -> None:
    """Refuse, before anything is trained, arms whose seeds cannot be one program.

    Raises:
        BatchedError: nets with dropout, whose random numbers would not be each seed's own; all of them are named.
    """
    arms = {(trial.study, trial.arm): trial for trial in trials}
    with torch.device("meta"):
        models = {arm: registry.create(trial.architecture, **trial.options) for arm, trial in arms.items()}
    refused = [f"{study}/{arm}" for (study, arm), model in models.items() if _has_dropout(model)]
    if refused:
        raise BatchedError(
            f"--batch-seeds: {', '.join(refused)} {'has' if len(refused) == 1 else 'have'} dropout, whose random "
            "numbers would not be each seed's own: leave them out with -k, or train without --batch-seeds"
        )


def _has_dropout(model: nn.Module) -> bool:
    return any(isinstance(layer, nn.Dropout) and layer.p > 0 for layer in model.modules())


class BatchedTraining:
    """Trainings that differ in their seed alone, taking every step together.

    Args:
        trainings: fresh trainings of one arm; their nets are kept up to date at the end of every epoch.

    Raises:
        BatchedError: none, different recipes, or a net with dropout, whose random numbers would not be each seed's own.
    """

    def __init__(self, trainings: Sequence[Training]) -> None:
        if not trainings or any(training.recipe != trainings[0].recipe for training in trainings):
            raise BatchedError("only seeds of one arm can be trained as one program")
        self.trainings, self.recipe = trainings, trainings[0].recipe
        models = [training.model for training in trainings]
        if _has_dropout(models[0]):
            raise BatchedError("a net with dropout is not trained as one program with its other seeds: leave it out")
        self.parameters, self.buffers = stack_module_state(models)
        leaves = list(self.parameters.values())
        fused = bool(trainings[0].optimizer.defaults.get("fused"))
        self.optimizer = make_optimizer(leaves, self.recipe, fused=fused)
        self.scheduler = make_scheduler(self.optimizer, self.recipe, trainings[0].steps_per_epoch)

    def run_epoch(self, preprocess: Preprocess) -> None:
        """Train every seed on every training image once, and write the results into the trainings."""
        for _ in self.steps(preprocess):
            pass

    def steps(self, preprocess: Preprocess) -> Iterator[int]:
        """Train an epoch step by step: yield the images of each step, all seeds together."""
        count, device = len(self.trainings), self.trainings[0].device
        for training in self.trainings:
            training.model.train()
        total_loss, wrong = torch.zeros(count, device=device), torch.zeros(count, dtype=torch.int64, device=device)
        for places in zip(*(training.batches() for training in self.trainings), strict=True):
            loss, mistakes = self._step(places, preprocess)
            total_loss += loss * len(places[0])
            wrong += mistakes
            yield count * len(places[0])
        for seed, training in enumerate(self.trainings):
            training.note_epoch(total_loss[seed].item(), int(wrong[seed].item()))
        self._unstack()

    def _step(self, places: Sequence[Tensor], preprocess: Preprocess) -> tuple[Tensor, Tensor]:
        """Return each seed's loss and number of mistakes, shape (seeds,)."""
        pixels = [training.augmented(chosen) for training, chosen in zip(self.trainings, places, strict=True)]
        labels = torch.stack([self.trainings[0].train.labels[chosen] for chosen in places])
        batch = preprocess(torch.cat(pixels))
        batch = batch.view(*labels.shape, *batch.shape[1:])
        self.optimizer.zero_grad(set_to_none=True)
        losses, logits = self._gradients(batch, labels)
        self.optimizer.step()
        self.scheduler.step()
        return losses, (logits.argmax(dim=2) != labels).sum(dim=1)

    def _gradients(self, batch: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Add the gradients of a batch as one training does; return each seed's loss and the logits."""
        execution = self.trainings[0].execution
        with products(execution.precision):
            with execution.autocast():
                logits = vmap(self._logits)(self.parameters, self.buffers, batch)
            logits = logits.float()
            every = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
            losses = every.view(labels.shape).mean(dim=1)
            losses.sum().backward()  # type: ignore[no-untyped-call]  # torch's own
        return losses.detach(), logits.detach()

    def _logits(self, parameters: Named, buffers: Named, images: Tensor) -> Tensor:
        logits: Tensor = functional_call(self.trainings[0].model, (parameters, buffers), (images,))
        return logits

    @torch.no_grad()
    def _unstack(self) -> None:
        """Write every seed's parameters and buffers into its own net."""
        for seed, training in enumerate(self.trainings):
            for stacked, own in ((self.parameters, training.model.named_parameters()),
                                 (self.buffers, training.model.named_buffers())):  # fmt: skip
                for name, value in own:
                    value.copy_(stacked[name][seed])
