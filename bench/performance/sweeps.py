"""Sweeps over training images, image side, batch, width and trials, with fitted exponents of time and memory."""

import math
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from scipy import stats

from bench.harness.data.dataset import Images
from bench.harness.data.preprocess import Preprocess
from bench.harness.machine.clock import clock
from bench.harness.machine.device import Execution
from bench.harness.machine.memory import PeakMemory
from bench.harness.machine.memory_format import execution_for
from bench.harness.machine.turns import by_name, disturbed, guarded_turns
from bench.harness.paths import COMMITTED_RECORDS
from bench.harness.records.record import Record, load
from bench.harness.records.store import RECORDS, Store
from bench.harness.report.write import write_all
from bench.harness.study.recipe import Recipe
from bench.harness.training.training import Training
from models import registry

STEPS = 8  # of a sweep over sizes of a step: it needs no whole epoch
LEAST_POINTS = 3  # of a fit: two fit any line
TRIALS = (100, 300, 1000, 3000, 10_000)


@dataclass(frozen=True, kw_only=True)
class Point:
    """One size: median seconds over the turns with their range, and the most memory added, in MB."""

    size: float
    seconds: float
    low: float
    high: float
    n: int
    memory_mb: float | None


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """The points of one growing size.

    Attributes:
        name: the size that grows.
        size: its unit.
        subject: the work that is timed.
        points: in ascending order.
        turns_disturbed: turns, among each point's n, in which others used the machine.
    """

    name: str
    size: str
    subject: str
    points: tuple[Point, ...]
    turns_disturbed: int

    def exponent(self, of: Callable[[Point], float | None]) -> tuple[float, float] | None:
        """Return slope and standard error of the logarithms over the upper half of the sizes; None if unknown.

        The lower half would measure what a step costs whatever its size.
        """
        upper = self.points[-max(LEAST_POINTS, math.ceil(len(self.points) / 2)) :]
        pairs = [(math.log(point.size), math.log(value)) for point in upper if (value := of(point))]
        if len(pairs) < LEAST_POINTS:
            return None
        fit = stats.linregress([x for x, _ in pairs], [y for _, y in pairs])
        return float(fit.slope), float(fit.stderr)


Measure = Callable[[Any], tuple[float, float | None]]  # seconds, MB


def sweep(words: tuple[str, str, str], sizes: Sequence[Any], measure: Measure, repeats: int) -> Sweep:
    """Measure every size in turns.

    Each turn goes from small to large: behind a large size, memory that a small one adds would not be seen.

    Args:
        words: the sweep's name, unit and subject.
        sizes: in ascending order.
        measure: returns the seconds and the MB of a size.
        repeats: turns.
    """
    turns = guarded_turns({size: partial(measure, size) for size in sizes}, repeats, in_order=True)
    measured = by_name(turns)
    points = tuple(_point(size, values) for size, values in measured.items())
    name, size, subject = words
    return Sweep(name=name, size=size, subject=subject, points=points, turns_disturbed=disturbed(turns))


def _point(size: float, turns: Sequence[tuple[float, float | None]]) -> Point:
    seconds = [wall for wall, _ in turns]
    memory = [megabytes for _, megabytes in turns if megabytes is not None]
    return Point(
        size=size,
        seconds=statistics.median(seconds),
        low=min(seconds),
        high=max(seconds),
        n=len(seconds),
        memory_mb=max(memory) if memory else None,
    )


def train_epoch(
    execution: Execution, architecture: str, options: Mapping[str, Any], *, images: int, batch: int = 64
) -> tuple[float, float | None]:
    """Return the seconds of an epoch on random images, after a warm-up, and the memory that training added."""
    settled = {**registry.describe(architecture).options, **options}
    execution = execution_for(execution, architecture, settled)
    memory = PeakMemory(execution.torch_device)
    shape = (images, settled["channels"], settled["image_size"], settled["image_size"])
    data = Images(torch.randint(0, 256, shape, dtype=torch.uint8), torch.randint(0, 10, (images,)))
    recipe = Recipe(learning_rate=0.01, batch_size=batch)
    training = Training(
        architecture, settled, recipe, train=data.to(execution.torch_device), execution=execution, seed=0
    )
    preprocess = Preprocess((0.5,) * shape[1], (0.5,) * shape[1], None, execution.torch_memory_format)
    training.warm_up(preprocess)
    start = clock()
    training.run_epoch(preprocess)
    return clock() - start, memory.megabytes()


def synthetic_records(count: int) -> list[Record]:
    """Return records made of committed ones: arms and keys renamed, 10 seeds an arm, 10 arms a study."""
    originals = load(COMMITTED_RECORDS)
    made = []
    for place in range(count):
        seed, arm, study = place % 10, place // 10 % 10, place // 100
        name = f"arm-{arm}"
        original = originals[place % len(originals)]
        comparisons = [{"name": "all", "title": "all arms", "baseline": "arm-0"}]
        context: Any = {**original.context, "label": name, "order": arm, "comparisons": comparisons}
        changes: Any = {"study": f"study-{study}", "arm": name, "seed": seed, "key": f"{place:064d}"}
        made.append(replace(original, record_id=uuid.uuid4().hex, context=context, definition={}, **changes))
    return made


def report_seconds(count: int) -> tuple[float, float | None]:
    """Return the seconds of all tables, figures and the report of so many trials, and the memory they added."""
    records, memory = synthetic_records(count), PeakMemory(torch.device("cpu"))
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        write_all(records, Path(folder), load_images=lambda _: None)
        return time.perf_counter() - start, memory.megabytes()


def resume_seconds(count: int) -> tuple[float, float | None]:
    """Return the seconds in which a run finds so many records again, and the memory that takes."""
    with tempfile.TemporaryDirectory() as folder:
        path, records = Path(folder) / RECORDS, synthetic_records(count)
        path.write_text("".join(record.to_json() + "\n" for record in records), "utf-8")
        keys, memory = [record.key for record in records], PeakMemory(torch.device("cpu"))
        del records
        start = time.perf_counter()
        with Store(Path(folder)) as store:
            missing = [key for key in keys if store.find(key) is None]
        if missing:
            raise RuntimeError(f"{len(missing)} records were not found again")
        return time.perf_counter() - start, memory.megabytes()


def sweeps(execution: Execution, repeats: int) -> list[Sweep]:
    """Measure everything, from small to large."""
    train = partial(train_epoch, execution)
    steps = f"{STEPS} steps of"

    def images(size: int) -> tuple[float, float | None]:
        return train("lenet5", {}, images=size)

    def side(size: int) -> tuple[float, float | None]:
        return train("convnet", {"image_size": size}, images=64 * STEPS)

    def batch(size: int) -> tuple[float, float | None]:
        return train("alexnet32", {}, images=size * STEPS, batch=size)

    def width(size: float) -> tuple[float, float | None]:
        return train("sk", {"width": size}, images=64 * STEPS)

    powers = [2**power for power in range(3, 15)]
    return [
        sweep(("training images", "images", "an epoch of LeNet-5"), powers[6:], images, repeats),
        sweep(("image side", "pixels", f"{steps} ConvNet, batch 64"), (14, 28, 56, 112), side, repeats),
        sweep(("batch", "images", f"{steps} AlexNet at 32x32"), powers[:7], batch, repeats),
        sweep(("width", "x", f"{steps} SK, batch 64"), (0.25, 0.5, 1.0, 2.0, 4.0), width, repeats),
        sweep(("trials, report", "records", "tables, figures, report"), TRIALS, report_seconds, 1),
        sweep(("trials, resume", "records", "finding every record"), TRIALS, resume_seconds, 1),
    ]
