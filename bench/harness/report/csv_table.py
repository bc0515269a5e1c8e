"""Writes a comparison as CSV for machines: a row an arm, ten digits, units in the column names."""

import csv
import io
from typing import Any

from bench.harness.analysis.conditions import LIBRARIES
from bench.harness.analysis.results import ArmResult, ArmRow, ComparisonResult, StudyResult
from bench.harness.stats.spread import Spread, TimeToTarget
from bench.harness.stats.verdict import Judgement

DIGITS = 10  # of a number: those behind them differ between versions of SciPy and NumPy

INFERENCE = ("inference_us_per_image_batch_1", "inference_us_per_image_batch_256")
PARTS = ("median", "low", "high")  # of a figure over turns

Cells = dict[str, Any]


def comparison_csv(result: StudyResult, comparison: ComparisonResult) -> str:
    """Return the comparison as CSV; a value that does not exist is an empty cell. Accuracies are 0 to 1."""
    rows = [_row(result, comparison, row) for row in comparison.rows]
    written = io.StringIO()
    writer = csv.DictWriter(written, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _rounded(cell) for name, cell in row.items()} for row in rows)
    return written.getvalue()


def _rounded(cell: object) -> object:
    return float(f"{cell:.{DIGITS}g}") if isinstance(cell, float) else cell


def _row(result: StudyResult, comparison: ComparisonResult, row: ArmRow) -> Cells:
    arm = row.arm
    return {
        "study": result.study,
        "comparison": comparison.name,
        "arm": arm.name,
        "label": arm.label,
        "baseline": comparison.baseline,
        "seeds": len(arm.records),
        "diverged": arm.diverged,
        "failed": arm.failures.failed,
        "failed_share_low": arm.failures.low,
        "failed_share_high": arm.failures.high,
        "parameters": arm.parameters,
        "mflops_per_image": arm.mflops_per_image,
        **_accuracy(arm),
        "published_percent": " ".join(f"{entry['value']:g}" for entry in arm.published),
        "published_source": " ".join(entry["source"] for entry in arm.published),
        **_judgement(row.judgement, result.margin),
        **_speed(row),
        **_spread("peak_memory_mb", arm.peak_memory_mb),
        "target_training_error": result.target_training_error,
        **_target("epochs_to_target", arm.epochs_to_target),
        **_target("seconds_to_target", arm.seconds_to_target),
        **_conditions(result, arm),
    }


def _accuracy(arm: ArmResult) -> Cells:
    names = ("mean", "low", "high", "sd", "se_seeds", "se_images")
    return {f"test_accuracy_{name}": getattr(arm.accuracy, name) for name in names}


def _judgement(judgement: Judgement | None, margin: float) -> Cells:
    names = ("effect", "low", "high", "se_seeds", "se_images", "p")
    difference = judgement.difference if judgement else None
    return {
        **{f"difference_{name}": getattr(difference, name, None) for name in names},
        "p_corrected": judgement and judgement.p_corrected,
        "verdict": judgement and judgement.verdict,
        "margin": margin,
        "within_margin": judgement and judgement.within_margin,
        "p_tied_corrected": judgement and judgement.p_tied,
        "look_seeds": judgement and judgement.look,
        "not_excluded_difference": judgement and judgement.not_excluded,
    }


def _speed(row: ArmRow) -> Cells:
    speed, names = row.arm.speed, ("train_images_per_second", "seconds_per_epoch", *INFERENCE)
    medians = {"throughput_ratio": row.speed_ratio, **{name: getattr(speed, name, None) for name in names}}
    cells = {f"{name}_{part}": getattr(value, part, None) for name, value in medians.items() for part in PARTS}
    return {
        **cells,
        "speed_turns": speed and speed.turns,
        "speed_turns_disturbed": speed and len(speed.disturbed),
        "training_threads": speed and speed.threads["training"],
    }


def _spread(name: str, spread: Spread | None) -> Cells:
    return {f"{name}_{part}": getattr(spread, part, None) for part in ("mean", "low", "high", "sd")}


def _target(name: str, time: TimeToTarget | None) -> Cells:
    return {
        f"{name}_median": time and time.median,
        f"{name}_fastest": time and time.fastest,
        f"{name}_slowest": time and time.slowest,
        f"{name}_never": time and time.never,
    }


def _conditions(result: StudyResult, arm: ArmResult) -> Cells:
    setting, environments = result.setting, [record.environment for record in arm.records]
    return {
        **setting._asdict(),
        "test_images": arm.accuracy.images,
        **{name: _several([environment.get(name) for environment in environments]) for name in (*LIBRARIES, "os")},
        "commit": _several([environment.get("commit") for environment in environments]),
        "first_started": min(record.started for record in arm.records),
        "last_finished": max(record.finished for record in arm.records),
    }


def _several(values: list[object]) -> str:
    return " ".join(dict.fromkeys(str(value) for value in values))
