"""Tests of bench.harness.stats.differences, against published values and hand computations."""

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from bench.harness.stats.differences import Bits, difference, summarise
from bench.harness.stats.spread import censored_median


def random_bits(key: int, seeds: int = 5, images: int = 200, accuracy: float = 0.9) -> Bits:
    """Return an arm whose answers are all drawn independently."""
    return np.random.default_rng(key).random((seeds, images)) < accuracy


def disjoint_errors(first: int, counts: tuple[int, ...], images: int = 500) -> Bits:
    """Return an arm whose seeds make so many errors, no two on the same image, from image `first` on."""
    correct = np.ones((len(counts), images), dtype=bool)
    for row, count in zip(correct, counts, strict=True):
        row[first : first + count] = False
        first += count
    return correct


def repeated(row: list[int], seeds: int = 5) -> Bits:
    """Return an arm whose seeds all answer alike."""
    return np.array([row] * seeds, dtype=bool)


def worked_example() -> Bits:
    """Two seeds, ten images: six right by both, two wrong by both, one right by each alone."""
    return np.array([[1] * 6 + [0, 0] + [1, 0], [1] * 6 + [0, 0] + [0, 1]], dtype=bool)


def test_difference_without_image_variance_is_scipys_welch_test() -> None:
    """Where images explain nothing, unequal numbers of seeds get nearly the p value of scipy's ttest_ind."""
    arm, baseline = disjoint_errors(0, (3, 5, 9, 4, 6)), disjoint_errors(100, (12, 8, 16, 10, 9, 14, 7))

    estimate = difference(arm, baseline)

    expected = stats.ttest_ind(arm.mean(axis=1), baseline.mean(axis=1), equal_var=False)
    assert estimate.se_images == 0
    assert estimate.p == pytest.approx(expected.pvalue, rel=0.25)


def test_image_part_of_seeds_that_agree_is_mcnemars() -> None:
    """Where seeds never differ, SE_images² is that of paired proportions: (b + c - (b - c)²/N) / N², unbiased."""
    both, only_arm, only_baseline, neither = 70, 12, 4, 14
    arm = repeated([1] * both + [1] * only_arm + [0] * only_baseline + [0] * neither)
    baseline = repeated([1] * both + [0] * only_arm + [1] * only_baseline + [0] * neither)

    assert difference(arm, baseline).se_images == pytest.approx(math.sqrt((16 - 8**2 / 100) / 100**2 * 100 / 99))


def test_image_part_excludes_the_interaction() -> None:
    """SE_images² is (mean square of images - residual mean square) / (n N) + 1/N², here (3.2/9 - 1/9) / 20 + 1/100."""
    assert summarise(worked_example()).se_images == pytest.approx(math.sqrt((3.2 / 9 - 1 / 9) / 20 + 1 / 100))


def test_interaction_is_kept_apart() -> None:
    """The part of SE_seeds² that more images would lower: the residual mean square over n N, here 1/9 / 20, an arm."""
    sources = difference(worked_example(), worked_example()).sources

    assert sources is not None
    assert sources.crossed == pytest.approx((1 / 180, 1 / 180))


def test_image_part_is_what_endless_seeds_would_leave() -> None:
    """Five seeds estimate the same SE_images as a hundred do, within chance."""
    random = np.random.default_rng(3)
    chance = random.beta(9, 1, size=20_000)
    few, many = (summarise(random.random((seeds, 20_000)) < chance).se_images for seeds in (5, 100))

    assert few == pytest.approx(many, rel=0.03)


def test_summary_of_an_arm() -> None:
    """Mean and sd are those of the seeds' accuracies."""
    correct = disjoint_errors(0, (10, 20, 30), images=100)

    summary = summarise(correct)

    assert (summary.mean, summary.sd) == pytest.approx((0.8, 0.1))


def test_interval_of_an_arm_is_made_of_both_parts() -> None:
    """The half-width is nearly the t quantile at the effective degrees of freedom times the root of both parts."""
    summary = summarise(random_bits(0, accuracy=0.8))
    seeds, images = (summary.se_seeds or 0) ** 2, (summary.se_images or 0) ** 2
    df = (seeds + images) ** 2 / (seeds**2 / 4 + images**2 / 199)

    expected = stats.t.ppf(0.975, df) * math.sqrt(seeds + images)

    assert summary.mean - (summary.low or 0) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("correct", [0, 1])
def test_interval_of_an_arm_stays_within_0_and_1(correct: int) -> None:
    """An arm that is always or never right has an interval with a width, inside the possible."""
    summary = summarise(repeated([correct] * 50))

    assert summary.low is not None
    assert summary.high is not None
    assert 0 <= summary.low < summary.high <= 1


def test_one_seed_has_a_mean_and_no_interval() -> None:
    """With one seed every uncertainty is None."""
    summary = dataclasses.asdict(summarise(random_bits(0, seeds=1)))

    assert {name for name, value in summary.items() if value is not None} == {"n", "images", "mean"}


@pytest.mark.parametrize(("seeds", "baseline_seeds"), [(1, 5), (5, 1), (1, 1)])
def test_one_seed_has_an_effect_and_no_interval(seeds: int, baseline_seeds: int) -> None:
    """With one seed in either arm a difference has no interval and no p value."""
    fields = dataclasses.asdict(difference(random_bits(0, seeds), random_bits(1, baseline_seeds)))

    assert {name for name, value in fields.items() if value is not None} == {"effect", "n", "baseline_n", "images"}


def test_two_seeds_have_an_interval() -> None:
    """Two seeds in each arm are enough for a finite interval and a p value."""
    estimate = difference(random_bits(0, seeds=2), random_bits(1, seeds=2))

    assert None not in (estimate.low, estimate.high, estimate.p)


@pytest.mark.parametrize("key", range(5))
def test_swapping_the_arms_swaps_the_sign(key: int) -> None:
    """difference(a, b) is difference(b, a) with its effect and interval turned round."""
    arm, baseline = random_bits(key, seeds=5 + key), random_bits(100 + key, accuracy=0.85)

    there, back = difference(arm, baseline), difference(baseline, arm)

    turned = (-(back.high or 0), -(back.low or 0), back.p)
    assert (there.low, there.high, there.p) == pytest.approx(turned)


@pytest.mark.parametrize("key", range(3))
def test_order_of_seeds_does_not_matter(key: int) -> None:
    """Arms may share seeds: that pairing is not used, so permuting one arm's seeds changes nothing."""
    arm, baseline = random_bits(key), random_bits(50 + key)

    assert difference(arm[::-1], baseline).p == pytest.approx(difference(arm, baseline).p)


def test_identical_arms_differ_by_nothing() -> None:
    """An arm against itself: effect 0, p 1, an interval around 0 that has a width."""
    estimate = difference(repeated([1] * 90 + [0] * 10), repeated([1] * 90 + [0] * 10))

    assert estimate.low is not None
    assert (estimate.effect, estimate.p) == (0, 1)
    assert estimate.low < 0


def test_certain_difference_has_a_p_above_zero() -> None:
    """All right against all wrong, without any variance, is neither NaN nor p = 0."""
    estimate = difference(repeated([1] * 10_000), repeated([0] * 10_000))

    assert estimate.p is not None
    assert 0 < estimate.p < 1e-6


def test_one_image_that_always_differs_is_no_evidence() -> None:
    """Seeds that agree to the last image cannot make one image in a thousand a certain difference."""
    p = difference(repeated([1] * 1000), repeated([1] * 999 + [0])).p

    assert p is not None
    assert p > 0.3


def test_seeds_that_agree_by_luck_are_not_certain() -> None:
    """Equal accuracies from errors on different images leave a quarter of the interaction as SE_seeds²."""
    sources = difference(disjoint_errors(0, (9,) * 5), disjoint_errors(100, (9,) * 5)).sources

    assert sources is not None
    assert sources.seeds == pytest.approx([part / 4 for part in sources.crossed])


def test_other_images_are_refused() -> None:
    """Arms evaluated on different numbers of images are not compared."""
    with pytest.raises(ValueError, match="200 test images against 100: compare arms evaluated on the same images"):
        difference(random_bits(0, images=200), random_bits(1, images=100))


@pytest.mark.parametrize(
    "correct",
    [np.ones(5, bool), np.ones((5, 10)), np.ones((0, 10), bool), np.ones((5, 1), bool)],
    ids=["one dimension", "floats", "no seed", "one image"],
)
def test_what_is_no_matrix_of_bits_is_refused(correct: Bits) -> None:
    """Only booleans of shape (seeds, images) are taken, with at least one seed and two images."""
    with pytest.raises(ValueError, match=r"give booleans of shape \(seeds, images\)"):
        summarise(correct)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3.0, 1.0, 2.0], 2.0),
        ([4.0, 1.0, 2.0, 3.0], 2.5),
        ([1.0, 2.0, 3.0, None, None], 3.0),
        ([1.0, 2.0, None, None], None),
        ([1.0, None, None], None),
        ([None], None),
    ],
)
def test_censored_median(values: list[float | None], expected: float | None) -> None:
    """Runs that never reached the target count as later than all others."""
    assert censored_median(values) == expected


def test_censored_median_needs_runs() -> None:
    """No runs have no median."""
    with pytest.raises(ValueError, match="no runs"):
        censored_median([])
