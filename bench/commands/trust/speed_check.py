"""`python -m bench speed-check`: check on identical arms that the intervals of speeds hold 1.

Each pair is one arm of `quick` twice, under two names, measured in turns as a study's speed phase measures its arms:
the true ratio of their speeds is 1, and 95 % of the intervals should hold it. With --neighbours, that many programs
that never rest run beside the pairs. An A/A test: R. Kohavi, D. Tang and Y. Xu, Trustworthy online controlled
experiments, 2020, chapter 19.
"""

import argparse
import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from scipy import stats

from bench.harness.data.dataset import Dataset
from bench.harness.data.load import load
from bench.harness.machine.execution import add_execution, applied_execution
from bench.harness.machine.measuring import add_json, require_at_least, with_conditions, write_result
from bench.harness.machine.neighbours import busy_programs
from bench.harness.machine.turns import disturbed, guarded_turns
from bench.harness.run.selection import left_out
from bench.harness.speed.subject import Budget, Subject, counts_to_try
from bench.harness.stats.turns import turn_ratio
from bench.harness.streams import say
from bench.harness.study.discovery import load_studies
from bench.harness.study.planned import Planned, settle
from bench.harness.study.trial import resolve

PROTOCOL = "quick"
NAMES = ("one", "other")


class Pair(NamedTuple):
    """The ratio of an arm's speed to its own.

    Attributes:
        study: name of the arm's study.
        arm: its name there.
        ratio: estimate.
        low: lower end of its 95 % interval.
        high: upper end.
        turns: number of those that were kept.
        disturbed: number of these that something disturbed.
    """

    study: str
    arm: str
    ratio: float
    low: float
    high: float
    turns: int
    disturbed: int

    @property
    def holds(self) -> bool:
        """Whether the interval holds 1."""
        return self.low <= 1 <= self.high


def measure_pair(planned: Planned, dataset: Dataset, counts: Sequence[int], budget: Budget, seed: int) -> Pair:
    """Measure an arm against itself.

    Args:
        planned: one of its trials.
        dataset: the images that it is trained on.
        counts: numbers of CPU threads of which each of the two takes its fastest.
        budget: the extent of the measurement.
        seed: gives the order within the turns.
    """
    subjects = {name: Subject(planned, dataset, counts, budget).measure_training for name in NAMES}
    turns = guarded_turns(subjects, budget.turns, seed)
    one, other = ([turn.values[name].images_per_second for turn in turns] for name in NAMES)
    ratio = turn_ratio(one, other)
    low, high = ratio.low or 0.0, ratio.high or math.inf  # without an interval everything is held
    return Pair(planned.trial.study, planned.trial.arm, ratio.median, low, high, ratio.n, disturbed(turns))


def _interval(pair: Pair) -> str:
    return f"{pair.ratio:.3f} [{pair.low:.3f}, {pair.high:.3f}]"


def summary(pairs: Sequence[Mapping[str, Any]], beside: int) -> str:
    """Return how many intervals hold 1, with the exact 95 % interval of their share, and how wide they are."""
    measured = [Pair(**pair) for pair in pairs]
    held, n = sum(pair.holds for pair in measured), len(measured)
    share = stats.binomtest(held, n).proportion_ci()
    widths = [(pair.high / pair.low) ** 0.5 - 1 for pair in measured]
    bad = sum(pair.disturbed for pair in measured) / sum(pair.turns for pair in measured)
    return (
        f"{held} of {n} intervals hold 1: {held / n:.1%} [{share.low:.1%}, {share.high:.1%}]; half-width median "
        f"{statistics.median(widths):.1%}, largest {max(widths):.1%}; {bad:.0%} of the turns disturbed; "
        f"beside {beside} busy programs"
    )


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare how many pairs are measured, and beside what."""
    parser.add_argument("--pairs", default=100, type=int, help="default 100, of the studies' arms in their order")
    parser.add_argument("--neighbours", default=0, type=int, help="busy programs beside them; default 0")
    add_execution(parser)
    add_json(parser, "pairs")


def run(arguments: argparse.Namespace) -> None:
    """Measure, write the pairs after each, print the summary."""
    require_at_least(1, arguments, "pairs")
    require_at_least(0, arguments, "neighbours")
    counts = counts_to_try(arguments.threads)
    execution = applied_execution(arguments)
    arms = [
        (study, arm)
        for study in load_studies()
        for arm in study.arm_names(PROTOCOL)
        if arm not in left_out(study, PROTOCOL, lambda: execution.device).arms
    ]
    pairs: list[dict[str, Any]] = []
    with busy_programs(arguments.neighbours):
        for number in range(arguments.pairs):
            study, arm = arms[number % len(arms)]
            dataset = load(study.protocol(PROTOCOL).dataset)
            trial = resolve(study, PROTOCOL, arm, 0, dataset.source, own_data=True)
            pair = measure_pair(settle(trial, execution, dataset.sha256), dataset, counts, Budget(), number)
            pairs.append(pair._asdict())
            say(f"{number + 1}/{arguments.pairs}  {study.name} {arm}: {_interval(pair)}")
            content = {"neighbours": arguments.neighbours, "pairs": pairs}
            write_result(arguments, with_conditions(content, arguments, device=execution.device))
    print(summary(pairs, arguments.neighbours))  # noqa: T201 - the answer
