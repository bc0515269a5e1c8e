"""Which backend trains a run's trials, and how many of them side by side."""

from collections.abc import Callable, Sequence

from bench.harness.data.dataset import Dataset
from bench.harness.machine.device import Execution, available_cores
from bench.harness.run.backends.backend import Backend, EpochEnded
from bench.harness.run.backends.processes import Job, Processes
from bench.harness.run.backends.seeds import BatchedSeeds
from bench.harness.run.backends.serial import Serial
from bench.harness.run.settings import Settings
from bench.harness.study.planned import Planned
from bench.harness.training.memory_need import workers_that_fit


def worker_count(settings: Settings, execution: Execution, to_train: Sequence[Planned]) -> int:
    """Return how many worker processes train: as many as asked, else as there are cores and memory for on a CPU.

    Args:
        settings: the run's.
        execution: every trial's.
        to_train: trials without a record.
    """
    if settings.workers is not None:
        return settings.workers
    if settings.batch_seeds or execution.device != "cpu":
        return 0
    need = max((planned.memory_bytes for planned in to_train), default=0.0)
    return max(1, min(available_cores() // execution.threads, workers_that_fit(need)))


def make_backend(
    settings: Settings, execution: Execution, workers: int, load: Callable[[str], Dataset], epoch_ended: EpochEnded
) -> Backend:
    """Return the backend of a run.

    Args:
        settings: the run's.
        execution: every trial's.
        workers: processes; 0 trains in this one.
        load: returns a data set by name.
        epoch_ended: called with the running trial after each of its epochs.
    """
    if settings.batch_seeds:
        return BatchedSeeds(settings.results, load)
    if workers:
        job = Job(execution=execution, results=settings.results, data_root=settings.data_root, workers=workers)
        return Processes(job, epoch_ended)
    return Serial(settings.results, load, epoch_ended)
