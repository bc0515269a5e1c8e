"""The tables of `python -m export --benchmark`, from its rows alone: what was exported, how fast, LRN's forms."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from tabulate import tabulate

from bench.harness.machine.environment import short_commit
from bench.harness.machine.turns import ratios
from bench.harness.number_format import MISSING, number, significant, with_range

Row = Mapping[str, Any]

EAGER, BASE, SECOND = "torch eager", "onnxruntime, 1 thread", "onnxruntime, 2 threads"
RUNTIMES = (EAGER, "torch.compile", BASE, SECOND)
EXPORTS = ("model", "size, kB", "nodes", "test accuracy % in torch", "in ONNX", "largest difference")
ASKED = 2  # times as fast as torch eager at batch 1


def benchmark_table(content: Mapping[str, Any]) -> str:
    """Return the tables as Markdown, with the conditions below them."""
    exports: Sequence[Row] = content["exports"]
    rates = {(row["model"], row["runtime"], row["batch"]): row for row in content["rows"]}
    batches = sorted({row["batch"] for row in content["rows"]})
    parts = [tabulate([_export(export) for export in exports], EXPORTS, tablefmt="pipe", disable_numparse=True)]
    for batch in batches:
        headers = (f"images/s at batch {batch}", *RUNTIMES, f"{BASE} ÷ {EAGER}")
        table = [_speed(export["model"], batch, rates) for export in exports]
        parts.append(tabulate(table, headers, tablefmt="pipe", disable_numparse=True))
    parts += [text for text in (_slower(exports, rates), _lrn(exports)) if text]
    return "\n\n".join([*parts, f"<sub>{_conditions(content)}</sub>"])


def _export(row: Row) -> tuple[str, ...]:
    difference = row["largest_difference"]
    return (
        row["model"],
        number(row["size"] / 1e3, 0),
        str(row["nodes"]),
        number(100 * row["accuracy_in_torch"], 2),
        number(100 * row["accuracy_in_onnx"], 2),
        MISSING if difference is None else f"{difference:.1e}",
    )


def _speed(model: str, batch: int, rates: Mapping[tuple[str, str, int], Row]) -> tuple[str, ...]:
    rows = [rates.get((model, runtime, batch)) for runtime in RUNTIMES]
    return (model, *(MISSING if row is None else significant(_median(row)) for row in rows), _ratio(rows))


def _ratio(rows: Sequence[Row | None]) -> str:
    """Return onnxruntime's rate over eager's: the median of the turns' own ratios with their range."""
    return with_range(_ratios(rows[RUNTIMES.index(BASE)], rows[RUNTIMES.index(EAGER)]), 2)


def _ratios(one: Row | None, other: Row | None) -> list[float]:
    if one is None or other is None:
        return []
    return ratios(one["images_per_second"], other["images_per_second"])


def _slower(exports: Sequence[Row], rates: Mapping[tuple[str, str, int], Row]) -> str:
    """Return a sentence on the nets that onnxruntime does not run twice as fast as eager at batch 1."""
    sentences = []
    for export in exports:
        eager = rates.get((export["model"], EAGER, 1))
        one, two = (_ratios(rates.get((export["model"], runtime, 1)), eager) for runtime in (BASE, SECOND))
        if one and statistics.median(one) < ASKED:
            with_two = f"; with 2 threads, as torch has, {number(statistics.median(two), 2)}x" if two else ""
            sentences.append(f"{export['model']} ({number(statistics.median(one), 2)}x{with_two})")
    return (
        f"Less than twice as fast as torch eager at batch 1 with one thread: {', '.join(sentences)}."
        if sentences
        else ""
    )


def _lrn(exports: Sequence[Row]) -> str:
    lines = []
    for export in exports:
        forms: Mapping[str, Mapping[str, float]] = export["lrn_milliseconds"]
        if forms and export["variant"] == "float32":
            texts = [
                f"{form} {', '.join(f'{significant(ms)} ms at batch {batch}' for batch, ms in times.items())}"
                for form, times in forms.items()
            ]
            lines.append(
                f"- {export['model']}: the whole net with LRN as {'; '.join(texts)}. Shipped: {export['lrn_form']}"
            )
    return "\n".join(lines)


def _median(row: Row) -> float:
    return float(statistics.median(row["images_per_second"]))


def _conditions(content: Mapping[str, Any]) -> str:
    where = content["environment"]
    turns = sorted({row["n"] for row in content["rows"]})
    runtimes = ", ".join(
        f"{name} {where[name]}" for name in ("torch", "onnxruntime_gpu", "onnxruntime") if name in where
    )
    return (
        f"n = {', '.join(map(str, turns))} turns, medians; torch with {content['threads']} threads; "
        f"{where['hardware']}, {where['cores']} cores; python {where['python']}, {runtimes}; "
        f"{short_commit(where['commit'])}"
    )
