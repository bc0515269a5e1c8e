"""Says in one sentence what a study found on an arm against its baseline, for the end of a run.

Verbs are in the past tense, which reads right after any label, singular (`LRN size 5`) or plural (`two 3x3`).
"""

from bench.statistics import Difference
from bench.verdict import LEAST_SEEDS, Judgement

LEAST_P = 0.0001
EXACT_P = 0.1  # above, three decimals are enough; below, four keep 0.0496 from reading 0.050
EXACT_RATIO = 0.1


def describe(
    judgement: Judgement,
    margin: float,
    *,
    arm: str | None = None,
    baseline: str | None = None,
    speed: float | None = None,
) -> str:
    """Return the verdict with its effect, interval, p, speed and n; where there is none, what is missing.

    Effects are in points, hundredths of accuracy.

    Args:
        judgement: of `bench.verdict.judge`.
        margin: the one that it was judged with, 0 to 1.
        arm: how to call the arm, if not by its name.
        baseline: how to call its baseline.
        speed: the arm's training speed relative to its baseline's.
    """
    arm, baseline = arm or judgement.arm, baseline or judgement.baseline
    found, pace = judgement.difference, f", at {_ratio(speed)}x the training speed" if speed is not None else ""
    match judgement.verdict:
        case "better" | "worse":
            outcome = f"{arm} {'beat' if judgement.verdict == 'better' else 'lost to'} {baseline} by "
            return f"{outcome}{_size(found)}, {_p(judgement.p_corrected)}{pace} ({_n(found)})"
        case "tied":
            inside = f"inside the margin of {_points(margin)}"
            return f"{arm} tied with {baseline}: {_effect(found)}, {inside}{pace} ({_n(found)})"
        case "underpowered":
            return f"cannot tell {arm} from {baseline}: {_effect(found)}; {_reach(judgement)}{_cure(judgement, margin)}"
        case None:
            fewest = min(found.n, found.baseline_n)
            seeds = f"{fewest} {'seed' if fewest == 1 else 'seeds'}"
            return f"no verdict on {arm} against {baseline}: {seeds}; {LEAST_SEEDS} are the least"


def _size(found: Difference) -> str:
    """Return the effect and its interval without its sign: the verb tells the direction."""
    low, high = found.low or 0.0, found.high or 0.0
    ends = (low, high) if found.effect > 0 else (-high, -low)
    return f"{100 * abs(found.effect):.2f} points [{100 * ends[0]:.2f}, {100 * ends[1]:.2f}]"


def _effect(found: Difference) -> str:
    low, high = found.low or 0.0, found.high or 0.0
    return f"{_signed(found.effect)} points [{_signed(low)}, {_signed(high)}]"


def _signed(difference: float) -> str:
    text = f"{100 * difference:+.2f}"
    return "0.00" if text in ("+0.00", "-0.00") else text


def _reach(judgement: Judgement) -> str:
    found = judgement.difference
    return f"{_seeds(found)} and {found.images} images could have shown {_points(judgement.smallest_detectable or 0)}"


def _cure(judgement: Judgement, margin: float) -> str:
    """Return what would show a difference as small as the margin, the margin being the least that matters."""
    found, seeds, images = judgement.difference, judgement.seeds_needed, judgement.images_needed
    more = [f"{seeds} seeds"] if seeds is not None and seeds > min(found.n, found.baseline_n) else []
    more += [f"{images} images"] if images is not None and images > found.images else []
    if more:
        return f", {' or '.join(more)} would show {_points(margin)}"
    if seeds is None and images is None:
        return f", {_points(margin)} takes more of both"
    return ""


def _points(accuracy: float) -> str:
    text = f"{100 * accuracy:.2f}".rstrip("0").rstrip(".")
    return f"{text} {'point' if text == '1' else 'points'}"


def _p(p: float | None) -> str:
    if p is None or p < LEAST_P:
        return f"p < {LEAST_P:.4f}"
    return f"p = {p:.3f}" if p >= EXACT_P else f"p = {p:.4f}".rstrip("0")


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= EXACT_RATIO else f"{ratio:.1g}"


def _seeds(found: Difference) -> str:
    return f"{_counts(found)} seeds"


def _n(found: Difference) -> str:
    return f"n = {_counts(found)}"


def _counts(found: Difference) -> str:
    return str(found.n) if found.n == found.baseline_n else f"{found.n} and {found.baseline_n}"
