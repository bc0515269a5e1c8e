"""All seeds of an arm as one program on the device (`--batch-seeds`): a small net alone cannot fill a GPU."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.harness.data.dataset import Dataset
from bench.harness.machine import clock
from bench.harness.records.record import Record
from bench.harness.run.backends.backend import Ended
from bench.harness.run.plan import record_seconds
from bench.harness.study.planned import Planned
from bench.harness.training.batched import BatchedTraining
from bench.harness.training.trial_run import TrialRun


class BatchedSeeds:
    """Trains the seeds of one arm together.

    Args:
        results: folder for the checkpoints.
        load: returns a data set by name.
    """

    by_arm = True

    def __init__(self, results: Path, load: Callable[[str], Dataset]) -> None:
        self._results, self._load = results, load

    def train(self, trials: Iterator[Planned]) -> Iterator[Ended]:
        """Train an arm's seeds when the first of their records is asked for."""
        seeds = list(trials)
        if not seeds:
            return
        try:
            records: Sequence[Record | Exception] = self._train(seeds)
        except Exception as error:  # noqa: BLE001 - it is the result of every seed in the program
            records = [error] * len(seeds)
        for planned, result in zip(seeds, records, strict=True):
            seconds = record_seconds(result) / len(seeds) if isinstance(result, Record) else 0.0
            yield Ended(planned, result, seconds)

    def _train(self, seeds: Sequence[Planned]) -> list[Record]:
        data = self._load(seeds[0].trial.dataset)
        return train_seeds([TrialRun(planned, data, self._results, alone=False) for planned in seeds])

    def close(self) -> None:
        """Nothing runs between two arms."""


def train_seeds(runs: Sequence[TrialRun]) -> list[Record]:
    """Train trials of one arm together and return their records, which make no claim about time.

    Raises:
        BatchedError: the trials cannot be one program, see `BatchedTraining`.
    """
    batched = BatchedTraining([run.training for run in runs])
    for _ in range(batched.recipe.epochs):
        clock.clock()
        batched.run_epoch(runs[0].train_preprocess)
        clock.clock()
        for run in runs:
            run.finish_epoch()
    return [run.record() for run in runs]
