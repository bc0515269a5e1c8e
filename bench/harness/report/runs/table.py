"""The tables of runs beside each other: in a terminal, as Markdown, and as CSV."""

import csv
import io
import math
from collections.abc import Callable, Iterator, Sequence

from tabulate import tabulate

from bench.harness.analysis.runs.compare import ArmChange, Comparison, Judged
from bench.harness.analysis.runs.gate import Gate, GateLine, worst
from bench.harness.analysis.runs.run import ArmOfRun
from bench.harness.number_format import MISSING, counted, interval, number, percent
from bench.harness.report.csv_table import DIGITS
from bench.harness.report.sentences import points_text
from bench.harness.report.typesetting import markdown_text
from bench.harness.stats.runs.change import Change

HEADERS = ("study", "arm", "n", "base, %", "new, %", "difference, points", "accuracy", "speed, base = 1", "training")
READING = (
    (
        "Base and new: mean test accuracy. Brackets and ±: 95 % intervals, uncorrected, over seeds and test images "
        "(over seeds alone where a JSON of pytest-benchmark is compared, which holds no answers)."
    ),
    (
        "Verdicts are corrected over all arms of all runs shown (Holm 1979). Tied: the difference is shown to be "
        "inside the study's margin, or 5 % of speed; better and worse: that there is one, however small. Same answers: "
        "every trial answers every test image as before."
    ),
    (
        "Speeds have a verdict where both runs took turns (`python -m bench speed-beside`). Those of phases at "
        "different times have none: a machine that is shared may be half as fast again a minute later."
    ),
)


def comparison_lines(comparison: Comparison) -> list[str]:
    """Return a comparison for a terminal."""
    rows = [_cells(change) for change in comparison.changes]
    return [
        f"{comparison.new.name} beside {comparison.base.name}",
        *(f"  {line}" for line in conditions(comparison)),
        "",
        *tabulate(rows, HEADERS, disable_numparse=True, colalign=_alignments()).splitlines(),
        *(f"  {line}" for line in remarks(comparison)),
        "",
    ]


def comparison_markdown(comparison: Comparison) -> str:
    """Return a comparison as Markdown."""
    rows = [[markdown_text(cell) for cell in _cells(change)] for change in comparison.changes]
    table = tabulate(rows, HEADERS, tablefmt="pipe", disable_numparse=True, colalign=_alignments())
    title = markdown_text(f"{comparison.new.name} beside {comparison.base.name}")
    lines = [markdown_text(line) for line in (*conditions(comparison), *remarks(comparison), *READING)]
    return "\n\n".join([f"## {title}", table, "\n".join(f"- {line}" for line in lines)])


def _alignments() -> list[str]:
    return ["left", "left", *["right"] * (len(HEADERS) - 2)]


def _cells(change: ArmChange) -> list[str]:
    base, new = change.base, change.new
    n = str(len(base.seeds)) if len(base.seeds) == len(new.seeds) else f"{len(base.seeds)}, {len(new.seeds)}"
    return [
        base.study,
        base.label,
        n,
        _accuracy(base),
        _accuracy(new),
        _points(change.accuracy.change),
        change.accuracy.verdict,
        _ratio(change.speed.change),
        change.speed.verdict,
    ]


def _accuracy(arm: ArmOfRun) -> str:
    summary = arm.accuracy
    return MISSING if summary is None else percent(summary.mean, summary.low, summary.high)


def _points(change: Change | None) -> str:
    return MISSING if change is None else points_text(change.effect, *(change.interval or (None, None)))


def _ratio(change: Change | None) -> str:
    if change is None:
        return MISSING
    low, high = change.interval or (None, None)
    ends = "" if low is None or high is None else interval(math.exp(low), math.exp(high), lambda end: number(end, 3))
    return f"×{number(math.exp(change.effect), 3)} {ends}".rstrip()


def conditions(comparison: Comparison) -> list[str]:
    """Return which conditions differ, of all arms and of some."""
    shared = comparison.differences
    lines = [f"{name}: {base} → {new}" for name, (base, new) in shared.items()]
    own = [
        f"{change.base.study}, {change.base.label}: {_condition(change, name)}"
        for change in comparison.changes
        for name in change.differing
        if name not in shared
    ]
    return [*lines, *own] or ["no condition that is recorded differs"]


def _condition(change: ArmChange, name: str) -> str:
    base, new = change.values(name)
    return f"{name}: {base} → {new}"


def remarks(comparison: Comparison) -> list[str]:
    """Return what is not compared, and why."""
    return list(_remarks(comparison))


def _remarks(comparison: Comparison) -> Iterator[str]:
    for kind in ("accuracy", "speed"):
        reasons: dict[str, int] = {}
        for change in comparison.changes:
            judged: Judged = getattr(change, kind)
            if judged.why_not:
                reasons[judged.why_not] = reasons.get(judged.why_not, 0) + 1
        for reason, count in reasons.items():
            yield f"{kind} of {counted(count, 'arm')} not compared: {reason}"
    if comparison.lost:
        yield f"only in the base: {', '.join(' '.join(name) for name in comparison.lost)}"
    if comparison.added:
        yield f"not in the base: {', '.join(' '.join(name) for name in comparison.added)}"
    for run in (comparison.base, comparison.new):
        if run.older:
            yield f"{run.name}: {counted(run.older, 'trial')} of an older setting left out"
        if run.stale:
            yield f"{run.name}: {counted(run.stale, 'trial')} of older code left out"


def gate_lines(lines: Sequence[GateLine]) -> list[str]:
    """Return what the gates say: the arms that did not hold, one by one, and how many did."""
    shown = [f"  {line.state}: {line.run}, {line.study} {line.arm}, {line.text}" for line in lines]
    told = [text for text, line in zip(shown, lines, strict=True) if line.state != "held"]
    gates = dict.fromkeys(line.gate for line in lines)
    return [*(_gate_summary(gate, lines) for gate in gates), *told]


def _gate_summary(gate: Gate, lines: Sequence[GateLine]) -> str:
    own = [line for line in lines if line.gate == gate]
    held = sum(line.state == "held" for line in own)
    return f"gate {gate}: {worst(own)} ({held} of {counted(len(own), 'arm')} held)"


def comparison_csv(comparisons: Sequence[Comparison]) -> str:
    """Return the comparisons for machines: a row an arm of a run; accuracies are 0 to 1, speeds relative to the base.

    A value that does not exist is an empty cell.
    """
    rows = [_row(comparison, change) for comparison in comparisons for change in comparison.changes]
    written = io.StringIO()
    writer = csv.DictWriter(written, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def _row(comparison: Comparison, change: ArmChange) -> dict[str, object]:
    means = {name: arm.accuracy.mean if arm.accuracy else None for name, arm in _sides(change)}
    values: dict[str, object] = {
        **{f"{name}_accuracy": mean for name, mean in means.items()},
        **_figures("difference", change.accuracy.change, lambda value: value),
        **_figures("speed_ratio", change.speed.change, math.exp),
    }
    return {
        "base": comparison.base.name,
        "new": comparison.new.name,
        "study": change.base.study,
        "arm": change.base.arm,
        "label": change.base.label,
        "base_seeds": len(change.base.seeds),
        "new_seeds": len(change.new.seeds),
        "margin": change.base.margin,
        **{name: f"{value:.{DIGITS}g}" if isinstance(value, float) else value for name, value in values.items()},
        "accuracy_verdict": change.accuracy.verdict,
        "speed_verdict": change.speed.verdict,
        "differing": "; ".join(_condition(change, name) for name in change.differing),
    }


def _sides(change: ArmChange) -> tuple[tuple[str, ArmOfRun], tuple[str, ArmOfRun]]:
    return ("base", change.base), ("new", change.new)


def _figures(name: str, change: Change | None, scale: Callable[[float], float]) -> dict[str, object]:
    low, high = (change.interval if change else None) or (None, None)
    values = {name: change.effect if change else None, f"{name}_low": low, f"{name}_high": high}
    return {key: None if value is None else scale(value) for key, value in values.items()}
