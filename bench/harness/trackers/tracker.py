"""Who watches a run: told what is planned, and of every trial when it begins, after each epoch and when it ends."""

from pathlib import Path
from typing import NamedTuple

from bench.harness.records.record import Record
from bench.harness.study.planned import Planned
from bench.harness.training.trial_run import Epoch


class Standing(NamedTuple):
    """The progress of a run.

    Attributes:
        done: trials with a record.
        trials: all trials of the run.
        seconds_left: time that the others are expected to take; it falls with every epoch.
    """

    done: int
    trials: int
    seconds_left: float


class Tracker:
    """Shows or sends on what happens in a run: this one does nothing. Nothing that one does changes a record."""

    def run_begins(self, standing: Standing) -> None:
        """Everything is planned, and nothing is trained yet."""

    def run_waits(self, standing: Standing) -> None:
        """The run has nothing to do but wait for the next trial that ends."""

    def trial_begins(self, planned: Planned, standing: Standing) -> None:
        """A trial is about to be trained."""

    def epoch_ended(self, planned: Planned, epoch: Epoch, standing: Standing) -> None:
        """An epoch of a trial was trained and evaluated."""

    def trial_ended(self, planned: Planned, result: Record | Exception, standing: Standing) -> None:
        """A trial has its record, which is on disk, or has failed."""

    def turn_ended(self, study: str, taken: int, wanted: int, standing: Standing) -> None:
        """All arms of a study have taken a turn of its speed phase; disturbed turns are taken again."""

    def phase_ended(self) -> None:
        """A speed phase is over."""

    def run_ends(self) -> None:
        """All that was to be trained has ended, or the run was interrupted."""

    def report_written(self, folder: Path) -> None:
        """Tables, figures and the report of all records were written into the results folder, which is free."""
