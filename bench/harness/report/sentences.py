"""Says in one sentence what a study found on an arm against its baseline, for the end of a run.

Verbs are in the past tense, which reads right after any label, singular (`LRN size 5`) or plural (`two 3x3`).
"""

import math
from collections.abc import Callable

from bench.harness.number_format import MISSING, counted, interval, signed
from bench.harness.stats.differences import Difference
from bench.harness.stats.spread import TimeToTarget
from bench.harness.stats.verdict import LEAST_SEEDS, SIGNIFICANCE, Judgement

LEAST_P = 0.0001
EXACT_P = 0.1  # above, three decimals are enough; below, four keep 0.0496 from reading 0.050
RATIO_DECIMALS = 2
LEAST_ONE_DECIMAL = 0.095  # points; a smaller difference is written with two decimals

VERDICT_WORDS = {
    "better": "better",
    "worse": "worse",
    "tied": "tied",
    "open": "cannot tell",
    None: "no verdict",
}

Ratio = tuple[float, float | None, float | None]  # with the ends of its 95 % interval, if there is one


def describe(
    judgement: Judgement,
    margin: float,
    *,
    arm: str | None = None,
    baseline: str | None = None,
    speed: Ratio | None = None,
) -> str:
    """Return the verdict with its effect, interval, corrected p, n and look, then the cost in a sentence of its own.

    Effects are in points, hundredths of accuracy. Where there is no verdict, it says what is missing.

    Args:
        judgement: judgement made by `bench.harness.stats.verdict.judge`.
        margin: the one that it was judged with, 0 to 1.
        arm: words for the arm, if not its name.
        baseline: words for its baseline.
        speed: the arm's training speed relative to its baseline's, with its interval.
    """
    arm, baseline = arm or judgement.arm, baseline or judgement.baseline
    outcome = _outcome(judgement, margin, arm, baseline)
    return f"{outcome}. Training took place at {_ratio(speed)} the baseline's speed" if speed else outcome


def _outcome(judgement: Judgement, margin: float, arm: str, baseline: str) -> str:
    difference = judgement.difference
    match judgement.verdict:
        case "better" | "worse":
            beat = f"{arm} {'beat' if judgement.verdict == 'better' else 'lost to'} {baseline}"
            less = f", less than the margin of {points(margin)}" if judgement.within_margin else ""
            numbers = f"{less}, {_p(judgement.p_corrected)} ({_n(judgement)})"
            if claimed_effect(judgement) <= 0:
                return f"{beat} at {judgement.look} seeds; over all of them it is {_effect(difference)}{numbers}"
            return f"{beat} by {_size(difference)}{numbers}"
        case "tied":
            inside = f"inside the margin of {points(margin)}"
            return f"{arm} tied with {baseline}: {_effect(difference)}, {inside} ({_n(judgement)})"
        case "open":
            outcome = f"cannot tell {arm} from {baseline}: {_effect(difference)}, {_p(judgement.p_corrected)}; "
            return f"{outcome}no more than {points(judgement.not_excluded or 1.0)} either way ({_n(judgement)})"
        case None:
            seeds = counted(min(difference.n, difference.baseline_n), "seed")
            return f"no verdict on {arm} against {baseline}: {seeds}; {LEAST_SEEDS} are the least"


def briefly(judgement: Judgement, arm: str, baseline: str) -> str:
    """Return the verdict in a few plain words, such as `BatchNorm beat no normalisation by 1.8 points`."""
    match judgement.verdict:
        case "better" | "worse":
            verb, effect = "beat" if judgement.verdict == "better" else "lost to", claimed_effect(judgement)
            size = f"by {brief_points(effect)}" if effect > 0 else f"at {judgement.look} seeds"
            return f"{arm} {verb} {baseline} {size}"
        case "tied":
            return f"{arm} tied with {baseline}"
        case "open":
            return f"cannot tell {arm} from {baseline}"
        case None:
            return f"too few seeds to judge {arm} against {baseline}"


def claimed_effect(judgement: Judgement) -> float:
    """Return the difference over all seeds in the direction of the verdict, -1 to 1: below 0 it has turned since."""
    return -judgement.difference.effect if judgement.verdict == "worse" else judgement.difference.effect


def verdict_text(judgement: Judgement) -> str:
    """Return the verdict as a cell of a table: `better, within the margin`, `no verdict`."""
    within = ", within the margin" if judgement.within_margin and judgement.verdict != "tied" else ""
    return f"{judgement.verdict or 'no verdict'}{within}"


def difference_text(difference: Difference) -> str:
    """Return a difference in points as a cell of a table: `+0.42 [+0.18, +0.66]`."""
    return points_text(difference.effect, difference.low, difference.high)


def points_text(effect: float, low: float | None, high: float | None) -> str:
    """Return a difference of accuracies, -1 to 1, in points, with its interval if there is one."""
    ends = interval(low, high, lambda end: signed(100 * end, 2))
    return f"{signed(100 * effect, 2)} {ends}".rstrip()


def brief_points(effect: float) -> str:
    """Return the size of a difference of accuracies, -1 to 1, with one decimal: `1.8 points`; two if it is tiny."""
    size = abs(100 * effect)
    text = f"{size:.1f}" if size >= LEAST_ONE_DECIMAL else f"{size:.2f}"
    return f"{text} {'point' if text == '1.0' else 'points'}"


def _size(difference: Difference) -> str:
    """Return the effect and its interval without its sign: the verb tells the direction."""
    low, high = difference.low or 0.0, difference.high or 0.0
    ends = (low, high) if difference.effect > 0 else (-high, -low)
    return f"{100 * abs(difference.effect):.2f} points {interval(*ends, lambda end: f'{100 * end:.2f}')}"


def _effect(difference: Difference) -> str:
    low, high = difference.low or 0.0, difference.high or 0.0
    return f"{_signed(difference.effect)} points {interval(low, high, _signed)}"


def _signed(difference: float) -> str:
    text = f"{100 * difference:+.2f}"
    return "0.00" if text in ("+0.00", "-0.00") else text


def points(accuracy: float) -> str:
    """Return a difference of accuracies, 0 to 1, in words: `1 point`, `0.5 points`."""
    text = f"{100 * accuracy:.2f}".rstrip("0").rstrip(".")
    return f"{text} {'point' if text == '1' else 'points'}"


def _p(p: float | None) -> str:
    if p is None or p < LEAST_P:
        return f"p < {LEAST_P:.4f}"
    text = f"p = {p:.{p_decimals(p)}f}"
    return text if p >= EXACT_P else text.rstrip("0")


def p_decimals(p: float) -> int:
    """Return how many decimals a p value is written with: as many as tell it from the level that decides."""
    decimals = 3 if p >= EXACT_P else 4
    while p != SIGNIFICANCE and round(p, decimals) == SIGNIFICANCE:
        decimals += 1
    return decimals


def _ratio(ratio: Ratio) -> str:
    """Return `0.93x [0.87, 1.01]`; a tiny ratio keeps one digit."""
    mean, low, high = ratio
    decimals = max(RATIO_DECIMALS, -math.floor(math.log10(mean)))
    ends = interval(low, high, lambda end: f"{end:.{decimals}f}")
    return f"{mean:.{decimals}f}x {ends}".rstrip()


def _n(judgement: Judgement) -> str:
    """Return the numbers of seeds, and the look that gave the verdict where more seeds than that are known."""
    difference, look = judgement.difference, judgement.look
    n = str(difference.n) if difference.n == difference.baseline_n else f"{difference.n} and {difference.baseline_n}"
    told = "answered" if judgement.verdict != "open" else "last look"
    return f"n = {n}" if look in (None, difference.n) else f"n = {n}, {told} at {look}"


def probability(p: float | None) -> str:
    """Return a p value: three decimals, four below 0.1, more next to 0.05; `< 0.0001` at the end."""
    if p is None or not math.isfinite(p):
        return MISSING
    if p < LEAST_P:
        return f"< {LEAST_P:.4f}"
    return f"{p:.{p_decimals(p)}f}"


def time_to_target(time: TimeToTarget | None, write: Callable[[float], str], unit: str = "") -> str:
    """Return `7 [6, 9]` (median, fastest and slowest seed), `> 12 (4 of 5 never)` where the median is not known.

    Args:
        time: None where there is no target.
        write: writes a time as text.
        unit: text behind the median, with the space before it.
    """
    if time is None:
        return MISSING
    never = f" ({time.never} of {time.n} never)" if time.never else ""
    if time.median is None:
        return f"> {write(time.at_least)}{unit}{never}"
    if time.n == 1 or time.fastest is None:
        return f"{write(time.median)}{unit}{never}"
    slowest = "never" if time.slowest is None else write(time.slowest)
    return f"{write(time.median)}{unit} [{write(time.fastest)}, {slowest}]{never}"
