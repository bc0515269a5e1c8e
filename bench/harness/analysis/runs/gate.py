"""The gate: whether a run's accuracy or speed dropped by more than is allowed, beyond what noise explains."""

import math
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from bench.harness.analysis.runs.compare import ArmChange, Comparison, Judged
from bench.harness.errors import UserError
from bench.harness.number_format import counted, signed
from bench.harness.stats.runs.change import Change, in_log
from bench.harness.stats.runs.gate import Outcome, outcomes, seeds_to_tell

Kind = Literal["accuracy", "speed"]
State = Literal["dropped", "lost", "cannot tell", "held"]  # from the worst to the best
STATES: tuple[State, ...] = ("dropped", "lost", "cannot tell", "held")
EXIT = {"dropped": 1, "lost": 1, "cannot tell": 2, "held": 0}
MOST = {"accuracy": 100.0, "speed": 99.0}


class Gate(NamedTuple):
    """A loss that is allowed: points of accuracy, or percent of speed."""

    kind: Kind
    allowed: float

    @property
    def least(self) -> float:
        """The largest drop allowed as a change: of accuracy from 0 to -1, of the speed's logarithm below 0."""
        return -self.allowed / 100 if self.kind == "accuracy" else in_log(self.allowed)

    def __str__(self) -> str:
        """As it is given on the command line."""
        return f"{self.kind}:{self.allowed:g}{'%' if self.kind == 'speed' else ''}"


class GateLine(NamedTuple):
    """The word of a gate on one arm of one run."""

    gate: Gate
    run: str
    study: str
    arm: str
    state: State
    text: str


def parse_gate(text: str) -> Gate:
    """Return the gate that `accuracy:0.3` (points) or `speed:10%` stands for.

    Raises:
        UserError: it is neither, or the number is out of range.
    """
    kind, _, amount = text.partition(":")
    example = "write accuracy:0.3 for points of accuracy or speed:10% for percent of training speed"
    if kind not in MOST or (kind == "speed") != amount.endswith("%"):
        raise UserError(f"gate {text!r}: {example}")
    try:
        allowed = float(amount.removesuffix("%"))
    except ValueError:
        raise UserError(f"gate {text!r}: {amount!r} is no number; {example}") from None
    if not 0 < allowed <= MOST[kind]:
        raise UserError(f"gate {text!r}: {allowed:g} is not above 0 and at most {MOST[kind]:g}; {example}")
    return Gate("accuracy" if kind == "accuracy" else "speed", allowed)


def check(comparisons: Sequence[Comparison], gates: Sequence[Gate]) -> list[GateLine]:
    """Return a line for every gate, run and arm of the base: an arm that a run has lost is one too."""
    return [line for gate in gates for line in _lines(comparisons, gate)]


def worst(lines: Sequence[GateLine]) -> State:
    """Return the worst of the states: the page's own."""
    return min((line.state for line in lines), key=STATES.index, default="held")


def _lines(comparisons: Sequence[Comparison], gate: Gate) -> list[GateLine]:
    every = [(comparison.new.name, change) for comparison in comparisons for change in comparison.changes]
    gated = [(run, change, _kind_of(change, gate)) for run, change in every if _has_base(change, gate)]
    known = [judged.change for _, _, judged in gated if judged.change]
    states = iter(outcomes(known, gate.least))
    lines = [
        GateLine(gate, run, change.base.study, change.base.arm, *_state(judged, gate, states))
        for run, change, judged in gated
    ]
    lost = [
        GateLine(gate, comparison.new.name, study, arm, "lost", "the base has it, this run has not")
        for comparison in comparisons
        for study, arm in comparison.lost
    ]
    if not lines and not lost:
        raise UserError(f"the base has no {gate.kind} to compare with: the gate {gate} would pass whatever happens")
    return lines + lost


def _kind_of(change: ArmChange, gate: Gate) -> Judged:
    return change.accuracy if gate.kind == "accuracy" else change.speed


def _has_base(change: ArmChange, gate: Gate) -> bool:
    if gate.kind == "accuracy":
        return bool(change.base.accuracies)
    return bool(change.base.phase or change.speed.change or change.speed.noisy)


def _state(judged: Judged, gate: Gate, states: Iterator[Outcome]) -> tuple[State, str]:
    if judged.change is None:
        return ("cannot tell" if judged.noisy else "lost"), judged.why_not
    state = next(states)
    return state, _text(judged.change, gate, state)


def _text(change: Change, gate: Gate, state: State) -> str:
    if change.same:
        return "the same answers"
    ends = change.interval
    sizes = _size(change.effect, gate) + (f" [{_size(ends[0], gate)}, {_size(ends[1], gate)}]" if ends else "")
    if state != "cannot tell":
        return sizes
    return f"{sizes}; cannot tell with n = {min(change.n, change.base_n)}{_seeds(change, gate)}"


def _seeds(change: Change, gate: Gate) -> str:
    if gate.kind == "speed":
        again = "more turns" if change.sources else "turns that both take together"
        return f": {again} would (python -m bench speed-beside)"
    if change.sources is None:
        return ": one seed has no spread, two would"
    seeds = seeds_to_tell(change, gate.least)
    if seeds is None:
        return f": no number of seeds would on {counted(change.sources.images, 'test image')}, more images might"
    return f": {seeds} seeds would, if the difference stays as it is"


def _size(effect: float, gate: Gate) -> str:
    return signed(100 * effect, 2) if gate.kind == "accuracy" else f"{signed(100 * math.expm1(effect), 1)} %"
