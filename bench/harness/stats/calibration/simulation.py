"""Measures on simulated studies whether the verdicts keep their promises. Command: python -m bench simulate.

A study has a baseline and four other arms, is looked at with 5, 8, 12, 20 and 30 seeds, and has 1000 test images unless
its population says otherwise. Seeds and images are drawn anew in every study. There are four kinds of study: all arms
equal; all the margin below the baseline; two of each; and arms that are 0, 0.5, 1.5 and 4 points below it. Promised:

- at most 6 % of the studies of equal arms call any arm better or worse, by whichever look;
- at most 6 % of those whose arms lie the margin apart call any arm tied, and at most 6 % of the mixed ones make either
  mistake;
- 93 to 97 % of the 95 % intervals, of arms and of differences, hold the truth.

Not promised, but counted: the trials that seeds until the answer take, as a share of those of a fixed number of seeds
that gives as many right answers.

Where luck is skewed or test images resemble each other, the intervals cover less: these rows are not promised, and
docs/trust.md states the limit.

The populations are set by six nets (CNNs and an MLP, 94 to 98 % correct), 10 seeds each, trained on 4000 images of
MNIST and tested on 10 000. Their accuracies had a standard deviation between seeds of 0.1 to 0.5 points; those of
README's arms, of a quarter of the training, 0.2 to 1.3. Spreads of 0.1 and 1.5 on the logit scale are ten times apart.
"""

import math
import multiprocessing
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import numpy as np

from bench.harness.stats.calibration.population import Floats, Population
from bench.harness.stats.differences import ArmSummary, Bits, Difference, difference, summarise
from bench.harness.stats.looks import LAST, LOOKS
from bench.harness.stats.prospect import is_futile
from bench.harness.stats.verdict import LEAST_TIED, Looks, Verdict, error_of_one, look_at, verdicts
from bench.harness.stats.welch import tail

ARMS, MARGIN = 5, 0.01
FIXED = (5, 6, 7, 8, 10, 12, 14, 16, 18, 20, 22, 24, 27, 30)  # seeds of designs without looks
AT_ONCE = 10  # studies drawn together: 1.5 million answers

KINDS: Mapping[str, tuple[float, ...]] = {  # differences to the baseline
    "equal": (0, 0, 0, 0, 0),
    "margin": (0, -MARGIN, -MARGIN, -MARGIN, -MARGIN),
    "mixed": (0, 0, 0, -MARGIN, -MARGIN),
    "unlike": (0, 0, -0.005, -0.015, -0.04),
}

POPULATIONS = (
    Population(name="90 %", accuracy=0.90),
    Population(name="97 %"),
    Population(name="99 %", accuracy=0.99),
    Population(name="unlike arms", taste_sd=3),
    Population(name="steady seeds", taste_sd=0.3, luck_sds=(0.1,) * 5),
    Population(name="steady baseline", luck_sds=(0.3, 1, 1, 1, 1)),
    Population(name="ten times", luck_sds=(0.1, 1, 1, 1, 1)),
    Population(name="by turns", luck_sds=(0.1, 1.2, 0.1, 1.2, 0.1)),
    Population(name="90 %, unequal", accuracy=0.90, luck_sds=(0.3, 1, 1, 1, 1)),
    Population(name="more baseline", luck_sds=(1, 1, 1, 1, 1), more_baseline=25),
    Population(name="100 images", accuracy=0.90, images=100),
    Population(name="failing 5 %", failing=0.05),
    Population(name="skewed", luck_sds=(0.8,) * 5, skewed=True),
    Population(name="alike by 10", alike=10),
)
NOT_PROMISED = {"failing 5 %", "skewed", "alike by 10"}

# The share of studies, or of intervals in them, and between what it must lie.
PROMISES = {
    **{f"false verdict by {n} seeds": (0.0, 0.06) for n in LOOKS},
    "false tie": (0.0, 0.06),
    "either, mixed arms": (0.0, 0.06),
    "interval of a difference": (0.93, 0.97),
    "interval of an arm": (0.93, 0.97),
}


class Share(NamedTuple):
    """A mean over studies, with its standard error: binomial where each study is a yes or no."""

    share: float
    standard_error: float
    studies: int


def simulate(population: Population, kind: str, studies: int, seed: Sequence[int]) -> dict[str, list[float]]:
    """Return what each of so many studies got right and wrong, as shares from 0 to 1 by name."""
    random, differences = np.random.default_rng(seed), np.array(KINDS[kind])
    levels, true = population.levels(differences), population.true_accuracies(differences)
    shares: dict[str, list[float]] = {}
    for start in range(0, studies, AT_ONCE):
        count = min(AT_ONCE, studies - start)
        for study in population.draw(random, levels, count, LAST + population.more_baseline):
            arms = [study[0], *study[1:, :LAST]]
            for name, share in outcome(kind, arms, true).items():
                shares.setdefault(name, []).append(share)
    return shares


def outcome(kind: str, arms: Sequence[Bits], true: Floats) -> dict[str, float]:
    """Return what one study got right and wrong.

    Args:
        kind: one of KINDS.
        arms: correctness of shape (seeds, images), the baseline first.
        true: their accuracies over all seeds and images, 0 to 1.
    """
    looked = [look_at(arm, arms[0], MARGIN) for arm in arms[1:]]
    at_looks = [verdicts([looks.until(n) if looks else None for looks in looked], len(looked)) for n in LOOKS]
    match kind:
        case "equal":
            by_look = [float(not {"better", "worse"}.isdisjoint(given)) for given in at_looks]
            false = {f"false verdict by {n} seeds": share for n, share in zip(LOOKS, by_look, strict=True)}
            return false | _intervals(arms, true)
        case "margin":
            return {"false tie": float("tied" in at_looks[-1])}
        case "mixed":
            either = not {"better", "worse"}.isdisjoint(at_looks[-1][:2]) or "tied" in at_looks[-1][2:]
            return {"either, mixed arms": float(either)}
        case _:
            return _effort(arms, looked)


def _intervals(arms: Sequence[Bits], true: Floats) -> dict[str, float]:
    first = [arm[: LOOKS[0]] for arm in arms]
    differences = [difference(arm, first[0]) for arm in first[1:]]
    return {
        "interval of a difference": _mean(map(_holds, differences, true[1:] - true[0])),
        "interval of an arm": _mean(map(_holds, map(summarise, first), true)),
    }


def _effort(arms: Sequence[Bits], looked: Sequence[Looks | None]) -> dict[str, float]:
    """Return the right answers and the trials of seeds until the answer, and the right answers of fixed numbers."""
    given, trials = until_answered(looked)
    shares = {"answered rightly": _right(given), "trials of a study": float(trials)}
    for n in FIXED:
        shares[f"right answers, {n} seeds"] = _right(_judged_once([arm[:n] for arm in arms]))
    return shares


def until_answered(looked: Sequence[Looks | None]) -> tuple[list[Verdict | None], int]:
    """Return the verdicts, and the trials they took, where arms get seeds until they are answered or it is futile."""
    seeds = [LOOKS[0]] * len(looked)
    for place, n in enumerate(LOOKS):
        known = [looks.until(min(n, own)) if looks else None for looks, own in zip(looked, seeds, strict=True)]
        given = verdicts(known, len(looked))
        going = [
            own == n and verdict == "open" and looks is not None and not is_futile(looks, MARGIN, len(looked), LAST)
            for own, verdict, looks in zip(seeds, given, known, strict=True)
        ]
        if place + 1 == len(LOOKS) or not any(going):
            break
        seeds = [LOOKS[place + 1] if on else own for own, on in zip(seeds, going, strict=True)]
    return given, sum(seeds) + max(seeds)


def _judged_once(arms: Sequence[Bits]) -> list[Verdict]:
    """Return the verdicts of a design without looks: each claim's plain p value against the same error."""
    differences, error = [difference(arm, arms[0]) for arm in arms[1:]], error_of_one(len(arms) - 1)
    given: list[Verdict] = []
    for one in differences:
        if one.p is not None and one.p < error:
            given.append("better" if one.effect > 0 else "worse")
        else:
            given.append("tied" if one.n >= LEAST_TIED and _tied_once(one) < error else "open")
    return given


def _tied_once(one: Difference) -> float:
    return tail(MARGIN - abs(one.effect), one.sources) if one.sources else 1.0


def _right(given: Sequence[Verdict | None]) -> float:
    right = ({"tied"}, {"tied", "worse"}, {"worse"}, {"worse"})  # of "unlike" arms
    return _mean(verdict in allowed for verdict, allowed in zip(given, right, strict=True))


def _holds(estimate: ArmSummary | Difference, true: float) -> bool:
    return estimate.low is not None and estimate.high is not None and estimate.low <= true <= estimate.high


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def simulate_all(studies: int, seed: int, processes: int) -> dict[str, dict[str, Share]]:
    """Return, by population and name, what the studies got right and wrong.

    Args:
        studies: number of each kind per population.
        seed: seed of all that is drawn; the result depends on it and not on the number of processes.
        processes: number of processes to work with.
    """
    tasks = [(place, number, kind) for place in range(len(POPULATIONS)) for number, kind in enumerate(KINDS)]
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        running = [
            pool.submit(simulate, POPULATIONS[place], kind, studies, (seed, place, number))
            for place, number, kind in tasks
        ]
    collected: dict[str, dict[str, Share]] = {population.name: {} for population in POPULATIONS}
    for (place, _, _), task in zip(tasks, running, strict=True):
        by_name = {name: share(values) for name, values in task.result().items()}
        collected[POPULATIONS[place].name].update(by_name | _compared_with_fixed(by_name))
    return collected


def _compared_with_fixed(by_name: Mapping[str, Share]) -> dict[str, Share]:
    """Return the trials that seeds until the answer took, as a share of those of an equally successful fixed number."""
    if "trials of a study" not in by_name:
        return {}
    right = [by_name[f"right answers, {n} seeds"].share for n in FIXED]
    taken, wanted = by_name["trials of a study"], by_name["answered rightly"].share
    fixed = ARMS * float(np.interp(wanted, np.maximum.accumulate(right), FIXED))
    return {"trials, of a fixed number": Share(taken.share / fixed, taken.standard_error / fixed, taken.studies)}


def share(values: Sequence[float]) -> Share:
    """Return the mean over studies of a share in each, and its standard error."""
    return Share(float(np.mean(values)), float(np.std(values)) / math.sqrt(len(values)), len(values))


def broken_promises(shares_by_population: Mapping[str, Mapping[str, Share]]) -> list[str]:
    """Return a sentence on every share that is not what was promised."""
    return [
        f"{population}: {name} is {100 * shares[name].share:.1f} %, promised {100 * low:.0f} to {100 * high:.0f} %"
        for population, shares in shares_by_population.items()
        if population not in NOT_PROMISED
        for name, (low, high) in PROMISES.items()
        if name in shares and not low <= shares[name].share <= high
    ]
