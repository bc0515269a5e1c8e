"""Where trials are trained: a backend takes planned trials and gives back their records as they end."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from bench.harness.errors import UserError
from bench.harness.records.record import Record
from bench.harness.study.planned import Planned
from bench.harness.training.trial_run import Epoch

TRIES = 2  # a trial whose process died is tried once more: the next one dies too where the trial is what killed it
EpochEnded = Callable[[Planned, Epoch], None]


class BackendError(UserError):
    """A backend lost a trial; the message says which and what to do."""


class Ended(NamedTuple):
    """A trial that has ended: with its record, or with the error that it ended by.

    Attributes:
        planned: the trial, as it was handed to the backend.
        result: its record, or the error.
        seconds: wall time that it cost the run; of trials that shared the machine, each one's share.
    """

    planned: Planned
    result: Record | Exception
    seconds: float


class Backend(Protocol):
    """Trains trials: one after the other, in processes, as one program, or on other machines.

    Attributes:
        by_arm: `train` is called once an arm, with its seeds; not once, with all arms of one seed after the other.
    """

    by_arm: bool

    def train(self, trials: Iterator[Planned]) -> Iterator[Ended]:
        """Train trials and yield each as it ends.

        Args:
            trials: taken one at a time, and only when the backend is about to begin it: what the iterator leaves out,
                because the time limit would pass, is never begun.

        An error of one trial is yielded, and the others go on; Ctrl-C is raised.
        """

    def close(self) -> None:
        """End whatever is still running, and wait until it has ended."""
