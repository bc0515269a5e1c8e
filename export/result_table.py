"""The table of an export run: what was published, how far its answers are from the net's, what int8 gained or lost."""

from collections.abc import Mapping, Sequence
from typing import Any

from tabulate import tabulate

from bench.harness.machine.environment import short_commit
from bench.harness.machine.turns import BATCHES, TURNS
from bench.harness.number_format import MISSING, number, significant, with_interval
from export.result import Outcome, Variant

HEADERS = (
    *("model", "version", "kB", "nodes", "test accuracy %", "calibration error %", "largest logit difference"),
    *("near ties", "LRN", "int8"),
)
VARIANT_HEADERS = (
    *("variant", "status", "kB", "layers", "validation points lost"),
    *(f"speed at batch {batch}" for batch in BATCHES),
    *("test accuracy %", "other answers", "reason"),
)


def table(outcomes: Sequence[Outcome], *, form: str = "pipe") -> str:
    """Return a row a model, a row an int8 form, then what is to be said beside them.

    Args:
        outcomes: outcomes of one run.
        form: a form of tabulate: `pipe` for Markdown, `simple` for a terminal.
    """
    variants = [(outcome.name, variant) for outcome in outcomes for variant in outcome.variants]
    parts = [_tabulated([_row(outcome) for outcome in outcomes], HEADERS, form)]
    judged = [_variant_row(*named_variant) for named_variant in variants if named_variant[1].status != "not run"]
    parts += [_tabulated(judged, VARIANT_HEADERS, form)] if judged else []
    lines = [f"- {outcome.name} was refused: {problem}" for outcome in outcomes for problem in outcome.problems]
    lines += [f"- {outcome.name}: {note}" for outcome in outcomes for note in outcome.notes]
    lines += [_lrn_line(outcome) for outcome in outcomes if outcome.lrn_milliseconds]
    not_run = {variant.kind: variant.reason for _, variant in variants if variant.status == "not run"}
    lines += [f"- {kind}: not run, {reason}" for kind, reason in not_run.items()]
    return "\n\n".join([*parts, *(["\n".join(lines)] if lines else [])]) + "\n"


def _tabulated(rows: Sequence[Sequence[str]], headers: Sequence[str], form: str) -> str:
    return tabulate(rows, headers, form, disable_numparse=True)


def footer(conditions: Mapping[str, Any]) -> str:
    """Return in one line what the figures were measured with."""
    where = conditions["environment"]
    libraries = ("python", "torch", "onnxruntime_gpu", "onnxruntime", "openvino", "onnxscript", "onnx")
    versions = ", ".join(f"{name} {where[name]}" for name in libraries if name in where)
    return (
        f"int8 and LRN timed in {TURNS} turns with 1 thread; {where['hardware']}, {where['cores']} cores; {versions}; "
        f"{short_commit(where['commit'])}"
    )


def _row(outcome: Outcome) -> tuple[str, ...]:
    differences = [comparison.largest_difference for comparison in outcome.parity]
    ties = {place for comparison in outcome.parity for place in comparison.near_ties}
    int8 = next((variant for variant in outcome.variants if variant.kind == "int8"), None)
    return (
        outcome.name,
        "refused"
        if outcome.version is None
        else f"{outcome.version}{' (unchanged)' * (outcome.status == 'unchanged')}",
        MISSING if outcome.size is None else number(outcome.size / 1e3, 0),
        str(outcome.nodes or MISSING),
        _accuracy(outcome),
        " → ".join(number(100 * error, 1) for error in outcome.calibration_error or ()) or MISSING,
        f"{max(differences):.1e}" if differences else MISSING,
        str(len(ties)),
        outcome.lrn_form or "",
        MISSING if int8 is None else int8.status,
    )


def _accuracy(outcome: Outcome) -> str:
    if outcome.accuracy is None:
        return MISSING
    mean, low, high = (100 * share for share in outcome.accuracy)
    return with_interval(mean, low, high, 2)


def _lrn_line(outcome: Outcome) -> str:
    forms = "; ".join(
        f"{form} {', '.join(f'{significant(ms)} ms at batch {batch}' for batch, ms in times.items())}"
        for form, times in outcome.lrn_milliseconds.items()
    )
    return f"- {outcome.name}, LRN: {forms}"


def _variant_row(name: str, variant: Variant) -> tuple[str, ...]:
    loss, accuracy = variant.accuracy_lost, variant.test_accuracy
    gains = [variant.times_as_fast.get(batch) for batch in BATCHES]
    return (
        f"{name}_{variant.kind}",
        variant.status,
        MISSING if variant.size is None else number(variant.size / 1e3, 0),
        variant.scheme or "",
        MISSING if loss is None else number(100 * loss, 2),
        *(MISSING if gain is None else f"{number(gain, 2)}x" for gain in gains),
        MISSING if accuracy is None else number(100 * accuracy, 2),
        MISSING if variant.flips is None else str(variant.flips),
        variant.reason,
    )
