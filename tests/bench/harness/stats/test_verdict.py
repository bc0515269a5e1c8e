"""Tests of bench.harness.stats.verdict: verdicts, and the power, seeds and images that studies need."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from bench.harness.stats.differences import Bits
from bench.harness.stats.variance import Sources
from bench.harness.stats.verdict import (
    LEAST_SEEDS,
    MOST_IMAGES,
    MOST_SEEDS,
    Judgement,
    images_needed,
    judge,
    seeds_needed,
    smallest_detectable,
)

SOURCES = Sources(seeds=(4e-6, 6e-6), n=(5, 5), crossed=(1e-6, 2e-6), image=5e-6, images=1000)


def two_sample(n: int, sd: float = 1.0) -> Sources:
    """Return the variance of the plain two-sample t test, which R's power.t.test is about."""
    return Sources(seeds=(sd**2 / n,) * 2, n=(n, n), crossed=(0.0, 0.0), image=0.0, images=1000)


def arm(accuracy: float, key: int, seeds: int = 5, images: int = 1000, *, steadiness: float = 0.9) -> Bits:
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
    [(0.99, 0.01, "better"), (0.93, 0.01, "worse"), (0.96, 0.01, "tied"), (0.96, 0.001, "underpowered")],
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


def test_one_seed_has_no_plan() -> None:
    """With one seed nothing is known of what more would bring."""
    judgement = judge_pair({"new": arm(0.99, 1, 1), "old": arm(0.93, 2, 5)})

    assert (judgement.smallest_detectable, judgement.seeds_needed, judgement.images_needed) == (None, None, None)


def test_p_values_are_corrected_over_all_pairs() -> None:
    """The same pair among four has four times its p value where it is the smallest."""
    arms = {"new": arm(0.97, 1), "old": arm(0.96, 2), **{f"same {key}": arm(0.96, key) for key in (3, 4, 5)}}

    alone = judge_pair(arms)
    among = judge(arms, [("new", "old"), *((f"same {key}", "old") for key in (3, 4, 5))], 0.01)[0]

    assert alone.p_corrected == alone.difference.p
    assert alone.p_corrected is not None
    assert among.p_corrected == pytest.approx(4 * alone.p_corrected)


def test_pairs_without_verdict_still_count_as_comparisons() -> None:
    """A pair that is not judged yet, for lack of seeds, makes the others' correction no milder."""
    arms = {"new": arm(0.97, 1), "old": arm(0.96, 2), "young": arm(0.5, 3, seeds=3)}

    judgement = judge(arms, [("new", "old"), ("young", "old")], 0.01)[0]

    assert judgement.difference.p is not None
    assert judgement.p_corrected == pytest.approx(2 * judgement.difference.p)


def test_family_counts_comparisons_that_are_still_missing() -> None:
    """A study of ten comparisons corrects for ten, however many have been run."""
    judgement = judge_pair({"new": arm(0.97, 1), "old": arm(0.96, 2)}, family=10)

    assert judgement.difference.p is not None
    assert judgement.p_corrected == pytest.approx(min(10 * judgement.difference.p, 1))


def test_verdicts_need_the_corrected_p_value() -> None:
    """An uncorrected p below 0.05 is no verdict where the corrected one is above."""
    arms = {"new": arm(0.9653, 11), "old": arm(0.96, 2)}
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


def test_smallest_detectable_is_that_of_power_t_test() -> None:
    """R: power.t.test(n = 20, delta = 1, sd = 1) has power 0.8689528."""
    assert smallest_detectable(two_sample(20), 1, power=0.8689528) == pytest.approx(1, abs=1e-6)


def test_seeds_needed_are_those_of_power_t_test() -> None:
    """R: power.t.test(power = 0.90, delta = 1) needs n = 22.02, so 23."""
    assert seeds_needed(two_sample(7), 1.0, 1, power=0.9) == 23


def test_smallest_detectable_at_the_corrected_level() -> None:
    """Four comparisons test at 0.05 / 4, with the degrees of freedom of both parts."""
    least = smallest_detectable(SOURCES, 4)

    critical = stats.t.ppf(1 - 0.05 / 8, SOURCES.df)
    assert stats.nct.sf(critical, SOURCES.df, least / SOURCES.total**0.5) == pytest.approx(0.8)


@pytest.mark.parametrize("n", [2, 3, 10_000])
@pytest.mark.parametrize("comparisons", [1, 100])
def test_smallest_detectable_is_finite_at_the_extremes(n: int, comparisons: int) -> None:
    """Few seeds and many comparisons still have a finite answer."""
    assert 0 < smallest_detectable(two_sample(n), comparisons) < 2000


def test_seeds_needed_is_the_least_number() -> None:
    """One seed fewer would not bring the smallest detectable difference down to the target."""
    target = 0.011
    n = seeds_needed(SOURCES, target, 4)

    assert n is not None
    assert smallest_detectable(SOURCES.with_seeds(n), 4) <= target < smallest_detectable(SOURCES.with_seeds(n - 1), 4)


def test_images_needed_is_the_least_number() -> None:
    """One image fewer would not bring the smallest detectable difference down to the target."""
    target = 0.014
    images = images_needed(SOURCES, target, 4)

    assert images is not None
    assert smallest_detectable(SOURCES.with_images(images), 4) <= target
    assert target < smallest_detectable(SOURCES.with_images(images - 1), 4)


def test_no_number_of_seeds_makes_up_for_few_images() -> None:
    """Where the images alone hide the target, seeds do not help."""
    assert smallest_detectable(SOURCES.with_seeds(MOST_SEEDS), 4) > 0.005
    assert seeds_needed(SOURCES, 0.005, 4) is None


def test_no_number_of_images_makes_up_for_few_seeds() -> None:
    """Where the seeds alone hide the target, images do not help."""
    assert smallest_detectable(SOURCES.with_images(MOST_IMAGES), 4) > 0.005
    assert images_needed(SOURCES, 0.005, 4) is None


def test_images_are_enough_where_seeds_only_interact_with_them() -> None:
    """Seeds that differ by the drawn images alone need no more seeds, whatever the target."""
    steady = replace(SOURCES, seeds=(1e-6, 2e-6))

    assert images_needed(steady, 0.0005, 4) is not None


def test_seeds_needed_is_never_below_what_a_verdict_needs() -> None:
    """However easy the target, fewer than five seeds get no verdict."""
    assert seeds_needed(SOURCES, 0.9, 1) == LEAST_SEEDS


@pytest.mark.parametrize(("errors", "verdict"), [(0, "tied"), (1, "tied"), (50, "worse")])
def test_arms_without_any_variance_are_judged(errors: int, verdict: str) -> None:
    """Seeds that all answer alike are neither certain of one image nor unable to tell fifty."""
    new, old = np.ones((5, 1000), dtype=bool), np.ones((5, 1000), dtype=bool)
    new[:, :errors] = False

    assert judge_pair({"new": new, "old": old}).verdict == verdict


def test_seeds_needed_does_not_trip_over_scipy() -> None:
    """Halfway through the search scipy's noncentral t is NaN for these variances, met in a real run."""
    sources = Sources(
        seeds=(2.474e-05, 6.8e-06),
        n=(5, 5),
        crossed=(4.379639639639629e-06, 3.3565565565565647e-06),
        image=0,
        images=1000,
    )

    assert [seeds_needed(sources, 0.01, comparisons) for comparisons in (3, 11)] == [19, 25]
