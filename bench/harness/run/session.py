"""One run of `pytest bench/`: what is planned, what has been restored or trained, where the time went."""

import shutil
from collections.abc import Sequence
from typing import Any, Protocol

from bench.harness.data.catalogue import FOLDER_PREFIX, Source, source
from bench.harness.data.dataset import Dataset
from bench.harness.data.load import load
from bench.harness.machine import clock
from bench.harness.machine.device import Execution, apply, resolve_device, resolve_threads
from bench.harness.machine.environment import environment
from bench.harness.number_format import duration
from bench.harness.records.record import Record
from bench.harness.records.setting import setting_of
from bench.harness.records.store import Store, StoreError
from bench.harness.run.plan import Plan, Planned, TimeSpent, expect_seconds, record_seconds, seed_by_seed
from bench.harness.run.processes import Job, Workers
from bench.harness.run.settings import Settings
from bench.harness.study.learning_rates import ChoiceError
from bench.harness.study.study import Study
from bench.harness.study.trial import Trial, key_of, resolve
from bench.harness.trackers.terminal import Progress
from bench.harness.training.batched import train_seeds
from bench.harness.training.costs import check_last_batch, costs
from bench.harness.training.trial_run import TrialRun

Wanted = tuple[Study, str, int]  # study, arm, seed

ROW = (  # a row's extra_info, in the words that others rely on
    *("study", "arm", "seed", "protocol", "architecture", "dataset", "status", "test_accuracy", "validation_accuracy"),
    *("timed", "train_images_per_second", "parameters", "mflops_per_image", "peak_memory_mb", "epochs", "device"),
    *("threads", "deterministic", "reduced", "record_id"),
)


class Benchmark(Protocol):
    """What is used of pytest-benchmark's fixture."""

    group: str | None
    extra_info: dict[str, Any]

    def pedantic(self, target: Any, **options: Any) -> Any:  # noqa: ANN401 - pytest-benchmark has no types
        """Run the target in timed rounds."""


class Session:
    """A run. `prepare` checks everything before the first epoch; `run` does one trial; `close` ends it."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self.settings, self.progress = settings, progress
        self.execution = Execution(
            device=resolve_device(settings.device),
            threads=resolve_threads(settings.threads, settings.workers),
            deterministic=settings.deterministic,
            compiled=settings.compiled,
        )
        self.store = Store(settings.results)
        self.plan = Plan(workers=settings.workers)
        self.spent = TimeSpent(workers=settings.workers)
        self.done: list[Record] = []
        self._trained: set[str] = set()  # record_ids: all others were restored
        self._workers: Workers | None = None
        self._planned: dict[tuple[str, str, int], Planned] = {}

    def prepare(self, wanted: Sequence[Wanted]) -> None:
        """Load the data, open the results folder, resolve every trial and find its record.

        Raises:
            Any of the project's ValueErrors: nothing has been trained or overwritten then.
        """
        apply(self.execution)
        trials = seed_by_seed(self._resolve(wanted))
        datasets = {trial.dataset: self._load(trial.dataset) for trial in trials}
        self.store.__enter__()
        for trial in trials:
            planned = self._plan(trial, datasets[trial.dataset])
            self.plan.trials.append(planned)
            self._planned[trial.study, trial.arm, trial.seed] = planned
        self._check_disk()
        if self.settings.workers > 1 and self.plan.to_train:
            self._workers = self._begin_workers()

    def _begin_workers(self) -> Workers:
        settings = self.settings
        job = Job(
            execution=self.execution,
            results=settings.results,
            data_root=settings.data_root,
            workers=settings.workers,
        )
        workers = Workers(settings.workers, job, self._take, self._outlasts)
        workers.start(self.plan.to_train)
        return workers

    def _resolve(self, wanted: Sequence[Wanted]) -> list[Trial]:
        """Resolve all trials; arms whose learning rate was not chosen are reported together."""
        trials, problems = [], dict[str, None]()
        for study, arm, seed in wanted:
            name = study.protocol(self.settings.protocol).dataset
            data = self._source(self.settings.dataset or name)
            try:
                trials.append(resolve(study, self.settings.protocol, arm, seed, data, own_data=data.name == name))
            except ChoiceError as error:
                problems[str(error)] = None
        if problems:
            first, *others = problems
            raise ChoiceError(f"{first} (and so for {len(others)} more arms)" if others else first)
        return trials

    def _source(self, name: str) -> Source:
        return self._load(name).source if name.startswith(FOLDER_PREFIX) else source(name)

    def _load(self, name: str) -> Dataset:
        return load(name, self.settings.data_root, download=self.settings.download)

    def _plan(self, trial: Trial, dataset: Dataset) -> Planned:
        key = key_of(trial, self.execution, dataset.sha256)
        count = len(dataset.split(trial.recipe.first_image, trial.recipe.train_images).train)
        check_last_batch(trial.architecture, trial.options, trial.recipe, count)
        cost = costs(trial.architecture, trial.options)
        record = None if self.settings.fresh else self.store.find(key)
        side_by_side = self.settings.workers > 1 or self.settings.batch_seeds
        hardware = environment(self.execution.device)["hardware"]
        if record is not None and record.environment["hardware"] != hardware:
            record = None  # it would stand in another table than this run's
        if record is not None and not record.timed and not side_by_side:
            record = None  # it was trained beside others: this run wants its timing too
        return Planned(trial, key, cost, count, expect_seconds(trial, cost, count, self.store.records), record)

    def _check_disk(self) -> None:
        needed = sum(4 * planned.costs.parameters for planned in self.plan.to_train)
        free = shutil.disk_usage(self.settings.results).free
        if needed > free:
            raise StoreError(
                f"{self.settings.results} has {free / 1e6:.0f} MB free; the checkpoints of this run need "
                f"{needed / 1e6:.0f} MB: free some, or pass another --results"
            )

    def describe_plan(self) -> list[str]:
        """Return the plan for the terminal."""
        names = sorted({planned.trial.dataset for planned in self.plan.trials})
        where = environment(self.execution.device)["hardware"]
        execution = self.execution
        mode = ", deterministic" if execution.deterministic else ""
        return self.plan.describe(
            f"{self.settings.protocol} protocol on {', '.join(names)}; {execution.device} ({where}), "
            f"{execution.threads} thread{'' if execution.threads == 1 else 's'}{mode}; "
            f"results in {self.settings.results}"
        )

    def outlasts(self, study: str, arm: str, seed: int) -> bool:
        """Whether a trial that has no record is expected to end after the time limit."""
        planned = self._planned[study, arm, seed]
        if planned.record is not None:
            return False
        return self._workers.skipped(planned) if self._workers else self._outlasts(planned)

    def _outlasts(self, planned: Planned) -> bool:
        limit = self.settings.time_limit_minutes
        return limit is not None and clock.process_seconds() + self.plan.expected_seconds(planned) > 60 * limit

    def run(self, benchmark: Benchmark, study: Study, arm: str, seed: int) -> Record:
        """Train a trial, wait for the worker that does, or restore it, in pytest-benchmark's timed rounds."""
        planned = self._planned[study.name, arm, seed]
        benchmark.group = study.name
        benchmark.extra_info.update(study=study.name, arm=arm, seed=seed)  # until status is there the row is void
        if planned.record is None and self.settings.batch_seeds:
            self._train_all_seeds(planned)
        if planned.record is None and self._workers is None:
            record = self._train(benchmark, planned)
        else:
            record = planned.record or self._wait(planned)
            _replay(benchmark, record)
        resumed = record.record_id not in self._trained
        benchmark.extra_info.update({name: getattr(record, name) for name in ROW}, resumed=resumed)
        self.done.append(record)
        return record

    def _wait(self, planned: Planned) -> Record:
        """Return the record that a worker makes of a trial."""
        if self._workers is None:
            raise ValueError(f"{planned.trial.name} has neither a record nor workers")
        with self.progress.trial(planned.trial, self.plan):
            return self._workers.record(planned)

    def _train(self, benchmark: Benchmark, planned: Planned) -> Record:
        trial, start = planned.trial, clock.process_seconds()
        run = TrialRun(trial, self._load(trial.dataset), self.execution, self.settings.results)

        def finish_epoch() -> None:
            run.finish_epoch()
            self.progress.epoch(run)

        with self.progress.trial(trial, self.plan):
            benchmark.pedantic(run.run_epoch, teardown=finish_epoch, rounds=trial.recipe.epochs, iterations=1)
        record = run.record()
        self._take(planned, record, clock.process_seconds() - start)
        return record

    def _train_all_seeds(self, first: Planned) -> None:
        """Train every seed of an arm that has no record in one program."""
        arm = [each for each in self.plan.to_train if each.trial.arm == first.trial.arm]
        arm = [each for each in arm if each.trial.study == first.trial.study and not self._outlasts(each)]
        data = self._load(first.trial.dataset)
        with self.progress.trial(first.trial, self.plan):
            runs = [TrialRun(each.trial, data, self.execution, self.settings.results, timed=False) for each in arm]
            records = train_seeds(runs)
        for each, record in zip(arm, records, strict=True):
            self._take(each, record, record_seconds(record) / len(records))

    def _take(self, planned: Planned, record: Record, seconds: float | None = None) -> None:
        """Put a new record on disk, and note how long its trial took."""
        self._trained.add(record.record_id)
        self.store.append(record)
        planned.record = record
        self.spent.add(record)
        self.plan.finished(planned, record_seconds(record) if seconds is None else seconds)

    def describe(self, record: Record) -> str:
        """Return a trial's line for the terminal."""
        done, total = len(self.done), len(self.plan.trials)
        how = f"{sum(record.curves['epoch_seconds']):.1f} s" if record.record_id in self._trained else "restored"
        speed = record.train_images_per_second
        pace = "untimed" if speed is None else f"{speed:.0f} images/s"
        left = duration(self.plan.seconds_left())
        diverged = "  DIVERGED" if record.status == "diverged" else ""
        return (
            f"{record.study:14} {record.arm:16} seed {record.seed:<3} {record.test_accuracy:7.2%}{diverged}  "
            f"{pace:>16}  {how:>8}  [{done}/{total}, {left} left]"
        )

    def finish(self) -> list[str]:
        """Write tables, figures and report from all records, free the folder, and return the answers in lines."""
        from bench.harness.report.write import images_from, summary_lines, write_all  # noqa: PLC0415 - Matplotlib, at the end only

        if self._workers is not None:
            self._workers.close()
        self.store.__exit__()
        if not self.done:
            return []
        folder, run = self.settings.results, {(setting_of(record), record.study) for record in self.done}
        try:
            results = write_all(self.store.records, folder, load_images=images_from(self.settings.data_root))
            lines = summary_lines([result for result in results if (result.setting, result.study) in run])
            lines += ["", f"wrote {folder / 'report.html'}"]
        except (OSError, KeyboardInterrupt) as error:
            reason = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error)
            again = f"`python -m bench report --results {folder}` makes them again"
            lines = [f"error: tables and report were not written ({reason}): {again}"]
        return [*lines, self.spent.describe(clock.process_seconds())]


def _replay(benchmark: Benchmark, record: Record) -> None:
    """Replay the recorded epochs: the row gets the recorded times."""
    seconds = iter(record.curves["epoch_seconds"])
    with clock.replaying() as set_clock:
        benchmark.pedantic(
            lambda: set_clock(next(seconds)),
            setup=lambda: set_clock(0.0),
            rounds=record.epochs,
            iterations=1,
        )
