"""Tests of bench.harness.stats.verdict: verdicts, the looks that give them, and what is left open."""

import numpy as np
import pytest

from bench.harness.stats.differences import Bits
from bench.harness.stats.verdict import LEAST_TIED, Judgement, judge, look_at, verdicts


def arm(accuracy: float, key: int, seeds: int = 8, images: int = 1000, *, steadiness: float = 0.9) -> Bits:
    """Return an arm of exactly the accuracy; a share of its errors is the same in all seeds and all arms."""
    random, errors = np.random.default_rng(key), round(images * (1 - accuracy))
    shared = round(errors * steadiness)
    correct = np.ones((seeds, images), dtype=bool)
    correct[:, :shared] = False
    for row in correct:
        row[random.choice(np.arange(images // 2, images), errors - shared, replace=False)] = False
    return correct


def judge_pair(arms: dict[str, Bits], margin: float = 0.01, family: int | None = None) -> Judgement:
    """Return the judgement on `new` against `old`."""
    return judge(arms, [("new", "old")], margin, family=family)[0]


@pytest.mark.parametrize(
    ("accuracy", "margin", "verdict"),
    [(0.99, 0.01, "better"), (0.93, 0.01, "worse"), (0.96, 0.01, "tied"), (0.96, 0.001, "open")],
)
def test_verdict(accuracy: float, margin: float, verdict: str) -> None:
    """Against 0.96: far above is better, far below worse, equal tied, unless the margin is finer than the interval."""
    assert judge_pair({"new": arm(accuracy, 1), "old": arm(0.96, 2)}, margin).verdict == verdict


@pytest.mark.parametrize(("seeds", "old_seeds"), [(4, 9), (9, 4), (2, 2), (1, 1)])
def test_fewer_than_five_seeds_get_no_verdict(seeds: int, old_seeds: int) -> None:
    """Below five seeds in either arm there is neither a verdict nor a corrected p value, however clear it looks."""
    judgement = judge_pair({"new": arm(0.99, 1, seeds), "old": arm(0.5, 2, old_seeds)})

    assert (judgement.verdict, judgement.p_corrected) == (None, None)


def test_unequal_numbers_of_seeds_are_judged() -> None:
    """Arms of five and of nine seeds are compared."""
    judgement = judge_pair({"new": arm(0.99, 1, 5), "old": arm(0.93, 2, 9)})

    assert (judgement.difference.n, judgement.difference.baseline_n, judgement.verdict) == (5, 9, "better")


def test_p_values_are_corrected_over_all_pairs() -> None:
    """The same pair among four has four times its p value where it is the smallest."""
    arms = {"new": arm(0.97, 1), "old": arm(0.96, 2), **{f"same {key}": arm(0.96, key) for key in (3, 4, 5)}}

    alone = judge_pair(arms)
    among = judge(arms, [("new", "old"), *((f"same {key}", "old") for key in (3, 4, 5))], 0.01)[0]

    assert alone.p_corrected is not None
    assert among.p_corrected == pytest.approx(4 * alone.p_corrected)


def test_pairs_without_verdict_still_count_as_comparisons() -> None:
    """A pair that is not judged yet, for lack of seeds, makes the others' correction no milder."""
    arms = {"new": arm(0.97, 1), "old": arm(0.96, 2), "young": arm(0.5, 3, seeds=3)}

    alone, among = judge_pair(arms), judge(arms, [("new", "old"), ("young", "old")], 0.01)[0]

    assert alone.p_corrected is not None
    assert among.p_corrected == pytest.approx(2 * alone.p_corrected)


def test_family_counts_comparisons_that_are_still_missing() -> None:
    """A study of ten comparisons corrects for ten, however many have been run."""
    arms = {"new": arm(0.97, 1), "old": arm(0.96, 2)}
    alone, among = judge_pair(arms), judge_pair(arms, family=10)

    assert alone.p_corrected is not None
    assert among.p_corrected == pytest.approx(10 * alone.p_corrected)


def test_verdicts_need_the_corrected_p_value() -> None:
    """An uncorrected p below 0.05 is no verdict where the corrected one is above."""
    arms = {"new": arm(0.972, 11), "old": arm(0.96, 2)}
    assert judge_pair(arms).verdict == "better"

    assert judge_pair(arms, family=1000).verdict != "better"


def test_antisymmetry() -> None:
    """An arm that is better one way round is worse the other way round."""
    arms = {"new": arm(0.99, 1), "old": arm(0.93, 2)}

    assert [one.verdict for one in judge(arms, [("new", "old"), ("old", "new")], 0.01)] == ["better", "worse"]


@pytest.mark.parametrize("margin", [0, -0.01, 1.5, float("nan")])
def test_margin_out_of_range_is_refused(margin: float) -> None:
    """A margin is a difference of accuracies, not of points."""
    with pytest.raises(ValueError, match=f"margin {margin}: give a difference of accuracies"):
        judge({}, [], margin)


def test_family_smaller_than_the_pairs_is_refused() -> None:
    """A family counts at least the pairs."""
    with pytest.raises(ValueError, match="a family of 0 with 1 pairs"):
        judge_pair({"new": arm(0.97, 1), "old": arm(0.96, 2)}, family=0)


def test_ties_are_corrected_too() -> None:
    """A tie among ten comparisons takes more than a tie alone."""
    arms = {"new": arm(0.96, 1), "old": arm(0.96, 2)}
    alone, among = judge_pair(arms), judge_pair(arms, family=10)

    assert alone.p_tied is not None
    assert among.p_tied == pytest.approx(10 * alone.p_tied)


def test_nothing_is_tied_at_the_first_look() -> None:
    """With five seeds a failure in every other one might not have been seen."""
    arms = {"new": arm(0.96, 1, LEAST_TIED - 1), "old": arm(0.96, 2, LEAST_TIED - 1)}

    assert judge_pair(arms).verdict == "open"


def test_a_verdict_says_at_which_look_it_came() -> None:
    """Thirty seeds of arms that five could tell apart are judged as at five."""
    judgement = judge_pair({"new": arm(0.99, 1, 30), "old": arm(0.93, 2, 30)})

    assert (judgement.verdict, judgement.look, judgement.difference.n) == ("better", 5, 30)


@pytest.mark.parametrize("seeds", [6, 7])
def test_seeds_between_looks_change_no_verdict(seeds: int) -> None:
    """Whoever adds one seed after the other looks no oftener than was planned."""
    arms = {"new": arm(0.965, 1, 8), "old": arm(0.96, 2, 8)}

    first, later = (judge_pair({name: bits[:n] for name, bits in arms.items()}) for n in (5, seeds))

    assert (first.verdict, first.p_corrected, first.p_tied) == (later.verdict, later.p_corrected, later.p_tied)
    assert later.difference.n == seeds


def test_later_looks_undo_no_verdict() -> None:
    """Three bad seeds behind five good ones leave the verdict of the five."""
    good, bad = arm(0.99, 1, 5), arm(0.5, 3, 3)

    assert judge_pair({"new": np.concatenate([good, bad]), "old": arm(0.93, 2, 8)}).verdict == "better"


def test_a_later_claim_of_the_opposite_changes_no_verdict() -> None:
    """Five seeds that show one direction stand, though thirty show the other."""
    turned = np.concatenate([arm(0.94, 1, 5), arm(0.88, 3, 25)])

    judgement = judge_pair({"new": turned, "old": arm(0.93, 2, 30)})

    assert (judgement.verdict, judgement.look) == ("better", 5)
    assert judgement.difference.effect < 0
    assert judgement.looks is not None
    assert judgement.looks.worse[-1] < judgement.looks.better[-1]


def test_a_small_difference_is_called_within_the_margin() -> None:
    """Thirty steady seeds show both: that the arms differ, and that they differ by less than two points."""
    judgement = judge_pair({"new": arm(0.965, 1, 30), "old": arm(0.96, 2, 30)}, 0.02)

    assert (judgement.verdict, judgement.within_margin) == ("better", True)


def test_what_is_not_excluded_holds_the_interval() -> None:
    """The largest difference left is beyond both ends of the uncorrected interval, and no nonsense."""
    judgement = judge_pair({"new": arm(0.965, 1, 5, steadiness=0.3), "old": arm(0.96, 2, 5, steadiness=0.3)})
    ends = (judgement.difference.low or 0.0, judgement.difference.high or 0.0)

    assert judgement.not_excluded is not None
    assert max(map(abs, ends)) < judgement.not_excluded < 0.1


def test_verdicts_alone_are_those_of_the_judgements() -> None:
    """The simulation reads the same verdicts as the tables."""
    arms = {"new": arm(0.97, 1), "old": arm(0.96, 2), "same": arm(0.96, 3)}
    pairs = [("new", "old"), ("same", "old")]

    looked = [look_at(arms[one], arms[other], 0.01) for one, other in pairs]

    assert verdicts(looked, 2) == [judgement.verdict for judgement in judge(arms, pairs, 0.01)]


def test_what_was_known_earlier() -> None:
    """Looks up to eight seeds are those that eight seeds give."""
    arms = arm(0.97, 1, 30), arm(0.96, 2, 30)
    looks = look_at(*arms, 0.01)

    assert looks is not None
    assert looks.until(8) == look_at(arms[0][:8], arms[1][:8], 0.01)
