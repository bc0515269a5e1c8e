"""The progress bar of a trial and of the whole suite: on a terminal only, gone before pytest prints a line."""

import contextlib
import os
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from bench.harness.number_format import duration
from bench.harness.run.plan import Plan
from bench.harness.study.trial import Trial
from bench.harness.training.trial_run import TrialRun


class Progress:
    """Shows the trial in flight: epoch, loss, accuracy, images/s, and the time left for the suite.

    Args:
        stream: the terminal as it was before pytest began to capture; None shows nothing.
    """

    def __init__(self, stream: TextIO | None) -> None:
        # Rich would ask descriptors 0 to 2 for the width, which pytest has captured.
        self._console = None if stream is None else Console(file=stream, width=os.get_terminal_size(stream.fileno())[0])
        self._bar: Bar | None = None
        self._suite = ""

    @contextlib.contextmanager
    def trial(self, trial: Trial, plan: Plan) -> Iterator[None]:
        """Show a bar while the trial runs; it is wiped when the trial ends, however it ends."""
        if self._console is None:
            yield
            return
        done = len(plan.trials) - len(plan.to_train)
        self._suite = f"{done + 1}/{len(plan.trials)}, {duration(plan.seconds_left())} left"
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), TextColumn("{task.fields[figures]}"))
        # Refreshed at the end of an epoch only: a thread that draws would take time from the epochs.
        with Bar(*columns, console=self._console, transient=True, auto_refresh=False) as self._bar:
            self._bar.add_task(trial.name, total=trial.recipe.epochs, figures=f"[{self._suite}]")
            self._bar.refresh()
            yield
        self._bar = None

    def epoch(self, run: TrialRun) -> None:
        """Show the epoch that has just been evaluated."""
        if self._bar is None:
            return
        training, epochs = run.training, run.trial.recipe.epochs
        loss = training.train_loss[-1]
        figures = [
            f"epoch {run.epochs_done}/{epochs}",
            "loss diverged" if loss is None else f"loss {loss:.3f}",
            f"validation {run.validations[-1].accuracy:.1%}" if run.validations else "no validation split",
            f"{len(training.train) / run.epoch_seconds[-1]:.0f} images/s",
            f"[{self._suite}]",
        ]
        self._bar.update(self._bar.task_ids[0], completed=run.epochs_done, figures="  ".join(figures), refresh=True)


def terminal() -> TextIO | None:
    """Return the real terminal behind standard output, None if there is none.

    Call it before pytest captures: a duplicate of the file descriptor stays the terminal when descriptor 1 does not.
    """
    if not os.isatty(1):
        return None
    return os.fdopen(os.dup(1), "w", encoding="utf-8")
