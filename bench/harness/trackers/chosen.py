"""The trackers that a run's options name."""

from pathlib import Path
from typing import Protocol

from bench.harness.trackers.terminal import Terminal, terminal
from bench.harness.trackers.tracker import Tracker


class Outlets(Protocol):
    """The options of a run that name trackers."""

    @property
    def results(self) -> Path:
        """The results folder."""

    @property
    def tensorboard(self) -> bool:
        """Whether logs are written for TensorBoard."""

    @property
    def mlflow(self) -> str | None:
        """Address of a tracking store of MLflow; None without one."""


def chosen_trackers(outlets: Outlets, *, on_terminal: bool) -> list[Tracker]:
    """Return a run's trackers.

    Args:
        outlets: the run's options.
        on_terminal: show the progress bar, where there is a terminal.

    Raises:
        UserError: a library is not installed, or a store cannot be used.
    """
    trackers: list[Tracker] = [Terminal(terminal() if on_terminal else None)]
    if outlets.tensorboard:
        from bench.harness.trackers.tensorboard_logs import TensorBoard  # noqa: PLC0415 - optional

        trackers.append(TensorBoard(outlets.results))
    if outlets.mlflow is not None:
        from bench.harness.trackers.mlflow_runs import MlflowRuns  # noqa: PLC0415 - optional

        trackers.append(MlflowRuns(outlets.mlflow, outlets.results))
    return trackers
