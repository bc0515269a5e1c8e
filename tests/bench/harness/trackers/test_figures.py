"""Tests of bench.harness.trackers.figures."""

from pathlib import Path

from bench.harness.records.speed import save_speed
from bench.harness.trackers.figures import pictures
from tests.bench.conftest import MakePhase, MakeRecord


def test_every_study_has_its_pictures(make_record: MakeRecord, make_phase: MakePhase, tmp_path: Path) -> None:
    """Curves and throughput of each study, in colour and not blank."""
    records = [make_record(arm, seed) for arm in ("base", "other") for seed in range(2)]
    (tmp_path / "records.jsonl").write_text("".join(f"{record.to_json()}\n" for record in records), "utf-8")
    save_speed(tmp_path, make_phase({"base": 1000.0, "other": 900.0}))

    drawn = list(pictures(tmp_path))

    assert [(picture.study, picture.kind) for picture in drawn] == [("norm", "curves"), ("norm", "throughput")]
    assert all(picture.pixels.shape[2] == 3 and picture.pixels.min() < picture.pixels.max() for picture in drawn)
