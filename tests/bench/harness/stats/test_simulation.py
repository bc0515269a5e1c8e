"""Tests of bench.harness.stats.simulation: a small run keeps its promises loosely, and what a run leaves is whole."""

import json
from pathlib import Path

import numpy as np
import pytest

from bench.__main__ import main
from bench.commands import simulate as command
from bench.commands.simulate import table
from bench.harness.stats import simulation
from bench.harness.stats.simulation import (
    IMAGES,
    POPULATIONS,
    PROMISES,
    SEEDS,
    Share,
    broken_promises,
    outcome,
    share,
    truth,
)

STUDIES = 100
AS_MEASURED = POPULATIONS[1]

Shares = dict[str, list[float]]
KEPT = {name: Share((low + high) / 2, 0.01, STUDIES) for name, (low, high) in PROMISES.items()}
BROKEN = {**KEPT, "false verdict": Share(0.2, 0.01, STUDIES)}


@pytest.fixture(scope="module")
def equal_arms() -> Shares:
    """Return what studies of equal arms got right and wrong."""
    return simulation.simulate(AS_MEASURED, 0, STUDIES, (0,))


@pytest.fixture(scope="module")
def better_arm() -> Shares:
    """Return what studies with a better arm got right and wrong."""
    return simulation.simulate(AS_MEASURED, 1, STUDIES, (1,))


def test_equal_arms_are_seldom_told_apart(equal_arms: Shares) -> None:
    """About 4 % of the studies of equal arms have a verdict; 12 % of 100 would be a fluke or a mistake."""
    assert share(equal_arms["false verdict"]).share < 0.12


def test_smallest_detectable_difference_is_found(better_arm: Shares) -> None:
    """About 80 % of the studies find it: 68 to 92 % of 100."""
    assert share(better_arm["power, better arm"]).share == pytest.approx(0.8, abs=0.12)


@pytest.mark.parametrize("of", ["a difference", "an arm"])
def test_intervals_hold_the_truth(equal_arms: Shares, better_arm: Shares, of: str) -> None:
    """About 95 % do: 91 to 99 % of the intervals of 200 studies."""
    assert share(equal_arms[f"interval of {of}"] + better_arm[f"interval of {of}"]).share == pytest.approx(
        0.95, abs=0.04
    )


def test_seeds_alone_are_too_sure_of_unlike_arms() -> None:
    """Without the image part, more than 12 % of the studies of equal but unlike arms have a verdict."""
    shares = simulation.simulate(POPULATIONS[3], 0, STUDIES, (2,))

    assert share(shares["seeds alone: false verdict"]).share > 0.12


def test_plain_sum_is_wider(equal_arms: Shares) -> None:
    """Counting the interaction twice lets intervals hold the truth more often than they should."""
    assert np.mean(equal_arms["plain sum: interval of a difference"]) > np.mean(equal_arms["interval of a difference"])


@pytest.mark.parametrize("direction", [1, -1])
def test_changed_arm_differs_by_the_margin(direction: int) -> None:
    """The last arm is better or worse by the smallest detectable difference, the others are equal."""
    true = truth(AS_MEASURED, direction)

    assert true.accuracies - true.accuracies[0] == pytest.approx([0, 0, 0, 0, direction * true.margin], abs=1e-6)


def test_outcome_of_a_study_without_any_difference() -> None:
    """Five arms with the same answers are tied, all of them."""
    true = truth(AS_MEASURED, 0)
    study = np.repeat(AS_MEASURED.draw(np.random.default_rng(0), true.levels[:1], 1, SEEDS, IMAGES)[0], 5, axis=0)

    rates = outcome(study, true)

    assert (rates["false verdict"], rates["equal arms called tied"]) == (0, 1)


def test_same_seed_draws_the_same_studies() -> None:
    """A run can be repeated."""
    assert simulation.simulate(AS_MEASURED, 0, 3, (5,)) == simulation.simulate(AS_MEASURED, 0, 3, (5,))


def test_share_has_a_binomial_standard_error() -> None:
    """The standard error of a share of yes and no is the root of p (1 - p) / n."""
    assert share([1.0, 0.0, 0.0, 0.0]) == pytest.approx((0.25, (0.25 * 0.75 / 4) ** 0.5, 4))


def test_broken_promises_are_named() -> None:
    """A share out of bounds is reported with its population, its value and its bounds."""
    assert broken_promises({"97 %": BROKEN}) == ["97 %: false verdict is 20.0 %, promised 0 to 6 %"]


def test_kept_promises_are_not() -> None:
    """Shares within their bounds are no news."""
    assert broken_promises({"97 %": KEPT}) == []


def test_every_promise_is_measured(equal_arms: Shares, better_arm: Shares) -> None:
    """No promise is kept for want of a number of that name."""
    assert set(PROMISES) - {"power, worse arm"} <= equal_arms.keys() | better_arm.keys()


def test_power_is_not_promised_where_errors_are_too_few() -> None:
    """The better arm of the 99 % population makes three errors a seed: its power has a name of its own."""
    shares = simulation.simulate(POPULATIONS[2], 1, 1, (0,))

    assert "power, better arm (under 5 errors)" in shares
    assert "power, better arm" not in shares


def test_table_has_promises_beside_shares() -> None:
    """A row has the promise and, a population, the share with its standard error."""
    assert "0 to 6      20.0 ± 1.0" in table({"97 %": BROKEN})


@pytest.mark.parametrize(("shares", "code"), [(KEPT, 0), (BROKEN, 1)], ids=["kept", "broken"])
def test_exit_code_says_whether_promises_are_kept(
    shares: dict[str, Share], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken promise is exit code 1."""
    monkeypatch.setattr(command, "simulate_all", lambda *_: {"97 %": shares})

    assert main(["simulate", "--out", str(tmp_path / "calibration.json")]) == code


def test_evidence_is_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The JSON says with what, when and how it was made, and nothing else is left in the folder."""
    monkeypatch.setattr(command, "simulate_all", lambda *_: {"97 %": KEPT})

    main(["simulate", "--draws", "7", "--seed", "3", "--out", str(tmp_path / "new" / "calibration.json")])

    (path,) = (tmp_path / "new").iterdir()
    kept = json.loads(path.read_text("utf-8"))
    assert kept["command"] == "python -m bench simulate --draws 7 --seed 3"
    assert {"hardware", "python", "numpy", "scipy", "commit", "date", "duration_seconds"} <= kept.keys()


def test_processes_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run over processes holds the very studies that `simulate` makes alone."""
    monkeypatch.setattr(simulation, "POPULATIONS", POPULATIONS[:1])

    shares = simulation.simulate_all(studies=2, seed=4, processes=1)

    alone = simulation.simulate(POPULATIONS[0], 0, 2, (4, 0, 1))
    assert shares["90 %"]["false verdict"] == share(alone["false verdict"])
