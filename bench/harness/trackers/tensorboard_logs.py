"""TensorBoard: a log a trial, with its scalars an epoch and its hyper-parameters, and the report's figures.

`tensorboard --logdir results/quick/tensorboard` shows them, during the run too. Trials that were restored are not
logged again.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from bench.harness.errors import UserError
from bench.harness.files import slug
from bench.harness.records.record import Record
from bench.harness.study.planned import Planned
from bench.harness.trackers.facts import hyper_parameters
from bench.harness.trackers.figures import pictures
from bench.harness.trackers.tracker import Standing, Tracker
from bench.harness.training.trial_run import Epoch

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

FOLDER = "tensorboard"  # in the results folder


class TensorBoard(Tracker):
    """Writes event files.

    Args:
        folder: the results folder.

    Raises:
        UserError: TensorBoard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - optional
        except ImportError as error:
            raise UserError(f"--tensorboard needs TensorBoard: pip install '.[tensorboard]' ({error})") from error
        self._writer_of = SummaryWriter
        self._folder = folder / FOLDER
        self._writers: dict[str, SummaryWriter] = {}  # of trials in flight, by key

    def epoch_ended(self, planned: Planned, epoch: Epoch, standing: Standing) -> None:  # noqa: ARG002 - a tracker's
        """Write loss, validation accuracy and pace; a trial that begins anew replaces what it wrote before."""
        writer = self._writers.get(planned.key)
        if writer is None or epoch.number == 1:
            writer = self._begin(planned)
        values = {
            "train/loss": epoch.train_loss,
            "validation/accuracy": epoch.validation_accuracy,
            "train/images_per_second": epoch.images_per_second,
        }
        for name, value in values.items():
            if value is not None:
                writer.add_scalar(name, value, epoch.number)
        writer.flush()

    def trial_ended(self, planned: Planned, result: Record | Exception, standing: Standing) -> None:  # noqa: ARG002 - a tracker's
        """Write the curves that only the record has, and hyper-parameters beside the test accuracy."""
        if isinstance(result, Record):
            writer = self._writers.get(planned.key) or self._begin(planned)
            for number, error in enumerate(result.curves["train_error"], start=1):
                writer.add_scalar("train/error", error, number)
            for number, accuracy in enumerate(result.curves.get("test_accuracy", []), start=1):
                writer.add_scalar("test/accuracy_by_epoch", accuracy, number)
            writer.add_hparams(hyper_parameters(result), {"test/accuracy": result.test_accuracy}, run_name=".")
        if planned.key in self._writers:
            self._writers.pop(planned.key).close()

    def run_ends(self) -> None:
        """Close what is open still."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def report_written(self, folder: Path) -> None:
        """Write the report's figures."""
        with self._writer_of(str(self._folder / "report")) as writer:
            for picture in pictures(folder):
                writer.add_image(f"{picture.study}/{picture.kind}", picture.pixels, dataformats="HWC")

    def _begin(self, planned: Planned) -> "SummaryWriter":
        if planned.key in self._writers:
            self._writers.pop(planned.key).close()
        trial = planned.trial
        name = f"seed-{trial.seed}-{planned.key[:8]}"
        log = self._folder / slug(trial.study) / slug(trial.arm) / name
        self._writers[planned.key] = self._writer_of(str(log), purge_step=1)
        return self._writers[planned.key]
