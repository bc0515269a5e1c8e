"""The table of `python -m bench gpu`, from its JSON alone."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tabulate import tabulate

from bench.harness.number_format import MISSING, number, with_interval

Values = Mapping[str, Any]


def table(sections: Mapping[str, Values], variants: Sequence[str]) -> str:
    """Return the speeds and the memory of each entry as Markdown, and a line for each section."""
    rows = {(row["entry"], row["variant"]): row for row in sections.get("speed", {}).get("rows", ())}
    memory = sections.get("memory", {}).get("peak_memory_mb", {})
    lines = [
        [name, *(_cell(rows.get((name, variant))) for variant in variants), _megabytes(memory.get(name))]
        for name in dict.fromkeys([*(entry for entry, _ in rows), *memory])
    ]
    headers = ["net", *(f"{variant}, images/s" for variant in variants), "memory, MB"]
    others = [f"- {name}: {sentence(name, values)}" for name, values in sections.items()]
    return "\n".join([tabulate(lines, headers, tablefmt="pipe", disable_numparse=True), "", *others])


def _cell(row: Values | None) -> str:
    if row is None:
        return MISSING
    rate, (ratio, low, high) = number(row["median"], 0), row["ratio"]
    if row["variant"] == "eager":
        return rate
    return f"{rate}, {with_interval(ratio, low, high, 2)} times"


def _megabytes(value: float | None) -> str:
    return MISSING if value is None else number(value, 0)


def sentence(name: str, values: Values) -> str:
    """Return what a section says, in words; of one that has no values, why."""
    if "error" in values:
        return f"failed: {values['error']}"
    if isinstance(values.get("not_run"), str):
        return f"not run: {values['not_run']}"
    return _SENTENCES[name](values)


def _speed(values: Values) -> str:
    return "; ".join(f"{what} not run: {why}" for what, why in values["not_run"].items()) or "all was run"


def _memory(values: Values) -> str:
    return f"peaks of {len(values['peak_memory_mb'])} nets at batch {values['batch']}"


def _determinism(values: Values) -> str:
    same = [f"{net} {'the same bits' if same else 'OTHER BITS'}" for net, same in values["same_bits"].items()]
    return f"twice {values['steps']} steps: {', '.join(same)}"


def _batched_seeds(values: Values) -> str:
    return ", ".join(f"{row['entry']} {number(row['ratio'][0], 2)}x with {row['seeds']}" for row in values["rows"])


def _study(values: Values) -> str:
    return f"ended with status {values['status']} after {values['seconds']:.0f} s"


def _target(values: Values) -> str:
    net = f"{values['entry']}, {values['precision']}"
    if values["seconds"] is None:
        return f"{net}: {values['target']:.0%} of the validation images were not reached in time"
    return f"{net}: {values['seconds']:.1f} s of training; test accuracy {values['test_accuracy']:.2%}"


_SENTENCES: Mapping[str, Callable[[Values], str]] = {
    "speed": _speed,
    "memory": _memory,
    "determinism": _determinism,
    "batched seeds": _batched_seeds,
    "study": _study,
    "seconds to 90 %": _target,
}
