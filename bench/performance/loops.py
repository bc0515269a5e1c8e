"""Loops that train, evaluate and run one net: the articles' and convbench's, timed alike.

The articles' loop is the one that tutorials and the five articles write: torchvision's data set, `ToTensor` and
`Normalize` a sample at a time on the CPU, a `DataLoader`, plain SGD with momentum, torch's own LRN. Pixels are random:
no loop's speed depends on what an image shows, and no file is needed.
"""

import statistics
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from bench.harness.data.catalogue import source
from bench.harness.data.dataset import Images
from bench.harness.data.preprocess import Preprocess
from bench.harness.machine.clock import clock
from bench.harness.machine.device import Execution
from bench.harness.machine.memory_format import execution_for
from bench.harness.machine.turns import by_name, disturbed, guarded_turns
from bench.harness.study.recipe import Recipe
from bench.harness.training.batched import BatchedError, BatchedTraining
from bench.harness.training.evaluation import evaluate
from bench.harness.training.training import Training
from bench.performance.entries import Entry
from models import registry

IMAGES = 4096  # in memory; an epoch of it is 64 steps
BATCH = 64
RECIPE = Recipe(learning_rate=0.01, momentum=0.9, batch_size=BATCH)
WARM_UP_STEPS = 3
LEAST_STEPS = 3
SEEDS = 8  # trained as one program
BATCHES = (1, 32, 256)  # of inference
REPEATS = 5  # of inference

Rate = Callable[[Entry, Execution, float], float | None]
Forward = Callable[[Tensor], Tensor]


def images_per_second(steps: Generator[int], seconds: float) -> float:
    """Return the images a second of a loop that yields each step's number of images, after a few steps to warm up."""
    with closing(steps):
        for _ in range(WARM_UP_STEPS):
            next(steps)
        images = done = 0
        start = now = clock()
        while done < LEAST_STEPS or now - start < seconds:
            images += next(steps)
            done += 1
            now = clock()
        return images / (now - start)


def endless(epoch: Callable[[Preprocess], Iterator[int]], prepare: Preprocess) -> Generator[int]:
    """Yield the images of each step of one epoch after another."""
    while True:
        yield from epoch(prepare)


@cache
def pixels(dataset: str) -> Images:
    """Return random images in a data set's shape, with random labels."""
    entry, random = source(dataset), torch.Generator().manual_seed(0)
    shape = (IMAGES, entry.channels, entry.size, entry.size)
    images = torch.randint(0, 256, shape, generator=random, dtype=torch.uint8)
    return Images(images, torch.randint(0, len(entry.classes), (IMAGES,), generator=random))


def article_dataset(dataset: str) -> "Dataset[tuple[Tensor, int]]":
    """Return torchvision's own data set, with the transform of the articles, around the random images."""
    from torchvision import datasets, transforms  # noqa: PLC0415 - two seconds that only this loop needs

    entry, data = source(dataset), pixels(dataset)
    kind = getattr(datasets, entry.torchvision_class)
    made: Any = kind.__new__(kind)  # without its files: what is timed is its __getitem__
    grey = entry.channels == 1
    made.data = data.images[:, 0] if grey else data.images.permute(0, 2, 3, 1).contiguous().numpy()
    made.targets = data.labels if grey else data.labels.tolist()
    made.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(entry.mean, entry.std)])
    made.target_transform = None
    return made  # type: ignore[no-any-return]  # torchvision's sets are typed as Any


def article_model(entry: Entry) -> nn.Module:
    """Return the entry's net as an article has it: torch's own LRN, torch's own memory format."""
    lrn = {"lrn_implementation": "torch"} if "lrn_implementation" in entry.options() else {}
    return registry.create(entry.architecture, **entry.options(**lrn))


def article_training(entry: Entry, execution: Execution, seconds: float, *, workers: int = 0) -> float:
    """Return the training images/s of the articles' loop."""
    device, model = execution.torch_device, article_model(entry).to(execution.torch_device)
    loader = DataLoader(article_dataset(entry.dataset), BATCH, shuffle=True, num_workers=workers)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

    def steps() -> Generator[int]:
        model.train()
        running_loss = 0.0
        while True:
            for images, labels in loader:
                optimizer.zero_grad()
                loss = F.cross_entropy(model(images.to(device)), labels.to(device))
                loss.backward()  # type: ignore[no-untyped-call]  # torch's own
                optimizer.step()
                running_loss += loss.item()
                yield len(labels)

    return images_per_second(steps(), seconds)


def article_evaluation(entry: Entry, execution: Execution, seconds: float) -> float:
    """Return the images/s at which the articles' loop finds the test accuracy."""
    device, model = execution.torch_device, article_model(entry).to(execution.torch_device)
    loader = DataLoader(article_dataset(entry.dataset), BATCH)

    def steps() -> Generator[int]:
        model.eval()
        correct = 0
        while True:
            for images, labels in loader:
                with torch.no_grad():
                    correct += (model(images.to(device)).argmax(1) == labels.to(device)).sum().item()
                yield len(labels)

    return images_per_second(steps(), seconds)


def convbench_training(entry: Entry, execution: Execution, seconds: float) -> float:
    """Return the training images/s of convbench, as it trains this net by default."""
    images, options = pixels(entry.dataset).to(execution.torch_device), entry.options()
    execution = execution_for(execution, entry.architecture, options)
    training = Training(entry.architecture, options, RECIPE, train=images, execution=execution, seed=0)
    prepare = preprocess(entry, execution)
    training.warm_up(prepare)
    return images_per_second(endless(training.steps, prepare), seconds)


def convbench_compiled(entry: Entry, execution: Execution, seconds: float) -> float:
    """Return the training images/s of convbench under torch.compile, on CUDA with CUDA graphs."""
    return convbench_training(entry, replace(execution, compiled=True), seconds)


def convbench_seeds(entry: Entry, execution: Execution, seconds: float) -> float | None:
    """Return the images/s of SEEDS seeds trained as one program, all together; None for a net with dropout."""
    images, options = pixels(entry.dataset).to(execution.torch_device), entry.options()
    execution = execution_for(execution, entry.architecture, options)
    trainings = [
        Training(entry.architecture, options, RECIPE, train=images, execution=execution, seed=seed)
        for seed in range(SEEDS)
    ]
    try:
        batched = BatchedTraining(trainings)
    except BatchedError:
        return None
    prepare = preprocess(entry, execution)
    return images_per_second(endless(batched.steps, prepare), seconds)


def convbench_evaluation(entry: Entry, execution: Execution, seconds: float) -> float:
    """Return the images/s at which convbench finds the test accuracy."""
    images, options = pixels(entry.dataset).to(execution.torch_device), entry.options()
    execution = execution_for(execution, entry.architecture, options)
    model = registry.create(entry.architecture, **options).to(execution.torch_device)
    model.to(memory_format=execution.torch_memory_format)
    part = images.take(slice(0, 1000))
    prepare = preprocess(entry, execution)

    def steps() -> Generator[int]:
        while True:
            evaluate(model, part, prepare)
            yield len(part)

    return images_per_second(steps(), seconds)


def preprocess(entry: Entry, execution: Execution) -> Preprocess:
    """Return convbench's preprocessing of an entry's images."""
    data = source(entry.dataset)
    return Preprocess(data.mean, data.std, None, execution.torch_memory_format)


def inference_rates(entry: Entry, execution: Execution, seconds: float) -> list[tuple[str, int, list[float], int]]:
    """Return loop, batch, its rates (images/s, one a turn) and its disturbed turns, eager and compiled, by batch size.

    Both take turns. Compilation (7 to 12 seconds, one a batch size) is off the clock.

    Args:
        entry: the net, in eval mode, on random images.
        execution: device and threads.
        seconds: time to spend on each figure.
    """
    options, data = entry.options(), source(entry.dataset)
    execution = execution_for(execution, entry.architecture, options)
    model = registry.create(entry.architecture, **options).to(execution.torch_device).eval()
    model.to(memory_format=execution.torch_memory_format)
    rows: list[tuple[str, int, list[float], int]] = []
    for batch in BATCHES:
        torch.compiler.reset()  # a shape of its own for each batch size
        loops: dict[str, Forward] = {"eager": model, "compiled": torch.compile(model, dynamic=False)}
        images = torch.rand(batch, data.channels, data.size, data.size, device=execution.torch_device)
        images = images.to(memory_format=execution.torch_memory_format)
        with torch.inference_mode():
            for forward in loops.values():
                forward(images)
            timed = {
                name: partial(_median_seconds, forward, images, seconds / REPEATS) for name, forward in loops.items()
            }
            turns = guarded_turns(timed, REPEATS)
        for name, times in by_name(turns).items():
            rows.append((f"{name}-{batch}", batch, [batch / time for time in times], disturbed(turns)))
    return rows


def _median_seconds(forward: Forward, images: Tensor, budget: float) -> float:
    """Return the median time of a forward pass, of as many as fit into the budget and at least two."""
    times: list[float] = []
    while len(times) < 2 or sum(times) < budget:  # noqa: PLR2004 - the first may find cold caches
        start = clock()
        forward(images)
        times.append(clock() - start)
    return statistics.median(times)
