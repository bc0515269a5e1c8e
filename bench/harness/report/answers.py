"""The answers to a study's question, in whole sentences and in a few words."""

import math
from collections.abc import Sequence
from itertools import chain

from bench.harness.analysis.questions.interaction import interaction
from bench.harness.analysis.results import ArmResult, ArmRow, ComparisonResult, StudyResult
from bench.harness.report.legends import target
from bench.harness.report.notes import missing
from bench.harness.report.sentences import brief_points, briefly, claimed_effect, describe, points_text, time_to_target
from bench.harness.stats.failures import Failures
from bench.harness.stats.spread import TimeToTarget
from bench.harness.stats.verdict import Judgement

MOST_WORDS = 15  # of a short answer
NOT_JUDGED = "nothing to compare yet"
VERDICTS = ("better", "worse", "tied", "open", None)  # the order in which a headline tells them
OTHERS = {
    "worse": "lost",
    "tied": "tied",
    "open": "cannot be told apart",
    None: "not judged",
}


def answers(result: StudyResult, comparison: ComparisonResult) -> list[str]:
    """Return a sentence for every arm that the comparison judges."""
    return [
        describe(
            row.judgement,
            result.margin,
            arm=row.arm.label,
            baseline=_baseline(comparison, row.judgement).label,
            speed=row.speed,
        )
        + _failed(row.arm, _baseline(comparison, row.judgement))
        for row in comparison.rows
        if row.judgement
    ]


def short_answers(result: StudyResult) -> list[str]:
    """Return one answer of at most MOST_WORDS plain words for every judged (arm, baseline) pair, each pair once.

    Numbers beyond the size of a clear difference stand in `answers`.
    """
    lines = [
        short_answer(comparison, row) for comparison in result.comparisons for row in comparison.rows if row.judgement
    ]
    return list(dict.fromkeys(lines))


def headline(result: StudyResult) -> str:
    """Return the answer to a study's question in at most MOST_WORDS words: that of its first judged comparison.

    Where the study has a target training error, the question is how soon it is reached.
    """
    soon = soonest(result)
    if soon:
        return soon
    for comparison in result.comparisons:
        rows = [row for row in comparison.rows if row.judgement]
        if rows:
            return _headline(rows, comparison)
    return NOT_JUDGED


def soonest(result: StudyResult) -> str:
    """Return how soon arms reach the study's target training error; empty without one, or where that takes long."""
    return next((text for comparison in result.comparisons if (text := _soon(result, comparison))), "")


def _soon(result: StudyResult, comparison: ComparisonResult) -> str:
    """Return the median epochs of each arm to the target, the soonest first; empty without one, or with many arms."""
    if result.target_training_error is None or not comparison.rows:
        return ""
    arms = [row.arm for row in comparison.rows]
    timed = sorted((arm.epochs_to_target.median or math.inf, arm.label) for arm in arms if arm.epochs_to_target)
    first = timed[0][1] if timed else ""
    texts = [
        f"{apart_from(label, first) if place else label} {f'{epochs:g}' if math.isfinite(epochs) else 'never'}"
        for place, (epochs, label) in enumerate(timed)
    ]
    text = f"epochs {target(result.target_training_error)}: {', '.join(texts)}"
    return text if timed and len(text.split()) <= MOST_WORDS else ""


def _headline(rows: Sequence[ArmRow], comparison: ComparisonResult) -> str:
    """Return one clause on the arms with the most telling verdict, and how many others have which."""
    groups = {verdict: [row for row in rows if _verdict(row) == verdict] for verdict in VERDICTS}
    first, *others = [verdict for verdict in VERDICTS if groups[verdict]]
    baseline, many = baseline_label(comparison), f"{len(groups[first])} arms" if others else "all arms"
    rest = "".join(f"; {len(groups[verdict])} {OTHERS[verdict]}" for verdict in others)
    if _words_beside(rest) < _least_words(first, groups[first], many):
        rest = f"; {len(rows) - len(groups[first])} fared otherwise"
    if len(groups[first]) == 1:
        return short_answer(comparison, groups[first][0], _words_beside(rest)) + rest
    return _clause(first, groups[first], baseline, many, _words_beside(rest)) + rest


def _words_beside(rest: str) -> int:
    """Return how many words there is room for in front of what is told of the others."""
    return MOST_WORDS - len(rest.removeprefix(";").split())


def _least_words(verdict: str | None, rows: Sequence[ArmRow], many: str) -> int:
    """Return how many words a clause takes in which each label has one."""
    return len(_together(verdict, rows, "arm" if len(rows) == 1 else many, "baseline").split())


def _clause(verdict: str | None, rows: Sequence[ArmRow], baseline: str, many: str, most_words: int) -> str:
    """Return what several arms have in common, by their names where there is room, else by their number."""
    labels = [apart_from(row.arm.label, baseline) for row in rows]
    named = _together(verdict, rows, f"{', '.join(labels[:-1])} and {labels[-1]}", baseline)
    if len(named.split()) <= most_words:
        return named
    excess = len(_together(verdict, rows, many, baseline).split()) - most_words
    if excess > 0:
        _, baseline = _shortened("", baseline, len(baseline.split()) - excess)
    return _together(verdict, rows, many, baseline)


def _verdict(row: ArmRow) -> str | None:
    return row.judgement.verdict if row.judgement else None


def _together(verdict: str | None, rows: Sequence[ArmRow], arms: str, baseline: str) -> str:
    """Return one sentence on several arms with the same verdict, which it calls as it is told to."""
    sizes = sorted(claimed_effect(row.judgement) for row in rows if row.judgement)
    match verdict:
        case "better" | "worse":
            least, most = (brief_points(size) for size in (sizes[0], sizes[-1]))
            size = most if least == most else f"{least.split()[0]} to {most}"
            by = f" by {size}" if sizes[0] > 0 else ""  # else some difference has turned since
            return f"{arms} {'beat' if verdict == 'better' else 'lost to'} {baseline}{by}"
        case "tied":
            return f"{arms} tied with {baseline}"
        case "open":
            return f"cannot tell {arms} from {baseline}"
        case _:
            return f"too few seeds to judge {arms} against {baseline}"


def short_answer(comparison: ComparisonResult, row: ArmRow, most_words: int = MOST_WORDS) -> str:
    """Return what was found on one arm in at most so many words; longer labels lose their last words.

    Raises:
        ValueError: the arm was not judged.
    """
    if row.judgement is None:
        raise ValueError(f"arm {row.arm.name!r} has no judgement: ask for judged arms only")
    arm, whole = row.arm.label, baseline_label(comparison)
    baseline = apart_from(whole, arm)
    if _excess(row.judgement, arm, baseline, most_words) > 0:
        arm = apart_from(arm, whole) if baseline == whole else arm  # what they share stands in the baseline's
    excess = _excess(row.judgement, arm, baseline, most_words)
    if excess > 0:
        arm, baseline = _shortened(arm, baseline, len(f"{arm} {baseline}".split()) - excess)
    return briefly(row.judgement, arm, baseline)


def _excess(judgement: Judgement, arm: str, baseline: str, most_words: int) -> int:
    return len(briefly(judgement, arm, baseline).split()) - most_words


def apart_from(label: str, other: str) -> str:
    """Return a label without the leading parts, up to a comma, that it shares with another: `SK, ReLU` -> `ReLU`."""
    parts, others = label.split(", "), other.split(", ")
    shared = 0
    while shared < min(len(parts), len(others)) and parts[shared] == others[shared]:
        shared += 1
    return ", ".join(parts[shared:]) or label


def _shortened(arm: str, baseline: str, words: int) -> tuple[str, str]:
    """Return two labels of so many words together, the longer one cut first."""
    first, second = arm.split(), baseline.split()
    while len(first) + len(second) > words:
        longer = first if len(first) >= len(second) else second
        longer.pop()
        if longer:
            longer[-1] = f"{longer[-1].rstrip('…,')}…"
    return " ".join(first), " ".join(second)


def baseline_label(comparison: ComparisonResult) -> str:
    """Return the label of the comparison's baseline, or its name where it has no trials."""
    return next((row.arm.label for row in comparison.rows if row.is_baseline), comparison.baseline)


def study_answers(result: StudyResult) -> list[str]:
    """Return the answers of all comparisons, each once; where there are none, what keeps them from being there.

    Where the study has a target training error, a sentence a comparison says how soon its arms reached it.
    """
    judged = [answers(result, comparison) for comparison in result.comparisons]
    times = [_times(result, comparison) for comparison in result.comparisons]
    if any(judged):
        lines = [line for pair in zip(judged, times, strict=True) for line in chain(*pair)]
    else:
        gaps = [note for comparison in result.comparisons for note in missing(comparison)]
        lines = [*(gaps or ["no comparison: arms stand alone"]), *chain(*times)]
    return list(dict.fromkeys([*lines, *_interaction(result)]))


def _interaction(result: StudyResult) -> list[str]:
    """Return the sentence on two changes together, where the study has all four combinations of them."""
    both = interaction(result)
    if both is None:
        return []
    value, *ends = both.effect
    verb = "differ from" if ends[0] > 0 or ends[1] < 0 else "cannot be told from"
    effect = f"{points_text(value, *ends)} points (over seeds, on these test images)"
    return [f"{both.first} and {both.second} together {verb} the sum of both alone: {effect}"]


def _times(result: StudyResult, comparison: ComparisonResult) -> list[str]:
    if result.target_training_error is None:
        return []
    arms = [row.arm for row in comparison.rows]
    texts = [f"{arm.label} {_epochs(arm.epochs_to_target)}" for arm in arms]
    return [f"{target(result.target_training_error)}: {'; '.join(texts)}"]


def _epochs(time: TimeToTarget | None) -> str:
    return time_to_target(time, lambda epochs: f"{epochs:g}", " epoch" if time and time.median == 1 else " epochs")


def _baseline(comparison: ComparisonResult, judgement: Judgement) -> ArmResult:
    return next(row.arm for row in comparison.rows if row.arm.name == judgement.baseline)


def _failed(arm: ArmResult, baseline: ArmResult) -> str:
    """Return how many trials failed, of the arm and of its baseline, in brackets; empty where none did."""
    parts = [failed_text(own.failures, whose) for own, whose in ((arm, ""), (baseline, "the baseline's "))]
    return f" ({', '.join(filter(None, parts))})" if any(parts) else ""


def failed_text(failures: Failures, whose: str = "") -> str:
    """Return `4 of 30 trials diverged or stayed at chance [4, 31 %]`, with the share's interval; empty for none."""
    ends = f"[{100 * failures.low:.0f}, {100 * failures.high:.0f} %]"
    return (
        f"{failures.failed} of {whose}{failures.n} trials diverged or stayed at chance {ends}"
        if failures.failed
        else ""
    )
