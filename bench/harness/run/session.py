"""One run of `pytest bench/`: what is planned, what has been restored or trained, where the time went."""

import time
from collections.abc import Iterable, Iterator, Sequence

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.results import StudyResult
from bench.harness.data.catalogue import Source, source
from bench.harness.data.dataset import Dataset
from bench.harness.data.folder_name import is_folder
from bench.harness.data.load import load
from bench.harness.machine import clock
from bench.harness.machine.device import Execution, apply, resolve_device, resolve_threads
from bench.harness.machine.precision import check_precision
from bench.harness.number_format import counted
from bench.harness.records.record import Record
from bench.harness.records.setting import setting_of
from bench.harness.records.store import Store, StoreError
from bench.harness.run.backends.backend import Backend, BackendError, Ended
from bench.harness.run.backends.choose import choose_places, make_backend, worker_count
from bench.harness.run.backends.serial import Serial
from bench.harness.run.ending import trial_line, unfinished, written
from bench.harness.run.places import recorded_hardware
from bench.harness.run.plan import Plan, TimeSpent, arm_by_arm, arm_of, expect_seconds, seed_by_seed
from bench.harness.run.sequel import Open, Sequel, choose, find_open
from bench.harness.run.settings import Settings
from bench.harness.run.speeds import Measured, Speeds
from bench.harness.run.wanted import Wanted, resolve_all
from bench.harness.study.planned import Planned, records_alike, settle
from bench.harness.study.study import Study
from bench.harness.study.trial import Trial
from bench.harness.trackers.every import Every
from bench.harness.trackers.tracker import Standing, Tracker
from bench.harness.training.batched import check_batched
from bench.harness.training.costs import check_last_batch, costs
from bench.harness.training.memory_need import memory_need
from bench.harness.training.trial_run import Epoch


class Session:
    """A run. `prepare` checks everything before the first epoch; `record` settles one trial; `finish` ends it."""

    def __init__(self, settings: Settings, trackers: Sequence[Tracker] = ()) -> None:
        self.settings, self.trackers = settings, Every(trackers)
        self.execution = Execution(
            device=resolve_device(settings.device),
            threads=resolve_threads(settings.threads, default=1),
            deterministic=settings.deterministic,
            compiled=settings.compiled,
            precision=settings.precision,
            batched_seeds=settings.batch_seeds,
        )
        self.places = choose_places(settings, self.execution)
        self.store = Store(settings.results)
        self.plan = Plan()
        self.spent = TimeSpent()
        self.done: list[Record] = []
        self.subjects: list[Planned] = []
        self.speeds = Speeds(settings, self.places, self._load, self._turn_ended)
        self._backend: Backend = Serial(settings.results, self._load, self._epoch_ended)
        self._ending: Iterator[Ended] = iter(())
        self._begun: set[str] = set()  # keys of trials that were handed to the backend
        self._left_out: set[str] = set()  # keys of trials that would end after the time limit
        self._failed: dict[str, Exception] = {}
        self._studies: dict[str, Study] = {}
        self._trained: set[str] = set()  # record_ids: all others were restored

    def prepare(self, wanted: Sequence[Wanted], arms: Sequence[Wanted] = ()) -> list[Planned]:
        """Load the data, open the results folder, settle every trial and find its record; return them as they came.

        Args:
            wanted: the trials.
            arms: those whose speed is measured, each with the seed that its net begins with: `subjects` has them then.

        Raises:
            Any of the project's ValueErrors: nothing has been trained or overwritten then.
        """
        check_precision(self.execution.precision, self.execution.device)
        apply(self.execution)
        self._studies = {study.name: study for study, _, _ in [*wanted, *arms]}
        trials, timed = (resolve_all(some, self.settings, self._source) for some in (wanted, arms))
        if self.settings.batch_seeds:
            check_batched(trials)
        datasets = {trial.dataset: self._load(trial.dataset) for trial in [*trials, *timed]}
        self.store.__enter__()
        self.places.assign(recorded_hardware(self._studies, self.store.records))
        planned = [self._plan(trial, datasets[trial.dataset]) for trial in trials]
        self.subjects = [self._plan(trial, datasets[trial.dataset]) for trial in timed]
        self.speeds.plan(self.subjects)
        self.plan.trials = seed_by_seed(planned)
        sizes = self.plan.trials if self.settings.most_seeds else self.plan.to_train  # looks add trials of any arm
        self.plan.workers = self.spent.workers = worker_count(self.settings, self.places, self.execution, sizes)
        self._backend = make_backend(self.settings, self.places, self.plan.workers, self._load, self._epoch_ended)
        self._ending = self._train()
        self.plan.check_disk(self.settings.results)
        self.trackers.run_begins(self._standing())
        return planned

    def _source(self, name: str) -> Source:
        return self._load(name).source if is_folder(name) else source(name)

    def _load(self, name: str) -> Dataset:
        return load(name, self.settings.data_root, download=self.settings.download)

    def _plan(self, trial: Trial, dataset: Dataset) -> Planned:
        planned = settle(trial, self.execution, dataset.sha256)
        count = len(dataset.split(trial.recipe.first_image, trial.recipe.train_images).train)
        check_last_batch(trial.architecture, trial.options, trial.recipe, count)
        cost = costs(trial.architecture, trial.options)
        planned.parameters = cost.parameters
        before = records_alike(planned, dataset.sha256, self.store.records)
        planned.expected_seconds = expect_seconds(trial, cost, count, before, planned.execution.device)
        planned.memory_bytes = memory_need(trial, cost, before)
        record = None if self.settings.fresh else self._recorded(planned)
        if record is not None and record.environment["hardware"] == self.places.hardware_of(record.study):
            planned.record = record  # it belongs into this run's tables
        return planned

    def _recorded(self, planned: Planned) -> Record | None:
        record = self.store.find(planned.key)
        if record is None and self.settings.keep_stale:
            trial = planned.trial
            return self.store.find_of_any_code(trial.study, trial.arm, trial.seed, planned.key_of_any_code)
        return record

    def describe_plan(self) -> list[str]:
        """Return the plan for the terminal."""
        arms = [arm for members in self.speeds.arms.values() for arm in members]
        names = sorted({planned.trial.dataset for planned in [*self.plan.trials, *arms]})
        where, execution = self.places.describe(), self.execution
        mode = ", deterministic" if execution.deterministic else ""
        loaded = [line for name in names for line in self._load(name).summary]
        plan = self.plan.describe(
            f"{self.settings.protocol} protocol on {', '.join(names)}; {execution.device} ({where}), "
            f"{counted(execution.threads, 'thread')}{mode}; "
            f"results in {self.settings.results}"
        )
        return [*loaded, *(plan if self.plan.trials else plan[:1]), *self.speeds.describe_plan()]

    def _train(self) -> Iterator[Ended]:
        """Let the backend train all trials without a record, or one arm after the other."""
        for trials in arm_by_arm(self.plan.to_train) if self._backend.by_arm else [self.plan.to_train]:
            yield from self._backend.train(self._due(trials))

    def _due(self, trials: Iterable[Planned]) -> Iterator[Planned]:
        """Hand trials without a record to the backend, each once, but for those that would end too late."""
        for planned in trials:
            if planned.key in self._begun or self._is_left_out(planned):
                continue
            self._begun.add(planned.key)
            self.trackers.trial_begins(planned, self._standing())
            yield planned

    def _is_left_out(self, planned: Planned) -> bool:
        """Decide whether a trial is not begun because it would end after the time limit; once decided, it stays."""
        if self._too_late(self.plan.expected_seconds(planned) + self.speeds.expected_seconds):
            self._left_out.add(planned.key)
        return planned.key in self._left_out

    def _too_late(self, seconds: float, limit: float | None = None) -> bool:
        """Return whether what takes so long would end after the time limit, or after another, in minutes."""
        limit = limit or self.settings.time_limit_minutes
        return limit is not None and clock.process_seconds() + seconds > 60 * limit

    def leaves_out(self, planned: Planned) -> bool:
        """Return whether a trial without a record is not trained because it would end after the time limit.

        The answer stands only when the backend has come to the trial: those before it decide how much time is left.
        """
        if planned.record is not None or self.settings.time_limit_minutes is None:
            return False
        while planned.key not in self._begun | self._left_out and self._take_next():
            pass
        return planned.key not in self._begun

    def look(self) -> tuple[str, list[tuple[Wanted, Planned]]]:
        """Look at the comparisons once all trials have ended; return a line on it, and the trials that it adds."""
        limit, sequel = self.settings.added_until_minutes, Sequel()
        here = {arm_of(planned) for planned in self.plan.trials}
        results = filter(self._shows, analyse(self.store.records, keep_stale=self.settings.keep_stale))
        candidates = [
            candidate
            for candidate in find_open(results, self.settings.most_seeds or 0, sequel)
            if {(candidate.study, arm) for arm in candidate.arms} <= here
        ]
        choose(
            candidates,
            self._settle,
            lambda trials: sum(map(self.plan.expected_seconds, trials)) / max(1, self.plan.workers),
            lambda seconds: self._too_late(seconds + self.speeds.expected_seconds, limit),
            sequel,
        )
        self.plan.trials += [planned for _, planned in sequel.trials]
        self._ending = self._train()
        return sequel.describe(), sequel.trials

    def _settle(self, candidate: Open) -> list[tuple[Wanted, Planned]]:
        """Plan the trials of a comparison's next look that this run does not have."""
        known = {(*arm_of(planned), planned.trial.seed): planned.key for planned in self.plan.trials}
        wanted = candidate.wanted(self._studies[candidate.study], self.settings.seeds)
        if any(known.get((study.name, arm, seed)) in self._failed for study, arm, seed in wanted):
            return []
        new = [(study, arm, seed) for study, arm, seed in wanted if (study.name, arm, seed) not in known]
        trials = resolve_all(new, self.settings, self._source)
        return [(one, self._plan(trial, self._load(trial.dataset))) for one, trial in zip(new, trials, strict=True)]

    def record(self, planned: Planned) -> Record:
        """Return a trial's record: the restored one, or the one that the backend makes; it is on disk then.

        Raises:
            BackendError: the backend has come to an end without it.
            Exception: whatever its training raised.
        """
        while planned.record is None and planned.key not in self._failed:
            if not self._take_next():
                raise BackendError(f"{planned.trial.name} was not trained: run the same command again")
        if planned.record is None:
            raise self._failed[planned.key]
        self.done.append(planned.record)
        return planned.record

    def leaves_out_speed(self, planned: Planned) -> bool:
        """Return whether an arm's speed is not measured because its study's phase would end after the time limit."""
        seconds = self.speeds.expected_seconds_of(planned.trial.study)
        return seconds > 0 and self._too_late(seconds)

    def speed(self, planned: Planned) -> Measured:
        """Return an arm's speed: found, or measured now with all arms of its study, while no trial runs.

        Raises:
            Exception: whatever one of the arms raised.
        """
        self._backend.close()
        begun = time.perf_counter()
        try:
            return self.speeds.measured(planned)
        finally:
            self.spent.speed += time.perf_counter() - begun
            self.trackers.phase_ended()

    def _turn_ended(self, study: str, taken: int, wanted: int) -> None:
        self.trackers.turn_ended(study, taken, wanted, self._standing())

    def _take_next(self) -> bool:
        """Wait for the next trial that ends, put its record on disk and note its time; return whether there was one."""
        self.trackers.run_waits(self._standing())
        ended = next(self._ending, None)
        if ended is None:
            return False
        planned, result, seconds = ended
        if isinstance(result, Record):
            try:
                self.store.append(result)
            except StoreError as error:
                result = error
        if isinstance(result, Record):
            self._trained.add(result.record_id)
            planned.record = result
            self.spent.add(result)
            self.plan.trial_ended(planned, seconds)
        else:
            self._failed[planned.key] = result
        self.trackers.trial_ended(planned, result, self._standing())
        return True

    def _epoch_ended(self, planned: Planned, epoch: Epoch) -> None:
        self.plan.epoch_ended(planned, epoch.number)
        self.trackers.epoch_ended(planned, epoch, self._standing())

    def _standing(self) -> Standing:
        trials = self.plan.trials
        left = self.plan.seconds_left() + self.speeds.expected_seconds
        return Standing(len(trials) - len(self.plan.to_train), len(trials), left)

    def was_trained(self, record: Record) -> bool:
        """Return whether this run made the record; all others were restored."""
        return record.record_id in self._trained

    def describe(self, record: Record) -> str:
        """Return a trial's line for the terminal."""
        place, left = f"{len(self.done)}/{len(self.plan.trials)}", self._standing().seconds_left
        return trial_line(record, trained=self.was_trained(record), place=place, seconds_left=left)

    def finish(self) -> list[str]:
        """Write tables, figures and report from all records, free the folder, and return the answers in lines."""
        self._backend.close()
        self.trackers.run_ends()
        self.store.__exit__()
        if not self.store.records or not (self.done or self.speeds.arms):
            return unfinished(self.plan)
        lines = written(self.settings, self.store.records, self._shows)
        self.trackers.report_written(self.settings.results)
        return [*lines, *self.trackers.failures, *unfinished(self.plan), self.spent.describe(clock.process_seconds())]

    def _shows(self, result: StudyResult) -> bool:
        """Return whether a result is of this run: of its trials, or where it had none, of its speed phases."""
        if self.done:
            ours, shown = ({(setting_of(one), one.study) for one in group} for group in (self.done, result.records))
            return not ours.isdisjoint(shown)
        return result.study in self.speeds.arms and not result.variant
