"""The table of an export run: what was published, how far its answers are from the net's, what int8 gained or lost."""

from collections.abc import Mapping, Sequence
from typing import Any

from tabulate import tabulate

from bench.rounding import MISSING, number, significant
from export.clockwork import BATCHES, TURNS
from export.outcome import Outcome, Variant

HEADERS = ("model", "version", "size, kB", "nodes", "test accuracy %", "largest difference", "near ties", "LRN", "int8")
VARIANT_HEADERS = (
    *("model", "variant", "", "layers", "points lost on validation"),
    *(f"speed at batch {batch}" for batch in BATCHES),
    *("test accuracy %", "answers that differ", "reason"),
)


def table(outcomes: Sequence[Outcome]) -> str:
    """Return a row a model as Markdown, then what each form of LRN takes and why variants were refused."""
    parts = [tabulate([_row(each) for each in outcomes], HEADERS, tablefmt="pipe", disable_numparse=True)]
    forms = [_lrn_line(each) for each in outcomes if each.lrn_milliseconds]
    variants = [_variant_row(each.name, variant) for each in outcomes for variant in each.variants]
    refused = [f"- {each.name} was refused: {problem}" for each in outcomes for problem in each.problems]
    parts += ["\n".join(lines) for lines in (refused, forms) if lines]
    if variants:
        parts.append(tabulate(variants, VARIANT_HEADERS, tablefmt="pipe", disable_numparse=True))
    return "\n\n".join(parts) + "\n"


def footer(conditions: Mapping[str, Any]) -> str:
    """Return in one line what the figures were measured with."""
    where = conditions["environment"]
    libraries = ("python", "torch", "onnxruntime_gpu", "onnxruntime", "openvino", "onnxscript", "onnx")
    versions = ", ".join(f"{name} {where[name]}" for name in libraries if name in where)
    return (
        f"<sub>timed in {TURNS} turns, onnxruntime with 1 thread, the gate with {conditions['threads']}; "
        f"{where['hardware']}, {where['cores']} cores; {versions}; {where['commit'][:12]}</sub>"
    )


def _row(outcome: Outcome) -> tuple[str, ...]:
    differences = [each.largest_difference for each in outcome.parity]
    ties = {place for each in outcome.parity for place in each.near_ties}
    int8 = next((each for each in outcome.variants if each.kind == "int8"), None)
    return (
        outcome.name,
        "refused"
        if outcome.version is None
        else f"{outcome.version}{' (unchanged)' * (outcome.status == 'unchanged')}",
        MISSING if outcome.size is None else number(outcome.size / 1e3, 0),
        str(outcome.nodes or MISSING),
        MISSING if outcome.accuracy is None else number(100 * outcome.accuracy, 2),
        f"{max(differences):.1e}" if differences else MISSING,
        str(len(ties)),
        outcome.lrn_form or "",
        MISSING if int8 is None else int8.status,
    )


def _lrn_line(outcome: Outcome) -> str:
    forms = "; ".join(
        f"{form} {', '.join(f'{significant(ms)} ms at batch {batch}' for batch, ms in times.items())}"
        for form, times in outcome.lrn_milliseconds.items()
    )
    return f"- {outcome.name}, LRN: {forms}"


def _variant_row(name: str, variant: Variant) -> tuple[str, ...]:
    loss, accuracy = variant.validation_loss, variant.test_accuracy
    gains = [variant.times_as_fast.get(batch) for batch in BATCHES]
    return (
        name,
        variant.kind,
        variant.status,
        variant.scheme or "",
        "" if loss is None else number(100 * loss, 2),
        *("" if gain is None else f"{number(gain, 2)}x" for gain in gains),
        "" if accuracy is None else number(100 * accuracy, 2),
        "" if variant.flips is None else str(variant.flips),
        variant.reason,
    )
