"""Lays a comparison out in tables of rounded text: accuracy and verdicts, costs, time to a target error."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bench.harness.analysis.results import ArmRow, ComparisonResult, StudyResult
from bench.harness.number_format import MISSING, decimals_for, interval, measured, number, percent, significant
from bench.harness.records.parts import PublishedContext
from bench.harness.report.legends import COSTS, HOW_TO_READ, INTERVALS, TARGETS, target
from bench.harness.report.sentences import difference_text, probability, time_to_target, verdict_text
from bench.harness.stats.spread import Spread
from bench.harness.stats.turns import Median


class Column(NamedTuple):
    """A column of a table: what it shows, in which unit, and how a row's cell is written."""

    name: str
    unit: str
    cell: Callable[[ArmRow], str]


@dataclass(frozen=True)
class Table:
    """A table in words: every cell is text. The first column is the arm, the others are aligned right.

    `legend` says how to read it.
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    legend: tuple[str, ...]

    @property
    def headers(self) -> list[str]:
        """Each column's name, with its unit in parentheses."""
        return [f"{column.name} ({column.unit})" if column.unit else column.name for column in self.columns]

    @property
    def alignments(self) -> list[str]:
        """As tabulate names them."""
        return ["left", *["right"] * (len(self.columns) - 1)]


def _label(row: ArmRow) -> str:
    chance = " (at chance)" if row.arm.at_chance else ""
    return f"{row.arm.label}{' (baseline)' if row.is_baseline else ''}{chance}"


def _accuracy(row: ArmRow) -> str:
    return percent(row.arm.accuracy.mean, row.arm.accuracy.low, row.arm.accuracy.high)


def _published(*, alike: bool) -> Callable[[ArmRow], str]:
    """Return the writer of a cell with the numbers that others published, under conditions like ours or others."""

    def write(row: ArmRow) -> str:
        entries = [entry for entry in row.arm.published if bool(entry["note"]) is not alike]
        return ", ".join(_with_conditions(entry) for entry in entries) or MISSING

    return write


def _with_conditions(entry: PublishedContext) -> str:
    note = f" ({entry['note']})" if entry["note"] else ""
    return f"{entry['value']:g} {entry['source']}{note}"


def _difference(row: ArmRow) -> str:
    if row.judgement is None:
        return MISSING
    return difference_text(row.judgement.difference)


def _p(row: ArmRow) -> str:
    return probability(row.judgement.p_corrected if row.judgement else None)


def _verdict(row: ArmRow) -> str:
    if row.judgement is None:
        return MISSING
    return verdict_text(row.judgement)


def _look(row: ArmRow) -> str:
    return MISSING if row.judgement is None or row.judgement.look is None else str(row.judgement.look)


def _not_excluded(row: ArmRow) -> str:
    largest = row.judgement.not_excluded if row.judgement else None
    return MISSING if largest is None else f"±{number(100 * largest, 2)}"


def _failed(row: ArmRow) -> str:
    failures = row.arm.failures
    return f"{failures.failed} of {failures.n} [{100 * failures.low:.0f}, {100 * failures.high:.0f}]"


ACCURACY_COLUMNS = (
    Column("arm", "", _label),
    Column("n", "", lambda row: str(len(row.arm.records))),
    Column("failed", "share in %", _failed),
    Column("accuracy", "%", _accuracy),
    Column("published", "%", _published(alike=True)),
    Column("published under other conditions", "%", _published(alike=False)),
    Column("difference", "points", _difference),
    Column("p", "corrected", _p),
    Column("verdict", "", _verdict),
    Column("look", "seeds", _look),
    Column("not excluded", "points", _not_excluded),
)


def _spread(spread: Spread | None) -> str:
    return MISSING if spread is None else measured(spread.mean, spread.low, spread.high)


def _median(name: str) -> Callable[[ArmRow], str]:
    """Return the writer of a cell with one of the figures of an arm's speed."""

    def write(row: ArmRow) -> str:
        if row.arm.speed is None:
            return MISSING
        value: Median = getattr(row.arm.speed, name)
        return measured(value.median, value.low, value.high)

    return write


def _turns(row: ArmRow) -> str:
    speed = row.arm.speed
    if speed is None:
        return MISSING
    return f"{speed.turns} ({len(speed.disturbed)} disturbed)" if speed.disturbed else str(speed.turns)


def _threads(row: ArmRow) -> str:
    return str(row.arm.speed.threads["training"]) if row.arm.speed else MISSING


def _ratio(row: ArmRow) -> str:
    if row.speed is None:
        return MISSING
    ratio, low, high = row.speed
    decimals = decimals_for(ratio, digits=3)
    return f"×{number(ratio, decimals)} {interval(low, high, lambda end: number(end, decimals))}".rstrip()


COST_COLUMNS = (
    Column("arm", "", _label),
    Column("turns", "", _turns),
    Column("threads", "", _threads),
    Column("parameters", "", lambda row: number(row.arm.parameters, 0)),
    Column("MFLOPs", "/image", lambda row: significant(row.arm.mflops_per_image)),
    Column("training", "images/s", _median("train_images_per_second")),
    Column("speed", "baseline = 1", _ratio),
    Column("epoch", "s", _median("seconds_per_epoch")),
    Column("batch 1", "µs/image", _median("inference_us_per_image_batch_1")),
    Column("batch 256", "µs/image", _median("inference_us_per_image_batch_256")),
    Column("memory", "peak MB", lambda row: _spread(row.arm.peak_memory_mb)),
)


def _epochs(row: ArmRow) -> str:
    return time_to_target(row.arm.epochs_to_target, lambda epochs: f"{epochs:g}")


def _seconds(row: ArmRow) -> str:
    time = row.arm.seconds_to_target
    decimals = decimals_for(time.at_least, digits=3) if time else 0
    return time_to_target(time, lambda seconds: number(seconds, decimals))


TARGET_COLUMNS = (
    Column("arm", "", _label),
    Column("n", "", lambda row: str(len(row.arm.records))),
    Column("epochs", "median [fastest, slowest]", _epochs),
    Column("seconds", "median [fastest, slowest]", _seconds),
)


def tables(result: StudyResult, comparison: ComparisonResult) -> list[Table]:
    """Return a comparison's tables: accuracy and verdicts, costs and, with a target, the time to it."""
    shown = [
        _table("accuracy", ACCURACY_COLUMNS, comparison, HOW_TO_READ),
        _table("cost", COST_COLUMNS, comparison, (INTERVALS, COSTS)),
    ]
    if result.target_training_error is not None:
        name = f"time {target(result.target_training_error)}"
        shown.append(_table(name, TARGET_COLUMNS, comparison, (TARGETS,)))
    return shown


def _table(name: str, columns: Sequence[Column], comparison: ComparisonResult, legend: tuple[str, ...]) -> Table:
    rows = tuple(tuple(column.cell(row) for column in columns) for row in comparison.rows)
    return Table(name, tuple(columns), rows, legend)
