"""Which backend trains a run's trials, and how many of them side by side."""

from collections.abc import Callable, Sequence

from bench.harness.data.dataset import Dataset
from bench.harness.machine.device import Execution, available_cores
from bench.harness.run.backends.backend import Backend, EpochEnded
from bench.harness.run.backends.cluster.machines import Cluster
from bench.harness.run.backends.cluster.trials import ClusterTrials
from bench.harness.run.backends.processes import Job, Processes
from bench.harness.run.backends.seeds import BatchedSeeds
from bench.harness.run.backends.serial import Serial
from bench.harness.run.places import Places, ThisMachine
from bench.harness.run.settings import Settings
from bench.harness.study.planned import Planned
from bench.harness.training.memory_need import workers_that_fit


def choose_places(settings: Settings, execution: Execution) -> Places:
    """Return the machines of a run: this one, or a cluster's.

    Raises:
        UserError: the cluster cannot be used.
    """
    return ThisMachine(execution) if settings.ray is None else Cluster(settings.ray, execution, settings.workers)


def worker_count(settings: Settings, places: Places, execution: Execution, trials: Sequence[Planned]) -> int:
    """Return how many trials are trained side by side: as many as asked, else as there are cores and memory for.

    Args:
        settings: the run's.
        places: its machines.
        execution: every trial's.
        trials: those that may be trained: the largest decides how many fit into memory.
    """
    if isinstance(places, Cluster):
        return places.nodes.slots(places.demand(max((planned.memory_bytes for planned in trials), default=0.0)))
    if settings.workers is not None:
        return settings.workers
    if settings.batch_seeds or execution.device != "cpu":
        return 0
    need = max((planned.memory_bytes for planned in trials), default=0.0)
    return max(1, min(available_cores() // execution.threads, workers_that_fit(need)))


def make_backend(
    settings: Settings, places: Places, workers: int, load: Callable[[str], Dataset], epoch_ended: EpochEnded
) -> Backend:
    """Return the backend of a run.

    Args:
        settings: the run's.
        places: its machines.
        workers: processes; 0 trains in this one.
        load: returns a data set by name.
        epoch_ended: called with the running trial after each of its epochs.
    """
    if isinstance(places, Cluster):
        return ClusterTrials(places, settings.results, load, epoch_ended)
    if settings.batch_seeds:
        return BatchedSeeds(settings.results, load)
    if workers:
        job = Job(execution=places.execution, results=settings.results, data_root=settings.data_root, workers=workers)
        return Processes(job, epoch_ended)
    return Serial(settings.results, load, epoch_ended)
