"""What a run is going to do: which trials, restored or trained, and for how long."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import mean

from bench.harness.number_format import duration
from bench.harness.records.record import Record
from bench.harness.study import learning_rates
from bench.harness.study.trial import Trial
from bench.harness.training.costs import Costs

ASSUMED_GFLOPS = 20.0  # of a small net's training on two CPU cores; used only where nothing was ever measured
BACKWARD = 3  # forward and backward together cost about three forward passes
BYTES_PER_PARAMETER = 4
RECORD_BYTES = 12_000


@dataclass
class Planned:
    """A trial of the run: its key, its record if it has been run, what it is expected to take."""

    trial: Trial
    key: str
    costs: Costs
    train_images: int
    expected_seconds: float
    record: Record | None = None


@dataclass
class Plan:
    """The trials of a run in their order, how many are trained at once, and how time spent compares with expected."""

    trials: list[Planned] = field(default_factory=list)
    spent_seconds: float = 0.0
    spent_expected_seconds: float = 0.0
    workers: int = 1

    @property
    def to_train(self) -> list[Planned]:
        """The trials without a record."""
        return [planned for planned in self.trials if planned.record is None]

    def finished(self, planned: Planned, seconds: float) -> None:
        """Note that a trial took so long: later expectations are scaled by it."""
        self.spent_seconds += seconds
        self.spent_expected_seconds += planned.expected_seconds

    def expected_seconds(self, planned: Planned) -> float:
        """Return what a trial is expected to take, given how the trials so far went."""
        if self.spent_expected_seconds == 0:
            return planned.expected_seconds
        return planned.expected_seconds * self.spent_seconds / self.spent_expected_seconds

    def seconds_left(self) -> float:
        """Return what the trials without a record are expected to take."""
        return sum(self.expected_seconds(planned) for planned in self.to_train) / self.workers

    def describe(self, conditions: str) -> list[str]:
        """Return the plan in lines for the terminal."""
        studies = {planned.trial.study for planned in self.trials}
        arms = {(planned.trial.study, planned.trial.arm) for planned in self.trials}
        fresh = self.to_train
        disk_mb = sum(p.costs.parameters * BYTES_PER_PARAMETER + RECORD_BYTES for p in fresh) / 1e6
        size = f"{len(studies)} studies, {len(arms)} arms, {len(self.trials)} trials"
        work = f"{len(self.trials) - len(fresh)} restored, {len(fresh)} to train"
        work += f", {self.workers} side by side (untimed)" if self.workers > 1 and fresh else ""
        cost = f"about {duration(self.seconds_left())}, {disk_mb:.0f} MB on disk"
        return [f"plan: {conditions}", f"plan: {size}: {work}, {cost}"]


def expect_seconds(trial: Trial, costs: Costs, train_images: int, records: Iterable[Record]) -> float:
    """Return what a trial will take: as its arm took before, else as when it was tuned, else by its operations."""
    images = train_images * trial.recipe.epochs
    before = [record_seconds(record) for record in records if (record.study, record.arm) == (trial.study, trial.arm)]
    if before:
        return mean(before)
    rate = _tuned_images_per_second(trial)
    if rate is not None:
        return 1.3 * images / rate  # evaluation and inference timing come on top
    return 1 + BACKWARD * images * costs.mflops_per_image * 1e6 / (ASSUMED_GFLOPS * 1e9)


def record_seconds(record: Record) -> float:
    """Return what a trial took, but for the harness's own share."""
    measured = sum(record.curves["epoch_seconds"])
    return measured + record.evaluation_seconds + record.inference_seconds + record.warmup_seconds


def _tuned_images_per_second(trial: Trial) -> float | None:
    for protocol in dict.fromkeys((trial.protocol, "quick")):
        path = learning_rates.path_of(trial.study, protocol, trial.arm)
        if path.is_file():
            rate = json.loads(path.read_text("utf-8")).get("train_images_per_second")
            return float(rate) if rate else None
    return None


def seed_by_seed(trials: Sequence[Trial]) -> list[Trial]:
    """Return trials with all arms of one seed before the next seed: drift and an early stop hit all arms alike."""
    seeds = list(dict.fromkeys(trial.seed for trial in trials))
    return sorted(trials, key=lambda trial: seeds.index(trial.seed))


@dataclass
class TimeSpent:
    """Seconds of the trials that this run trained; `workers` of them pass at once."""

    epochs: float = 0.0
    evaluation: float = 0.0
    inference: float = 0.0
    warmup: float = 0.0
    workers: int = 1

    def add(self, record: Record) -> None:
        """Count a trial that was trained in this run."""
        self.epochs += sum(record.curves["epoch_seconds"])
        self.evaluation += record.evaluation_seconds
        self.inference += record.inference_seconds
        self.warmup += record.warmup_seconds

    def describe(self, wall_seconds: float) -> str:
        """Return the split of a wall time, with the harness's own share."""
        measured = self.epochs + self.evaluation + self.inference + self.warmup
        overhead = wall_seconds - measured / self.workers
        beside = f" in {self.workers} workers" if self.workers > 1 else ""
        return (
            f"time: {duration(wall_seconds)}, of it{beside} epochs {self.epochs:.1f} s, "
            f"evaluation {self.evaluation:.1f} s, inference timing {self.inference:.1f} s, "
            f"warm-up {self.warmup:.1f} s, harness overhead {overhead:.1f} s "
            f"({overhead / wall_seconds:.1%}, imports and reports included)"
        )
