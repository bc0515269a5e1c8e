"""The plan of a run: which trials are restored or trained, and for how long."""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

from bench.harness.number_format import counted, duration
from bench.harness.records.parts import CHOSEN_ON
from bench.harness.records.record import Record
from bench.harness.records.store import StoreError
from bench.harness.study import learning_rates
from bench.harness.study.planned import Planned
from bench.harness.study.trial import Trial
from bench.harness.training.costs import Costs

# Of a net's training, where nothing was ever measured: a small net's on two CPU cores was; the others are guesses.
ASSUMED_GFLOPS = {"cpu": 20.0, "cuda": 5_000.0, "mps": 500.0}
BACKWARD = 3  # forward and backward together cost about three forward passes
BYTES_PER_PARAMETER = 4
RECORD_BYTES = 12_000


@dataclass
class Plan:
    """The trials of a run in their order, how many are trained at once, and how time spent compares with expected."""

    trials: list[Planned] = field(default_factory=list)
    workers: int = 0  # processes; none where this one trains
    spent_seconds: float = 0.0
    spent_expected_seconds: float = 0.0
    trained_share: dict[str, float] = field(default_factory=dict)  # 0 to 1, of trials in flight, by key

    @property
    def to_train(self) -> list[Planned]:
        """The trials without a record."""
        return [planned for planned in self.trials if planned.record is None]

    def epoch_ended(self, planned: Planned, epochs: int) -> None:
        """Note that so many epochs of a trial are over: the time left counts down by them."""
        self.trained_share[planned.key] = epochs / planned.trial.recipe.epochs

    def trial_ended(self, planned: Planned, seconds: float) -> None:
        """Note that a trial took so long: later expectations are scaled by it."""
        self.trained_share.pop(planned.key, None)
        self.spent_seconds += seconds
        self.spent_expected_seconds += planned.expected_seconds

    def expected_seconds(self, planned: Planned) -> float:
        """Return the time that a trial is expected to take from now on, given how the trials so far went."""
        share_left = 1 - self.trained_share.get(planned.key, 0.0)
        pace = self.spent_seconds / self.spent_expected_seconds if self.spent_expected_seconds else 1.0
        return planned.expected_seconds * share_left * pace

    def seconds_left(self) -> float:
        """Return the time that the trials without a record are expected to take."""
        return sum(self.expected_seconds(planned) for planned in self.to_train) / max(1, self.workers)

    @property
    def bytes_to_write(self) -> int:
        """Bytes that the checkpoints and records to come take on disk."""
        return sum(BYTES_PER_PARAMETER * planned.parameters + RECORD_BYTES for planned in self.to_train)

    def check_disk(self, folder: Path) -> None:
        """Check that a results folder has room for what is to come.

        Raises:
            StoreError: it has not.
        """
        needed, free = self.bytes_to_write, shutil.disk_usage(folder).free
        if needed > free:
            raise StoreError(
                f"{folder} has {free / 1e6:.0f} MB free; the checkpoints of this run need "
                f"{needed / 1e6:.0f} MB: free some, or pass another --results"
            )

    def describe(self, conditions: str) -> list[str]:
        """Return the plan in lines for the terminal."""
        studies = {planned.trial.study for planned in self.trials}
        arms = set(map(arm_of, self.trials))
        fresh = self.to_train
        size = ", ".join(
            (counted(len(studies), "study", "studies"), counted(len(arms), "arm"), counted(len(self.trials), "trial"))
        )
        work = f"{len(self.trials) - len(fresh)} restored, {len(fresh)} to train"
        work += f", {self.workers} side by side" if self.workers > 1 and fresh else ""
        cost = f"about {duration(self.seconds_left())}, {self.bytes_to_write / 1e6:.0f} MB on disk"
        return [f"plan: {conditions}", f"plan: {size}: {work}, {cost}"]


def expect_seconds(
    trial: Trial, costs: Costs, train_images: int, records: Iterable[Record], device: str = "cpu"
) -> float:
    """Return the seconds that a trial will take: as its arm took before, else as when tuned, else by its operations.

    Args:
        trial: the trial.
        costs: its net's.
        train_images: number that it is trained on.
        records: earlier ones that are alike, see `records_alike`.
        device: cpu, cuda or mps.
    """
    images = train_images * trial.recipe.epochs
    before = [record_seconds(record) for record in records]
    if before:
        return mean(before)
    rate = _tuned_images_per_second(trial)
    if rate:
        return 1.1 * images / rate  # evaluation comes on top
    return 1 + BACKWARD * images * costs.mflops_per_image * 1e6 / (ASSUMED_GFLOPS[device] * 1e9)


def record_seconds(record: Record) -> float:
    """Return the seconds that a trial took, but for the harness's own share."""
    measured = sum(record.curves["epoch_seconds"])
    return measured + record.evaluation_seconds + record.warmup_seconds


def _tuned_images_per_second(trial: Trial) -> float | None:
    if CHOSEN_ON in trial.learning_rate_from:
        return None  # the images of other data may be larger
    for protocol in dict.fromkeys((trial.protocol, "quick")):
        if learning_rates.path_of(trial.study, protocol, trial.arm).is_file():
            return learning_rates.read(trial.study, protocol, trial.arm).train_images_per_second
    return None


def seed_by_seed(trials: Sequence[Planned]) -> list[Planned]:
    """Return trials with all arms of one seed before the next seed, and of one seed the longest first.

    A run that is cut short has then trained all arms alike, and the last trials to end are the shortest of one seed:
    workers that wait for the others wait for these.
    """
    seeds = list(dict.fromkeys(planned.trial.seed for planned in trials))
    return sorted(trials, key=lambda planned: (seeds.index(planned.trial.seed), -planned.expected_seconds))


def arm_of(planned: Planned) -> tuple[str, str]:
    """Return the study and the arm of a trial."""
    return planned.trial.study, planned.trial.arm


def arm_by_arm(trials: Iterable[Planned]) -> list[list[Planned]]:
    """Return trials by arm: all seeds of the first, then those of the next."""
    arms: dict[tuple[str, str], list[Planned]] = {}
    for planned in trials:
        arms.setdefault(arm_of(planned), []).append(planned)
    return list(arms.values())


@dataclass
class TimeSpent:
    """Seconds of the trials that this run trained, of which `workers` pass at once, and of its speed phases."""

    epochs: float = 0.0
    evaluation: float = 0.0
    warmup: float = 0.0
    speed: float = 0.0
    workers: int = 0

    def add(self, record: Record) -> None:
        """Count a trial that was trained in this run."""
        self.epochs += sum(record.curves["epoch_seconds"])
        self.evaluation += record.evaluation_seconds
        self.warmup += record.warmup_seconds

    def describe(self, wall_seconds: float) -> str:
        """Return the split of a wall time, with the harness's own share."""
        trials = (self.epochs + self.evaluation + self.warmup) / max(1, self.workers)
        overhead = wall_seconds - trials - self.speed
        beside = f" in {self.workers} workers" if self.workers > 1 else ""
        return (
            f"time: {duration(wall_seconds)}, of it{beside} epochs {self.epochs:.1f} s, "
            f"evaluation {self.evaluation:.1f} s, warm-up {self.warmup:.1f} s; speed in turns {self.speed:.1f} s; "
            f"harness overhead {overhead:.1f} s ({overhead / wall_seconds:.1%}, imports and reports included)"
        )
