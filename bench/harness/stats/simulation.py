"""Measures on simulated studies whether the verdicts keep their promises. Command: python -m bench simulate.

A study has a baseline and four other arms, 5 seeds each, and 1000 test images. Seeds and images are drawn anew in
every study, and `verdict.judge` judges it. In some studies all arms are equal; in others one arm is
better, or worse, by the smallest detectable difference, worked out from the population's true variances. Promised:

- at most 6 % of the studies of equal arms call any arm better or worse;
- 75 to 85 % of the others find the changed arm, be it better or worse (80 % is what "smallest detectable" says; with
  five seeds Welch's estimated degrees of freedom cost some points of it). This is promised where the best arm makes
  at least 5 errors a seed: below, errors are too few for normal theory, and the power is above what is said;
- 93 to 97 % of the 95 % intervals, of arms and of differences, hold the truth.

The rows "seeds alone", "images alone" and "plain sum" judge the same studies by other standard errors (SE_seeds; the
paired one over images; both, without subtracting what they share): they show what each part of ours is for.

The populations are set by six nets (CNNs and an MLP, 94 to 98 % correct), 10 seeds each, trained on 4000 images of
MNIST and tested on 10 000. Their accuracies had a standard deviation between seeds of 0.1 to 0.5 points. In a study of
this size seeds would make up 2 to 50 % of a difference's variance, images 8 to 84 %, and the interaction of the two 13
to 45 %. "97 %" lies amidst the pairs of CNNs, "unlike arms" is CNN against MLP, "steady seeds" nearly all interaction.

With the default number of studies it takes two to three minutes on two free cores.
"""

import math
import multiprocessing
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy import optimize

from bench.harness.stats.differences import ArmSummary, Bits, Difference, interval_half_width, p_value, summarise
from bench.harness.stats.holm import holm
from bench.harness.stats.population import Floats, Population, true_sources
from bench.harness.stats.variance import Sources
from bench.harness.stats.verdict import SIGNIFICANCE, Judgement, judge, smallest_detectable

ARMS, SEEDS, IMAGES = 5, 5, 1000
NAMES = [f"arm {number}" for number in range(ARMS)]
PAIRS = [(name, NAMES[0]) for name in NAMES[1:]]
LEAST_ERRORS = 5  # a seed; power is promised where the best arm makes so many
AT_ONCE = 50  # studies drawn together: 1.25 million answers

POPULATIONS = (
    Population(name="90 %", accuracy=0.90, difficulty_sd=5, taste_sd=1, luck_sd=0.3),
    Population(name="97 %", accuracy=0.97, difficulty_sd=5, taste_sd=1, luck_sd=0.3),
    Population(name="99 %", accuracy=0.99, difficulty_sd=5, taste_sd=1, luck_sd=0.3),
    Population(name="97 %, unlike arms", accuracy=0.97, difficulty_sd=5, taste_sd=3, luck_sd=0.3),
    Population(name="97 %, steady seeds", accuracy=0.97, difficulty_sd=5, taste_sd=0.3, luck_sd=0.1),
)

# The share of studies, or of intervals in them, and between what it must lie.
PROMISES = {
    "false verdict": (0.0, 0.06),
    "power, better arm": (0.75, 0.85),
    "power, worse arm": (0.75, 0.85),
    "interval of a difference": (0.93, 0.97),
    "interval of an arm": (0.93, 0.97),
}


def _plain_sum(sources: Sources) -> Sources:
    return replace(sources, image=sources.image + sum(sources.crossed))


# What the same studies are judged by for comparison.
OTHER_ERRORS: Mapping[str, Callable[[Sources], Sources]] = {
    "seeds alone": lambda sources: replace(sources, image=0.0),
    "images alone": lambda sources: replace(_plain_sum(sources), seeds=(0.0, 0.0)),
    "plain sum": _plain_sum,
}


class Truth(NamedTuple):
    """The truth that studies are drawn from.

    Attributes:
        direction: 0 where all arms are equal; 1 or -1 where the last is better or worse than the others.
        levels: levels of the arms, see `bench.harness.stats.population`.
        accuracies: accuracies of the arms, 0 to 1.
        margin: the smallest detectable difference, by which the last arm differs, and the margin to judge with.
    """

    direction: int
    levels: Floats
    accuracies: Floats
    margin: float


class Share(NamedTuple):
    """A mean over studies, with its standard error: binomial where each study is a yes or no."""

    share: float
    standard_error: float
    studies: int


def truth(population: Population, direction: int) -> Truth:
    """Return what is true of the arms of a population's studies."""
    baseline = population.moments(population.level)

    def difference_and_least(shift: float) -> tuple[float, float]:
        arm = population.moments(population.level + shift)
        least = smallest_detectable(true_sources(arm, baseline, SEEDS, IMAGES), len(PAIRS))
        return arm.accuracy - baseline.accuracy, least

    def excess(shift: float) -> float:
        difference, least = difference_and_least(shift)
        return abs(difference) - least

    shift = float(optimize.brentq(excess, 0, 10 * direction, xtol=1e-6)) if direction else 0.0
    difference, least = difference_and_least(shift)
    shifts = np.array([0.0] * (ARMS - 1) + [shift])
    differences = np.array([0.0] * (ARMS - 1) + [difference])
    return Truth(direction, population.level + shifts, baseline.accuracy + differences, least)


def simulate(population: Population, direction: int, studies: int, seed: Sequence[int]) -> dict[str, list[float]]:
    """Return what each of so many studies got right and wrong, as shares from 0 to 1 by name."""
    random, true = np.random.default_rng(seed), truth(population, direction)
    shares: dict[str, list[float]] = {}
    for start in range(0, studies, AT_ONCE):
        for study in population.draw(random, true.levels, min(AT_ONCE, studies - start), SEEDS, IMAGES):
            for name, share in outcome(study, true).items():
                shares.setdefault(name, []).append(share)
    return shares


def outcome(study: Bits, true: Truth) -> dict[str, float]:
    """Return what one study, shape (arms, seeds, images), got right and wrong."""
    judgements = judge(dict(zip(NAMES, study, strict=True)), PAIRS, true.margin)
    effects = true.accuracies[1:] - true.accuracies[0]
    shares = {
        "interval of a difference": _mean(map(_holds, (one.difference for one in judgements), effects)),
        "interval of an arm": _mean(map(_holds, map(summarise, study), true.accuracies)),
    }
    return shares | (_of_changed_arm(judgements, true) if true.direction else _of_equal_arms(judgements))


def _of_changed_arm(judgements: Sequence[Judgement], true: Truth) -> dict[str, float]:
    right, wrong = ("better", "worse") if true.direction > 0 else ("worse", "better")
    too_few = IMAGES * (1 - max(true.accuracies)) < LEAST_ERRORS
    verdicts = [one.verdict for one in judgements]
    return {
        f"power, {right} arm{' (under 5 errors)' if too_few else ''}": float(verdicts[-1] == right),
        "changed arm called the opposite": float(verdicts[-1] == wrong),
        "changed arm called tied": float(verdicts[-1] == "tied"),
        "false verdict beside it": float(not {"better", "worse"}.isdisjoint(verdicts[:-1])),
    }


def _of_equal_arms(judgements: Sequence[Judgement]) -> dict[str, float]:
    verdicts = [one.verdict for one in judgements]
    shares = {
        "false verdict": float(not {"better", "worse"}.isdisjoint(verdicts)),
        "equal arms called tied": _mean(verdict == "tied" for verdict in verdicts),
    }
    for name, other in OTHER_ERRORS.items():
        effects = [one.difference.effect for one in judgements]
        sources = [other(one.difference.sources) for one in judgements if one.difference.sources]
        corrected = holm(list(map(p_value, effects, sources)))
        shares[f"{name}: false verdict"] = float(min(corrected) < SIGNIFICANCE)
        shares[f"{name}: interval of a difference"] = _mean(
            abs(effect) <= interval_half_width(one) for effect, one in zip(effects, sources, strict=True)
        )
    return shares


def _holds(estimate: ArmSummary | Difference, true: float) -> bool:
    return estimate.low is not None and estimate.high is not None and estimate.low <= true <= estimate.high


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def simulate_all(studies: int, seed: int, processes: int) -> dict[str, dict[str, Share]]:
    """Return, by population and name, what the studies got right and wrong.

    Args:
        studies: number per population with equal arms; so many have a better arm, and so many a worse one.
        seed: seed of all that is drawn; the result depends on it and not on the number of processes.
        processes: number of processes to work with.
    """
    tasks = [(place, direction) for place in range(len(POPULATIONS)) for direction in (0, 1, -1)]
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        running = [
            pool.submit(simulate, POPULATIONS[place], direction, studies, (seed, place, direction + 1))
            for place, direction in tasks
        ]
    collected: dict[str, dict[str, list[float]]] = {population.name: {} for population in POPULATIONS}
    for (place, _), task in zip(tasks, running, strict=True):
        for name, shares in task.result().items():
            collected[POPULATIONS[place].name].setdefault(name, []).extend(shares)
    return {population: {name: share(values) for name, values in by.items()} for population, by in collected.items()}


def share(values: Sequence[float]) -> Share:
    """Return the mean over studies of a share in each, and its standard error."""
    return Share(float(np.mean(values)), float(np.std(values)) / math.sqrt(len(values)), len(values))


def broken_promises(shares_by_population: Mapping[str, Mapping[str, Share]]) -> list[str]:
    """Return a sentence on every share that is not what was promised."""
    return [
        f"{population}: {name} is {100 * shares[name].share:.1f} %, promised {100 * low:.0f} to {100 * high:.0f} %"
        for population, shares in shares_by_population.items()
        for name, (low, high) in PROMISES.items()
        if name in shares and not low <= shares[name].share <= high
    ]
