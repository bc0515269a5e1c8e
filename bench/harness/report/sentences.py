"""Says in one sentence what a study found on an arm against its baseline, for the end of a run.

Verbs are in the past tense, which reads right after any label, singular (`LRN size 5`) or plural (`two 3x3`).
"""

import math
from collections.abc import Callable

from bench.harness.number_format import MISSING, counted, interval
from bench.harness.stats.differences import Difference
from bench.harness.stats.spread import TimeToTarget
from bench.harness.stats.verdict import LEAST_SEEDS, SIGNIFICANCE, Judgement

LEAST_P = 0.0001
EXACT_P = 0.1  # above, three decimals are enough; below, four keep 0.0496 from reading 0.050
RATIO_DECIMALS = 2
LEAST_ONE_DECIMAL = 0.095  # points; a smaller difference is written with two decimals
ABOUT_DIGITS = 2  # of an estimated number of seeds or images

VERDICT_WORDS = {
    "better": "better",
    "worse": "worse",
    "tied": "tied",
    "underpowered": "cannot tell",
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
    """Return the verdict with its effect, interval, corrected p, speed and n; where there is none, what is missing.

    Effects are in points, hundredths of accuracy.

    Args:
        judgement: judgement made by `bench.harness.stats.verdict.judge`.
        margin: the one that it was judged with, 0 to 1.
        arm: words for the arm, if not its name.
        baseline: words for its baseline.
        speed: the arm's training speed relative to its baseline's, with its interval.
    """
    arm, baseline = arm or judgement.arm, baseline or judgement.baseline
    difference, pace = judgement.difference, f", at {_ratio(speed)} the training speed" if speed else ""
    match judgement.verdict:
        case "better" | "worse":
            outcome = f"{arm} {'beat' if judgement.verdict == 'better' else 'lost to'} {baseline} by "
            return f"{outcome}{_size(difference)}, {_p(judgement.p_corrected)}{pace} ({_n(difference)})"
        case "tied":
            inside = f"inside the margin of {points(margin)}"
            return f"{arm} tied with {baseline}: {_effect(difference)}, {inside}{pace} ({_n(difference)})"
        case "underpowered":
            outcome = f"cannot tell {arm} from {baseline}: {_effect(difference)}, {_p(judgement.p_corrected)}; "
            return f"{outcome}{_reach(judgement)}{_cure(judgement, margin)}{pace} ({_n(difference)})"
        case None:
            seeds = counted(min(difference.n, difference.baseline_n), "seed")
            return f"no verdict on {arm} against {baseline}: {seeds}; {LEAST_SEEDS} are the least"


def briefly(judgement: Judgement, arm: str, baseline: str) -> str:
    """Return the verdict in a few plain words, such as `BatchNorm beat no normalisation by 1.8 points`."""
    effect = judgement.difference.effect
    match judgement.verdict:
        case "better" | "worse":
            verb = "beat" if judgement.verdict == "better" else "lost to"
            return f"{arm} {verb} {baseline} by {brief_points(effect)}"
        case "tied":
            return f"{arm} tied with {baseline}"
        case "underpowered":
            return f"cannot tell {arm} from {baseline}"
        case None:
            return f"too few seeds to judge {arm} against {baseline}"


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


def _reach(judgement: Judgement) -> str:
    difference, smallest = judgement.difference, judgement.smallest_detectable or 0.0
    could = f"could have shown {points(smallest)}" if smallest <= 1 else "could not have shown any difference"
    return f"{_seeds(difference)} and {difference.images} images {could}"


def _cure(judgement: Judgement, margin: float) -> str:
    """Return what would show a difference as small as the margin, the margin being the least that matters."""
    needed = zip(still_needed(judgement), ("seeds", "images"), strict=True)
    more = [f"{count} {what}" for count, what in needed if count is not None]
    if more:
        return f", about {' or '.join(more)} would show {points(margin)} 4 times in 5"
    if judgement.seeds_needed is None and judgement.images_needed is None:
        return f", {points(margin)} takes more of both"
    return ""


def still_needed(judgement: Judgement) -> tuple[int | None, int | None]:
    """Return about how many seeds an arm, or else test images, an underpowered comparison needs to show its margin.

    They are estimates from the spread seen: only two digits are kept, rounded up. None for what no number alone
    is enough of, for what there is enough of already, and wherever the verdict is not "underpowered".
    """
    if judgement.verdict != "underpowered":
        return None, None
    difference = judgement.difference
    return (
        _about(judgement.seeds_needed, min(difference.n, difference.baseline_n)),
        _about(judgement.images_needed, difference.images),
    )


def _about(needed: int | None, present: int) -> int | None:
    if needed is None or needed <= present:
        return None
    unit: int = 10 ** max(0, len(str(needed)) - ABOUT_DIGITS)
    return -(-needed // unit) * unit


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


def _seeds(difference: Difference) -> str:
    return f"{_counts(difference)} seeds"


def _n(difference: Difference) -> str:
    return f"n = {_counts(difference)}"


def _counts(difference: Difference) -> str:
    return str(difference.n) if difference.n == difference.baseline_n else f"{difference.n} and {difference.baseline_n}"


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
