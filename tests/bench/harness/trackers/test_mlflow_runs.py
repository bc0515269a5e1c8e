"""Tests of bench.harness.trackers.mlflow_runs: what MLflow's own client finds in a store."""

import sys
from pathlib import Path

import pytest

from bench.harness.errors import UserError
from bench.harness.records.record import load
from bench.harness.trackers.mlflow_runs import EXPERIMENT, PARENT, MlflowRuns
from tests.bench.harness.trackers.conftest import Track

pytestmark = pytest.mark.filterwarnings("default")  # those of MLflow's own libraries


@pytest.mark.parametrize("store", ["sqlite:///{}/mlflow.db", "file://{}/runs"])
def test_a_run_is_sent(track: Track, tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each trial is a run below its study's, with its metrics an epoch, parameters, record and the report's files."""
    mlflow = pytest.importorskip("mlflow", reason="optional: pip install '.[mlflow]'")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # MLflow 3.6 and newer advise a database instead
    monkeypatch.chdir(tmp_path)
    uri = store.format(tmp_path)
    client = mlflow.MlflowClient(tracking_uri=uri)
    experiment = client.create_experiment(EXPERIMENT, artifact_location=f"file://{tmp_path}/artifacts")

    done = track("--mlflow", uri)

    assert done.returncode == 0, done.stdout
    assert "MlflowRuns failed" not in done.stdout
    runs = client.search_runs([experiment])
    (study,) = [run for run in runs if PARENT not in run.data.tags]
    trials = {run.data.tags["arm"]: run for run in runs if PARENT in run.data.tags}
    records = load(tmp_path / "smoke" / "records.jsonl")
    assert {record.arm for record in records} == set(trials)
    for record in records:
        run = trials[record.arm]
        assert run.data.tags[PARENT] == study.info.run_id
        assert (run.info.status, run.data.tags["record_id"]) == ("FINISHED", record.record_id)
        assert run.data.metrics["test_accuracy"] == pytest.approx(record.test_accuracy)
        history = client.get_metric_history(run.info.run_id, "train_loss")
        losses = [one.value for one in sorted(history, key=lambda one: one.step)]
        assert losses == pytest.approx(record.curves["train_loss"], rel=1e-4)
        assert run.data.params["seed"] == "0"
        assert "record.json" in [one.path for one in client.list_artifacts(run.info.run_id)]
    assert {"figures", "report.html", "tables"} <= {one.path for one in client.list_artifacts(study.info.run_id)}


def test_an_address_that_is_none_is_refused(track: Track, tmp_path: Path) -> None:
    """Before anything is trained."""
    pytest.importorskip("mlflow", reason="optional: pip install '.[mlflow]'")

    done = track("--mlflow", "nowhere://store")

    assert done.returncode == 4
    assert "--mlflow nowhere://store" in done.stderr + done.stdout
    assert not (tmp_path / "smoke" / "records.jsonl").exists()


def test_without_mlflow_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option is refused before anything is trained."""
    monkeypatch.setitem(sys.modules, "mlflow", None)

    with pytest.raises(UserError, match=r"--mlflow needs MLflow: pip install '\.\[mlflow\]'"):
        MlflowRuns("sqlite:///mlflow.db", tmp_path)
