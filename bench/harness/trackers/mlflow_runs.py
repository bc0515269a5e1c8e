"""MLflow: a run a trial, nested in one a study, with metrics an epoch, parameters, the record and the report.

`--mlflow URI` takes what MLflow takes: `sqlite:///mlflow.db`, a folder, a server's address. Trials that were restored
are not sent again.
"""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.harness.errors import UserError
from bench.harness.files import slug
from bench.harness.records.record import Record
from bench.harness.study.planned import Planned
from bench.harness.trackers.facts import hyper_parameters
from bench.harness.trackers.tracker import Standing, Tracker
from bench.harness.training.trial_run import Epoch

if TYPE_CHECKING:
    pass

EXPERIMENT = "convbench"
PARENT = "mlflow.parentRunId"  # by which MLflow nests runs
FINISHED, FAILED, KILLED = "FINISHED", "FAILED", "KILLED"


class MlflowRuns(Tracker):
    """Sends runs to a tracking store.

    Args:
        uri: the store's.
        folder: the results folder, for checkpoints.

    Raises:
        UserError: MLflow is not installed, or the store cannot be used.
    """

    def __init__(self, uri: str, folder: Path) -> None:
        try:
            from mlflow import MlflowClient  # noqa: PLC0415 - optional, and slow
        except ImportError as error:
            raise UserError(f"--mlflow needs MLflow: pip install '.[mlflow]' ({error})") from error
        self._folder = folder
        self._studies: dict[str, str] = {}  # the run of each study
        self._trials: dict[str, str] = {}  # those of trials in flight, by key
        try:
            self._client: MlflowClient = MlflowClient(tracking_uri=uri)
            experiment = self._client.get_experiment_by_name(EXPERIMENT)
            self._experiment = experiment.experiment_id if experiment else self._client.create_experiment(EXPERIMENT)
        except Exception as error:
            raise UserError(f"--mlflow {uri}: {error}") from error

    def trial_begins(self, planned: Planned, standing: Standing) -> None:  # noqa: ARG002 - a tracker's
        """Begin its run, and its study's before the first."""
        trial = planned.trial
        if trial.study not in self._studies:
            self._studies[trial.study] = self._begin(trial.study, {"study": trial.study, "protocol": trial.protocol})
        tags = {PARENT: self._studies[trial.study], "study": trial.study, "arm": trial.arm, "key": planned.key}
        self._trials[planned.key] = self._begin(f"{trial.arm} seed {trial.seed}", tags)

    def epoch_ended(self, planned: Planned, epoch: Epoch, standing: Standing) -> None:  # noqa: ARG002 - a tracker's
        """Send loss, validation accuracy and pace."""
        values = {
            "train_loss": epoch.train_loss,
            "validation_accuracy": epoch.validation_accuracy,
            "train_images_per_second": epoch.images_per_second,
        }
        self._metrics(self._trials[planned.key], values, epoch.number)

    def trial_ended(self, planned: Planned, result: Record | Exception, standing: Standing) -> None:  # noqa: ARG002 - a tracker's
        """Send parameters, final figures, the record and the checkpoint; a trial that failed ends as failed."""
        run = self._trials.pop(planned.key)
        if isinstance(result, Exception):
            self._client.set_terminated(run, FAILED)
            return
        for name, value in hyper_parameters(result).items():
            self._client.log_param(run, name, value)
        self._client.set_tag(run, "record_id", result.record_id)
        final = {"test_accuracy": result.test_accuracy, "test_loss": result.test_loss}
        self._metrics(run, final, result.epochs)
        self._client.log_text(run, result.to_json(), "record.json")
        if result.checkpoint and (self._folder / result.checkpoint).is_file():
            self._client.log_artifact(run, str(self._folder / result.checkpoint))
        self._client.set_terminated(run, FINISHED)

    def run_ends(self) -> None:
        """End the studies' runs, and as killed what is in flight still."""
        for run in self._trials.values():
            self._client.set_terminated(run, KILLED)
        self._trials.clear()
        for run in self._studies.values():
            self._client.set_terminated(run, FINISHED)

    def report_written(self, folder: Path) -> None:
        """Send each study its tables and figures, and the report."""
        for study, run in self._studies.items():
            for part in ("tables", "figures"):
                for path in sorted((folder / part).glob(f"{slug(study)}*")):
                    self._client.log_artifact(run, str(path), part)
            self._client.log_artifact(run, str(folder / "report.html"))

    def _begin(self, name: str, tags: dict[str, str]) -> str:
        run = self._client.create_run(self._experiment, run_name=name, tags=tags)
        return str(run.info.run_id)

    def _metrics(self, run: str, values: dict[str, float | None], step: int) -> None:
        from mlflow.entities import Metric  # noqa: PLC0415 - optional

        now = time.time_ns() // 1_000_000
        known = [Metric(name, value, now, step) for name, value in values.items() if value is not None]
        self._client.log_batch(run, metrics=known)
