"""The progress bar of the trials in flight and of the run: on a terminal only, gone before pytest prints a line."""

import os
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from bench.harness.number_format import duration
from bench.harness.records.record import Record
from bench.harness.study.planned import Planned
from bench.harness.study.trial import Trial
from bench.harness.trackers.tracker import Standing, Tracker
from bench.harness.training.trial_run import Epoch


class Terminal(Tracker):
    """Shows the trials in flight: the last epoch's loss, accuracy and pace, and the time left for all.

    Args:
        stream: the terminal as it was before pytest began to capture; None shows nothing.
    """

    def __init__(self, stream: TextIO | None) -> None:
        # Rich would ask descriptors 0 to 2 for the width, which pytest has captured.
        self._console = None if stream is None else Console(file=stream, width=os.get_terminal_size(stream.fileno())[0])
        self._bar: Bar | None = None
        self._running: dict[str, Trial] = {}  # in flight, by key

    def run_waits(self, standing: Standing) -> None:
        """Show what is in flight, if that is known yet."""
        if self._running:
            self._show(standing)

    def trial_begins(self, planned: Planned, standing: Standing) -> None:
        """Show a bar for the trial, or one for all that run beside it."""
        self._running[planned.key] = planned.trial
        self._show(standing)

    def epoch_ended(self, planned: Planned, epoch: Epoch, standing: Standing) -> None:
        """Show the epoch that has just been evaluated; of several trials in flight the one that it is of."""
        if self._bar is None:
            return
        loss, validation = epoch.train_loss, epoch.validation_accuracy
        alone = len(self._running) == 1
        figures = [
            f"epoch {epoch.number}/{epoch.epochs}" if alone else planned.trial.name,
            "loss diverged" if loss is None else f"loss {loss:.3f}",
            "no validation split" if validation is None else f"validation {validation:.1%}",
            f"{epoch.images_per_second:.0f} images/s",
            _suite(standing),
        ]
        done = epoch.number if alone else standing.done
        self._bar.update(self._bar.task_ids[0], completed=done, figures="  ".join(figures), refresh=True)

    def trial_ended(self, planned: Planned, result: Record | Exception, standing: Standing) -> None:  # noqa: ARG002 - pytest prints the result
        """Wipe the bar: the trial's line comes next."""
        self._running.pop(planned.key, None)
        self._wipe()

    def turn_ended(self, study: str, taken: int, wanted: int, standing: Standing) -> None:
        """Show how many turns have been taken."""
        if self._console is None:
            return
        if self._bar is None:
            self._begin(f"{study}: speed in turns", taken, wanted, "")
        again = f"  {taken - wanted} again: disturbed" if taken > wanted else ""
        figures = f"turn {taken}/{wanted}{again}  {duration(standing.seconds_left)} left"
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=min(taken, wanted), figures=figures, refresh=True)

    def phase_ended(self) -> None:
        """Wipe the bar: the arms' lines come next."""
        self._wipe()

    def run_ends(self) -> None:
        """Wipe the bar, however the run ended."""
        self._running.clear()
        self._wipe()

    def _show(self, standing: Standing) -> None:
        """Draw the bar anew: of a trial's epochs, or of the run's trials where several are in flight."""
        self._wipe()
        if self._console is None:
            return
        if len(self._running) == 1:
            (trial,) = self._running.values()
            name, done, total = trial.name, 0, trial.recipe.epochs
        else:
            name, done, total = f"{len(self._running)} trials in flight", standing.done, standing.trials
        self._begin(name, done, total, _suite(standing))

    def _begin(self, name: str, done: int, total: int, figures: str) -> None:
        """Draw a bar."""
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), TextColumn("{task.fields[figures]}"))
        # Refreshed at the end of an epoch only: a thread that draws would take time from the epochs.
        self._bar = Bar(*columns, console=self._console, transient=True, auto_refresh=False)
        self._bar.start()
        self._bar.add_task(name, completed=done, total=total, figures=figures)
        self._bar.refresh()

    def _wipe(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _suite(standing: Standing) -> str:
    return f"[{standing.done + 1}/{standing.trials}, {duration(standing.seconds_left)} left]"


def terminal() -> TextIO | None:
    """Return the real terminal behind standard output, None if there is none.

    Call it before pytest captures: a duplicate of the file descriptor stays the terminal when descriptor 1 does not.
    """
    if not os.isatty(1):
        return None
    return os.fdopen(os.dup(1), "w", encoding="utf-8")
