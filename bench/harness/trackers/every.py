"""Several trackers as one; one that fails is told nothing more, and costs no record."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bench.harness.errors import one_line
from bench.harness.records.record import Record
from bench.harness.study.planned import Planned
from bench.harness.trackers.tracker import Standing, Tracker
from bench.harness.training.trial_run import Epoch


class Every(Tracker):
    """Tells every tracker.

    Args:
        trackers: told in this order.

    Attributes:
        failures: a line for each tracker that failed.
    """

    def __init__(self, trackers: Sequence[Tracker]) -> None:
        self._trackers = list(trackers)
        self.failures: list[str] = []

    def _tell(self, event: Callable[[Tracker], None]) -> None:
        for tracker in list(self._trackers):
            try:
                event(tracker)
            except Exception as error:  # noqa: BLE001 - whatever a library of others raises
                self._trackers.remove(tracker)
                name = type(tracker).__name__
                self.failures.append(f"warning: {name} failed and was told nothing more ({one_line(error)})")

    def run_begins(self, standing: Standing) -> None:
        """Tell them."""
        self._tell(lambda tracker: tracker.run_begins(standing))

    def run_waits(self, standing: Standing) -> None:
        """Tell them."""
        self._tell(lambda tracker: tracker.run_waits(standing))

    def trial_begins(self, planned: Planned, standing: Standing) -> None:
        """Tell them."""
        self._tell(lambda tracker: tracker.trial_begins(planned, standing))

    def epoch_ended(self, planned: Planned, epoch: Epoch, standing: Standing) -> None:
        """Tell them."""
        self._tell(lambda tracker: tracker.epoch_ended(planned, epoch, standing))

    def trial_ended(self, planned: Planned, result: Record | Exception, standing: Standing) -> None:
        """Tell them."""
        self._tell(lambda tracker: tracker.trial_ended(planned, result, standing))

    def turn_ended(self, study: str, taken: int, wanted: int, standing: Standing) -> None:
        """Tell them."""
        self._tell(lambda tracker: tracker.turn_ended(study, taken, wanted, standing))

    def phase_ended(self) -> None:
        """Tell them."""
        self._tell(lambda tracker: tracker.phase_ended())

    def run_ends(self) -> None:
        """Tell them."""
        self._tell(lambda tracker: tracker.run_ends())

    def report_written(self, folder: Path) -> None:
        """Tell them."""
        self._tell(lambda tracker: tracker.report_written(folder))
