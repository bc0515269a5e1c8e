"""The speed phases of a run: one a study, when the first of its arms is asked for, after all trials."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from bench.harness.data.dataset import Dataset
from bench.harness.number_format import counted, duration, interval, number
from bench.harness.records.speed import ArmSpeed, SpeedRecord, load_speed, load_speeds, save_speed
from bench.harness.run.places import Places
from bench.harness.run.settings import Settings
from bench.harness.speed.phase import expected_seconds, phase_key
from bench.harness.stats.turns import turn_median
from bench.harness.study.planned import Planned

TurnEnded = Callable[[str, int, int], None]  # study, turns taken, turns wanted


class Measured(NamedTuple):
    """An arm's speed.

    Attributes:
        arm: the values of its turns.
        phase: the phase that it is of.
        resumed: whether an earlier run made the phase.
    """

    arm: ArmSpeed
    phase: SpeedRecord
    resumed: bool

    def describe(self) -> str:
        """Return the arm's line for the terminal."""
        rate = turn_median(self.arm["train_images_per_second"])
        ends = interval(rate.low, rate.high, lambda end: number(end, 0))
        causes = self.phase.disturbances
        disturbed = f"  {len(causes)} of {len(self.phase.turns)} turns DISTURBED: {causes[-1]}" if causes else ""
        return (
            f"{self.phase.study:14} {self.arm['arm']:16} speed    {number(rate.median, 0)} images/s {ends}, "
            f"{counted(self.arm['threads']['training'], 'thread')}{'  restored' if self.resumed else ''}{disturbed}"
        )


class Speeds:
    """Measures the arms of each study together, or finds that they have been.

    Args:
        settings: the run's.
        places: its machines.
        load: returns a data set by name.
        turn_ended: told after each turn.
    """

    def __init__(
        self, settings: Settings, places: Places, load: Callable[[str], Dataset], turn_ended: TurnEnded
    ) -> None:
        self.settings, self.places, self._load, self._turn_ended = settings, places, load, turn_ended
        self.arms: dict[str, list[Planned]] = {}
        self._phases: dict[str, SpeedRecord | Exception] = {}
        self._resumed: set[str] = set()
        self._expected: dict[str, float] = {}

    def plan(self, arms: Iterable[Planned]) -> None:
        """Take one trial of every arm that is to be measured; find the phases that need not be run again."""
        for arm in arms:
            self.arms.setdefault(arm.trial.study, []).append(arm)
        earlier = [] if self.settings.fresh or not self.arms else load_speeds(self.settings.results)
        by_key = {phase.key: phase for phase in earlier}
        for study, members in self.arms.items():
            data = self._load(members[0].trial.dataset)
            threads = self.places.thread_counts(study, self.settings.threads)
            self._expected[study] = expected_seconds(members, data, threads)
            where = self.places.environment_of(study)
            phase = by_key.get(phase_key(members, data.sha256, threads, where))
            if phase is not None:
                self._phases[study] = phase
                self._resumed.add(study)

    @property
    def to_measure(self) -> list[str]:
        """The studies whose phase has not been run."""
        return [study for study in self.arms if study not in self._phases]

    @property
    def expected_seconds(self) -> float:
        """Seconds that the phases to come are expected to take."""
        return sum(self.expected_seconds_of(study) for study in self.to_measure)

    def expected_seconds_of(self, study: str) -> float:
        """Return the seconds that a study's phase is expected to take, 0 where it has been run."""
        return self._expected[study] if study in self.to_measure else 0.0

    def describe_plan(self) -> list[str]:
        """Return the lines on the phases to come, and a warning where the machine is not quiet."""
        if not self.to_measure:
            return []
        count, noisy = counted(len(self.to_measure), "study", "studies"), self.places.warning()
        plan = f"plan: speed in turns, {count}: about {duration(self.expected_seconds)}"
        return [plan, *([noisy] if noisy else [])]

    def measured(self, planned: Planned) -> Measured:
        """Return an arm's speed; the first of a study to be asked for waits for the study's phase.

        Raises:
            Exception: whatever one of the study's arms raised.
        """
        study = planned.trial.study
        if study not in self._phases:
            try:
                self._phases[study] = self._run(self.arms[study])
            except Exception as error:  # noqa: BLE001 - every arm of the study ends by it
                self._phases[study] = error
        phase = self._phases[study]
        if isinstance(phase, Exception):
            raise phase
        (arm,) = (arm for arm in phase.arms if arm["arm"] == planned.trial.arm)
        return Measured(arm, phase, study in self._resumed)

    def _run(self, arms: Sequence[Planned]) -> SpeedRecord:
        study, dataset = arms[0].trial.study, self._load(arms[0].trial.dataset)
        threads = self.places.thread_counts(study, self.settings.threads)
        turn_ended = partial(self._turn_ended, study)
        phase = self.places.run_phase(arms, dataset, threads, turn_ended)
        return load_speed(save_speed(self.settings.results, phase))  # as it will be read back
