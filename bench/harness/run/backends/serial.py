"""One trial after the other in this process: on a GPU, and for a debugger."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.harness.data.dataset import Dataset
from bench.harness.records.record import Record
from bench.harness.run.backends.backend import Ended, EpochEnded
from bench.harness.study.planned import Planned
from bench.harness.training.trial_run import TrialRun


class Serial:
    """Trains trials one by one.

    Args:
        results: folder for the checkpoints.
        load: returns a data set by name.
        epoch_ended: called with the running trial after each of its epochs.
    """

    by_arm = False

    def __init__(self, results: Path, load: Callable[[str], Dataset], epoch_ended: EpochEnded) -> None:
        self._results, self._load, self._epoch_ended = results, load, epoch_ended

    def train(self, trials: Iterator[Planned]) -> Iterator[Ended]:
        """Train each trial when its record is asked for."""
        for planned in trials:
            start = time.perf_counter()
            try:
                result: Record | Exception = self._train(planned)
            except Exception as error:  # noqa: BLE001 - whatever it was, it is that trial's own result
                result = error
            yield Ended(planned, result, time.perf_counter() - start)

    def _train(self, planned: Planned) -> Record:
        run = TrialRun(planned, self._load(planned.trial.dataset), self._results)
        for epoch in run.epochs():
            self._epoch_ended(planned, epoch)
        return run.record()

    def close(self) -> None:
        """Nothing runs between two records."""
