"""Tests of bench.harness.trackers.tensorboard_logs: what TensorBoard's own reader finds."""

import sys
from pathlib import Path

import pytest

from bench.harness.errors import UserError
from bench.harness.records.record import load
from bench.harness.trackers.tensorboard_logs import FOLDER, TensorBoard
from tests.bench.harness.trackers.conftest import Track


def test_a_run_is_logged(track: Track, tmp_path: Path) -> None:
    """Each trial has its curves, its final accuracy and its hyper-parameters; the report's figures are pictures."""
    pytest.importorskip("tensorboard", reason="optional: pip install '.[tensorboard]'")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # noqa: PLC0415

    done = track("--tensorboard")

    assert done.returncode == 0, done.stdout
    records = load(tmp_path / "smoke" / "records.jsonl")
    assert len(records) == 2
    for record in records:
        (log,) = (tmp_path / "smoke" / FOLDER / "early-stopping" / record.arm).iterdir()
        read = EventAccumulator(str(log)).Reload()
        losses = [event.value for event in read.Scalars("train/loss")]
        assert losses == pytest.approx(record.curves["train_loss"], rel=1e-4)
        assert [event.step for event in read.Scalars("train/error")] == list(range(1, record.epochs + 1))
        assert read.Scalars("test/accuracy")[-1].value == pytest.approx(record.test_accuracy)
        assert "_hparams_/session_start_info" in read.summary_metadata
    report = EventAccumulator(str(tmp_path / "smoke" / FOLDER / "report")).Reload()
    assert report.Tags()["images"] == ["early-stopping/curves", "early-stopping/throughput"]


def test_without_tensorboard_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option is refused before anything is trained."""
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)

    with pytest.raises(UserError, match=r"--tensorboard needs TensorBoard: pip install '\.\[tensorboard\]'"):
        TensorBoard(tmp_path)
