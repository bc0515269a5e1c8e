"""Tests of the spread over seeds."""

import numpy as np
import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.questions.seed_spread import MOST, seed_spread, seeds_for
from tests.bench.conftest import MakeRecord


@pytest.mark.parametrize(("sd", "seeds"), [(0.0, 2), (0.001, 7), (0.002, 18), (0.5, MOST)])
def test_seeds_until_the_mean_is_known_to_a_tenth_of_a_point(sd: float, seeds: int) -> None:
    """By Student's t: 2.447 * 0.1 / sqrt(7) = 0.092 points with seven seeds, 2.571 / sqrt(6) is 0.105."""
    assert seeds_for(sd) == seeds


def test_the_interval_of_the_spread_is_that_of_the_tables(make_record: MakeRecord) -> None:
    """Five values: 0.599 to 2.874 times the standard deviation."""
    accuracies = (0.90, 0.92, 0.91, 0.94, 0.93)
    records = [make_record("a", seed, accuracy=accuracy, images=1000) for seed, accuracy in enumerate(accuracies)]
    spread = seed_spread(analyse(records)[0].arms[0])

    assert spread is not None
    assert spread.n == 5
    assert spread.sd == pytest.approx(float(np.std(accuracies, ddof=1)))
    assert (spread.low / spread.sd, spread.high / spread.sd) == pytest.approx((0.599, 2.874), abs=0.001)
    assert spread.needed == tuple(map(seeds_for, (spread.low, spread.sd, spread.high)))


def test_one_seed_has_no_spread(make_record: MakeRecord) -> None:
    """Nothing is said of it."""
    assert seed_spread(analyse([make_record()])[0].arms[0]) is None
