"""One run of `pytest bench/`: what is planned, what has been restored or trained, where the time went."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bench import timing
from bench.choices import ChoiceError
from bench.costs import check_last_batch, costs
from bench.data import Dataset, load
from bench.device import Execution, apply, resolve_device, resolve_threads
from bench.environment import environment
from bench.plan import Plan, Planned, duration, expect_seconds, seed_by_seed
from bench.progress import Progress
from bench.record import Record, setting_of
from bench.running import TrialRun
from bench.settings import Settings
from bench.sources import FOLDER_PREFIX, Source, source
from bench.store import Store, StoreError
from bench.study import Study, Trial
from bench.trial import key_of, resolve

Wanted = tuple[Study, str, int]  # study, arm, seed

ROW = (  # a row's extra_info, in the words that others rely on
    *("study", "arm", "seed", "protocol", "architecture", "dataset", "status", "test_accuracy", "validation_accuracy"),
    *("train_images_per_second", "parameters", "mflops_per_image", "peak_memory_mb", "epochs", "device", "threads"),
    *("deterministic", "reduced", "record_id"),
)


class Benchmark(Protocol):
    """What is used of pytest-benchmark's fixture."""

    group: str | None
    extra_info: dict[str, Any]

    def pedantic(self, target: Any, **options: Any) -> Any:  # noqa: ANN401 - pytest-benchmark has no types
        """Run the target in timed rounds."""


@dataclass
class TimeSpent:
    """Where a run's wall time went, in seconds."""

    epochs: float = 0.0
    evaluation: float = 0.0
    inference: float = 0.0
    warmup: float = 0.0

    def add(self, record: Record) -> None:
        """Count a trial that was trained in this run."""
        self.epochs += sum(record.curves["epoch_seconds"])
        self.evaluation += record.evaluation_seconds
        self.inference += record.inference_seconds
        self.warmup += record.warmup_seconds

    def describe(self, wall_seconds: float) -> str:
        """Return the split of a wall time, with the harness's own share."""
        measured = self.epochs + self.evaluation + self.inference + self.warmup
        overhead = wall_seconds - measured
        return (
            f"time: {duration(wall_seconds)}, of it epochs {self.epochs:.1f} s, evaluation {self.evaluation:.1f} s, "
            f"inference timing {self.inference:.1f} s, warm-up {self.warmup:.1f} s, "
            f"harness overhead {overhead:.1f} s ({overhead / wall_seconds:.1%}, imports and reports included)"
        )


class Session:
    """A run. `prepare` checks everything before the first epoch; `run` does one trial; `close` ends it."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self.settings, self.progress = settings, progress
        self.execution = Execution(
            device=resolve_device(settings.device),
            threads=resolve_threads(settings.threads),
            deterministic=settings.deterministic,
        )
        self.store = Store(settings.results)
        self.plan = Plan()
        self.spent = TimeSpent()
        self.done: list[Record] = []
        self._trained: list[Record] = []
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
            f"{execution.threads} threads{mode}; results in {self.settings.results}"
        )

    def outlasts(self, study: str, arm: str, seed: int) -> bool:
        """Whether a trial that has no record is expected to end after the time limit."""
        planned, limit = self._planned[study, arm, seed], self.settings.time_limit_minutes
        if limit is None or planned.record is not None:
            return False
        return timing.process_seconds() + self.plan.expected_seconds(planned) > 60 * limit

    def run(self, benchmark: Benchmark, study: Study, arm: str, seed: int) -> Record:
        """Train a trial, or restore it from its record, in pytest-benchmark's timed rounds."""
        planned = self._planned[study.name, arm, seed]
        benchmark.group = study.name
        benchmark.extra_info.update(study=study.name, arm=arm, seed=seed)  # until status is there the row is void
        resumed = planned.record is not None
        record = self._restore(benchmark, planned.record) if planned.record else self._train(benchmark, planned)
        benchmark.extra_info.update({name: getattr(record, name) for name in ROW}, resumed=resumed)
        self.done.append(record)
        return record

    def _restore(self, benchmark: Benchmark, record: Record) -> Record:
        """Replay the recorded epochs: the row gets the recorded times."""
        seconds = iter(record.curves["epoch_seconds"])
        with timing.replaying() as set_clock:
            benchmark.pedantic(
                lambda: set_clock(next(seconds)),
                setup=lambda: set_clock(0.0),
                rounds=record.epochs,
                iterations=1,
            )
        return record

    def _train(self, benchmark: Benchmark, planned: Planned) -> Record:
        trial, start = planned.trial, timing.process_seconds()
        run = TrialRun(trial, self._load(trial.dataset), self.execution, self.settings.results)

        def finish_epoch() -> None:
            run.finish_epoch()
            self.progress.epoch(run)

        with self.progress.trial(trial, self.plan):
            benchmark.pedantic(run.run_epoch, teardown=finish_epoch, rounds=trial.recipe.epochs, iterations=1)
        record = run.record()
        self.store.append(record)
        planned.record = record
        self.spent.add(record)
        self._trained.append(record)
        self.plan.finished(planned, timing.process_seconds() - start)
        return record

    def describe(self, record: Record) -> str:
        """Return a trial's line for the terminal."""
        done, total = len(self.done), len(self.plan.trials)
        how = "restored" if record not in self._trained else f"{sum(record.curves['epoch_seconds']):.1f} s"
        left = duration(self.plan.seconds_left())
        diverged = "  DIVERGED" if record.status == "diverged" else ""
        return (
            f"{record.study:14} {record.arm:16} seed {record.seed:<3} {record.test_accuracy:7.2%}{diverged}  "
            f"{record.train_images_per_second:7.0f} images/s  {how:>8}  [{done}/{total}, {left} left]"
        )

    def finish(self) -> list[str]:
        """Write tables, figures and report from all records, free the folder, and return the answers in lines."""
        from bench.report import images_from, summary_lines, write_all  # noqa: PLC0415 - Matplotlib, at the end only

        self.store.__exit__()
        if not self.done:
            return []
        folder, settings = self.settings.results, {setting_of(record) for record in self.done}
        results = write_all(self.store.records, folder, load_images=images_from(self.settings.data_root))
        lines = summary_lines([result for result in results if result.setting in settings])
        return [*lines, "", f"wrote {folder / 'report.html'}", self.spent.describe(timing.process_seconds())]
