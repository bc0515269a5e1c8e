"""The tables of `python -m bench speed`, from its rows alone: medians, ranges, ratios of the same turn."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tabulate import tabulate

from bench.harness.machine.environment import short_commit
from bench.harness.machine.turns import ratios, turns_text
from bench.harness.number_format import MISSING, number, significant, with_interval, with_range
from bench.harness.stats.turns import turn_ratio
from bench.performance.loops import BATCHES

BACKWARD = 3  # forward and backward together cost about three forward passes

Row = Mapping[str, Any]
Loops = Mapping[str, Row]  # one entry's rows by loop

RATIOS = {"article-0": "÷ article's loop", "article-2": "÷ the same, 2 workers", "lightning": "÷ Lightning"}


def report(rows: Sequence[Row]) -> str:
    """Return the tables as Markdown, with the conditions below them."""
    tables = [_training(rows), _evaluation(rows), _inference(rows)]
    return "\n\n".join([*filter(None, tables), f"<sub>{conditions(rows)}</sub>"])


def readme_text(rows: Sequence[Row]) -> str:
    """Return the tables of training and evaluation with their conditions."""
    return "\n\n".join([_training(rows), _evaluation(rows), f"<sub>{conditions(rows)}</sub>"])


def conditions(rows: Sequence[Row]) -> str:
    """Return the conditions of the rows in one line."""
    first, peaks = rows[0], [peak for row in rows for peak in row["peak_gflops"]]
    where = first["environment"]
    turns = turns_text((row["n"] for row in rows), (row.get("turns_disturbed", 0) for row in rows))
    return (
        f"{turns}; medians, ranges in brackets, for ratios 95 % "
        "intervals where there are six turns; batch 64, SGD with momentum; "
        f"{where['hardware']} ({first['device']}), {first['threads']} threads; peak {number(min(peaks), 0)} to "
        f"{number(max(peaks), 0)} GFLOP/s (float32 matrix product); python {where['python']}, torch {where['torch']}, "
        f"torchvision {where['torchvision']}; {short_commit(where['commit'])}"
    )


def _by_entry(rows: Iterable[Row], task: str) -> dict[tuple[str, str], Loops]:
    loops: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows:
        if row["task"] == task:
            loops.setdefault((row["dataset"], row["architecture"]), {})[row["loop"]] = row
    return dict(loops)


def _training(rows: Sequence[Row]) -> str:
    more = dict.fromkeys(
        row["loop"] for row in rows if row["loop"].startswith("convbench-") and row["task"] == "training"
    )
    table = [
        (
            architecture,
            dataset,
            _rates(loops.get("convbench")),
            *(_ratio(loops.get("convbench"), loops.get(name)) for name in RATIOS),
            _share_of_peak(loops.get("convbench")),
            *(_ratio(loops.get(name), loops.get("convbench")) for name in more),
        )
        for (dataset, architecture), loops in _by_entry(rows, "training").items()
    ]
    return _table(table, ("architecture", "data", "training images/s", *RATIOS.values(), "share of peak", *more))


def _evaluation(rows: Sequence[Row]) -> str:
    table = []
    for (dataset, architecture), loops in _by_entry(rows, "evaluation").items():
        ours, theirs = loops.get("convbench-evaluation"), loops.get("article-0-evaluation")
        table.append((architecture, dataset, _rates(ours), _ratio(ours, theirs)))
    return _table(table, ("architecture", "data", "evaluation images/s", RATIOS["article-0"]))


def _inference(rows: Sequence[Row]) -> str:
    table = []
    for (dataset, architecture), loops in _by_entry(rows, "inference").items():
        cells = [
            cell
            for batch in BATCHES
            for eager, compiled in [(loops.get(f"eager-{batch}"), loops.get(f"compiled-{batch}"))]
            for cell in (_rates(eager, spread=False), _ratio(compiled, eager))
        ]
        table.append((architecture, dataset, *cells))
    headers = [text for batch in BATCHES for text in (f"batch {batch}, images/s", "compiled")]
    return _table(table, ("architecture", "data", *headers))


def _table(table: Sequence[tuple[str, ...]], headers: Sequence[str]) -> str:
    return tabulate(table, headers, tablefmt="pipe", disable_numparse=True) if table else ""


def _rates(row: Row | None, *, spread: bool = True) -> str:
    if row is None:
        return MISSING
    values = row["images_per_second"]
    return with_range(values) if spread and len(values) > 1 else significant(statistics.median(values))


def _ratio(over: Row | None, under: Row | None) -> str:
    """Return the ratio from the turns' own, with its 95 % interval where there are turns enough for one."""
    if over is None or under is None:
        return MISSING
    values = over["images_per_second"], under["images_per_second"]
    ratio = turn_ratio(*values)
    return with_range(ratios(*values), 2) if ratio.low is None else with_interval(*ratio[1:], 2)


def _share_of_peak(row: Row | None) -> str:
    if row is None:
        return MISSING
    gflops = statistics.median(row["images_per_second"]) * BACKWARD * row["mflops_per_image"] / 1e3
    return f"{100 * gflops / statistics.median(row['peak_gflops']):.0f} %"
