"""Tests of bench.harness.stats.calibration.simulation: a small run keeps its promises, and what it leaves is whole."""

import json
from pathlib import Path

import numpy as np
import pytest

from bench.__main__ import main
from bench.commands.trust import simulate as command
from bench.commands.trust.simulate import table
from bench.harness.stats.calibration import simulation
from bench.harness.stats.calibration.simulation import (
    KINDS,
    NOT_PROMISED,
    POPULATIONS,
    PROMISES,
    Share,
    broken_promises,
    outcome,
    share,
    until_answered,
)
from bench.harness.stats.looks import LOOKS
from bench.harness.stats.verdict import Looks, look_at

STUDIES = 60
AS_MEASURED = POPULATIONS[1]

Shares = dict[str, list[float]]
KEPT = {name: Share((low + high) / 2, 0.01, STUDIES) for name, (low, high) in PROMISES.items()}
BROKEN = {**KEPT, "false tie": Share(0.2, 0.01, STUDIES)}


@pytest.fixture(scope="module")
def by_kind() -> dict[str, Shares]:
    """Return what studies of each kind got right and wrong."""
    return {kind: simulation.simulate(AS_MEASURED, kind, STUDIES, (0,)) for kind in KINDS}


def test_equal_arms_are_seldom_told_apart(by_kind: dict[str, Shares]) -> None:
    """About 3 % of the studies have a false verdict after 30 seeds; 12 % of 60 would be a fluke or a mistake."""
    assert share(by_kind["equal"]["false verdict by 30 seeds"]).share < 0.12


def test_arms_the_margin_apart_are_seldom_called_tied(by_kind: dict[str, Shares]) -> None:
    """About 4 % of the studies call any of four so."""
    assert share(by_kind["margin"]["false tie"]).share < 0.12


def test_false_verdicts_only_grow_with_the_looks(by_kind: dict[str, Shares]) -> None:
    """A verdict that was given at an earlier look is there at the later ones."""
    by_look = np.array([by_kind["equal"][f"false verdict by {n} seeds"] for n in LOOKS])

    assert (np.diff(by_look, axis=0) >= 0).all()


def test_right_answers_come_with_seeds(by_kind: dict[str, Shares]) -> None:
    """Thirty seeds answer at least nine in ten questions of unlike arms, five less than half."""
    of = by_kind["unlike"]

    assert share(of["right answers, 5 seeds"]).share < 0.5
    assert share(of["right answers, 30 seeds"]).share > 0.85


@pytest.mark.parametrize("of", ["a difference", "an arm"])
def test_intervals_hold_the_truth(by_kind: dict[str, Shares], of: str) -> None:
    """About 95 % do: 91 to 99 % of the intervals of 60 studies."""
    assert share(by_kind["equal"][f"interval of {of}"]).share == pytest.approx(0.95, abs=0.04)


def test_outcome_of_a_study_without_any_difference() -> None:
    """Five arms with the same answers have no false verdict at any look."""
    levels = AS_MEASURED.levels(np.zeros(5))
    one = AS_MEASURED.draw(np.random.default_rng(0), levels, 1, LOOKS[-1])[0, 0]

    rates = outcome("equal", [one] * 5, np.full(5, AS_MEASURED.accuracy))

    assert {rates[f"false verdict by {n} seeds"] for n in LOOKS} == {0.0}


def looked(kind: str) -> list[Looks | None]:
    """Return the looks at the arms of one study."""
    levels = AS_MEASURED.levels(np.array(KINDS[kind]))
    arms = AS_MEASURED.draw(np.random.default_rng(1), levels, 1, LOOKS[-1])[0]
    return [look_at(arm, arms[0], 0.01) for arm in arms[1:]]


def test_seeds_until_the_answer_count_the_baselines_too() -> None:
    """An arm that is far off costs five trials, and its baseline as many as the longest comparison."""
    (*_, far) = looked("unlike")

    given, trials = until_answered([far])

    assert (given, trials) == (["worse"], 10)


def test_seeds_until_the_answer_end() -> None:
    """Nothing costs more than thirty seeds in each of five arms."""
    given, trials = until_answered(looked("equal"))

    assert len(given) == 4
    assert 5 * LOOKS[0] < trials <= 5 * LOOKS[-1]


def test_same_seed_draws_the_same_studies() -> None:
    """A run can be repeated."""
    assert simulation.simulate(AS_MEASURED, "equal", 3, (5,)) == simulation.simulate(AS_MEASURED, "equal", 3, (5,))


def test_populations_differ_in_name() -> None:
    """A row of the table belongs to one population, and what is not promised is one of them."""
    names = [population.name for population in POPULATIONS]

    assert len(set(names)) == len(names)
    assert set(names) >= NOT_PROMISED


def test_share_has_a_binomial_standard_error() -> None:
    """The standard error of a share of yes and no is the root of p (1 - p) / n."""
    assert share([1.0, 0.0, 0.0, 0.0]) == pytest.approx((0.25, (0.25 * 0.75 / 4) ** 0.5, 4))


def test_broken_promises_are_named() -> None:
    """A share out of bounds is reported with its population, its value and its bounds."""
    assert broken_promises({"97 %": BROKEN}) == ["97 %: false tie is 20.0 %, promised 0 to 6 %"]


def test_kept_promises_are_not() -> None:
    """Shares within their bounds are no news."""
    assert broken_promises({"97 %": KEPT}) == []


def test_promises_that_are_not_made_are_not_broken() -> None:
    """Where a limit is stated in place of a promise, nothing is reported."""
    assert broken_promises({"skewed": BROKEN}) == []


def test_every_promise_is_measured(by_kind: dict[str, Shares]) -> None:
    """No promise is kept for want of a number of that name."""
    measured = {name for of in by_kind.values() for name in of}

    assert set(PROMISES) <= measured


def test_table_has_promises_beside_shares() -> None:
    """A row has the promise and, a population, the share with its standard error."""
    text = table({"97 %": BROKEN})

    assert "0 to 6" in text
    assert "20.0 ± 1.0" in text


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
    """A run over processes holds the very studies that `simulate` makes alone, and compares designs besides."""
    monkeypatch.setattr(simulation, "POPULATIONS", POPULATIONS[:1])

    shares = simulation.simulate_all(studies=2, seed=4, processes=1)["90 %"]

    alone = simulation.simulate(POPULATIONS[0], "margin", 2, (4, 0, 1))
    assert shares["false tie"] == share(alone["false tie"])
    assert shares["trials, of a fixed number"].share > 0
