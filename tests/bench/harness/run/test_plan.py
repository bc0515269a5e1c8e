"""Tests of bench.harness.run.plan."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.harness.machine.device import Execution
from bench.harness.number_format import duration
from bench.harness.records.parts import CHOSEN_ON
from bench.harness.records.record import Record
from bench.harness.records.store import StoreError
from bench.harness.run.plan import Plan, arm_by_arm, expect_seconds, seed_by_seed
from bench.harness.study import learning_rates
from bench.harness.study.planned import Planned
from bench.harness.study.recipe import Recipe
from bench.harness.study.trial import Trial
from bench.harness.training.costs import Costs

MakeRecord = Callable[..., Record]
COSTS = Costs(parameters=1_000_000, mflops_per_image=2.0, activations_per_image=10_000)


@pytest.fixture(autouse=True)
def no_choices(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let no learning rate be chosen."""
    monkeypatch.setattr(learning_rates, "CHOSEN_RATES", tmp_path)


@pytest.fixture
def trial(make_record: MakeRecord) -> Trial:
    """Return a trial of four epochs of the arm that `make_record` records."""
    return Trial(
        study="norm",
        arm="base",
        seed=0,
        protocol="quick",
        dataset="mnist-5k",
        architecture="lenet5",
        options={},
        recipe=Recipe(epochs=4, learning_rate=0.1),
        context=make_record().context,
        reduced=False,
        learning_rate_from="the recipe",
    )


def planned(trial: Trial, seconds: float, record: Record | None = None) -> Planned:
    """Return a trial of a plan."""
    key = f"{trial.arm} {trial.seed} {seconds}"
    sizes = {"parameters": COSTS.parameters, "expected_seconds": seconds}
    return Planned(trial=trial, execution=Execution("cpu", threads=1), key=key, record=record, **sizes)  # type: ignore[arg-type]  # a whole and a real number


def test_seeds_come_one_after_the_other(trial: Trial) -> None:
    """All arms of a seed, in their order, before the next seed in the order asked for."""
    trials = [planned(replace(trial, arm=arm, seed=seed), 1) for arm in ("b", "a") for seed in (3, 1)]
    ordered = [(one.trial.seed, one.trial.arm) for one in seed_by_seed(trials)]

    assert ordered == [(3, "b"), (3, "a"), (1, "b"), (1, "a")]


def test_of_one_seed_the_longest_come_first(trial: Trial) -> None:
    """Workers that wait at the end wait for the shortest; the seeds keep their order."""
    seconds = {"a": 1.0, "b": 3.0, "c": 2.0}
    trials = [planned(replace(trial, arm=arm, seed=seed), seconds[arm]) for seed in (0, 1) for arm in seconds]
    ordered = [(one.trial.seed, one.trial.arm) for one in seed_by_seed(trials)]

    assert ordered == [(0, "b"), (0, "c"), (0, "a"), (1, "b"), (1, "c"), (1, "a")]


def test_arms_come_one_after_the_other(trial: Trial) -> None:
    """All seeds of an arm before the next arm: what one program trains stands together."""
    trials = [planned(replace(trial, arm=arm, seed=seed), 1) for seed in (3, 1) for arm in ("b", "a")]
    ordered = [[(one.trial.arm, one.trial.seed) for one in seeds] for seeds in arm_by_arm(trials)]

    assert ordered == [[("b", 3), ("b", 1)], [("a", 3), ("a", 1)]]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (200, "3 min 20 s"),
        (3599.6, "1 h 00 min"),
        (7500, "2 h 05 min"),
        (100_000, "27 h 46 min"),
    ],
)
def test_a_duration_has_two_units(seconds: float, words: str) -> None:
    """Also where rounding carries over into the next unit."""
    assert duration(seconds) == words


def test_an_arm_is_expected_to_take_what_it_took(trial: Trial, make_record: MakeRecord) -> None:
    """The mean of its records: epochs, evaluation and warm-up."""
    records = [make_record("base", seed=0), make_record("base", seed=10)]

    assert expect_seconds(trial, COSTS, 100, records) == pytest.approx(4 * (1.0 + 2.0) / 2 + 0.2 + 0.1)


def test_without_records_it_is_what_tuning_took(trial: Trial) -> None:
    """Images of all epochs at the rate when its learning rate was chosen, and a little for evaluation."""
    path = learning_rates.path_of("norm", "quick", "base")
    path.parent.mkdir(parents=True)
    choice = {
        "learning_rate": 0.1,
        "kept": [0.1],
        "subject": "",
        "code": "",
        "tried": [],
        "train_images_per_second": 50.0,
    }
    path.write_text(json.dumps({**choice, "train_images_per_second": 50.0}), encoding="utf-8")

    assert expect_seconds(trial, COSTS, 100, []) == pytest.approx(1.1 * 400 / 50)


def test_a_rate_tuned_on_other_data_says_nothing(trial: Trial) -> None:
    """Images of another size take another time: there it follows from the operations."""
    tuned = {"learning_rate": 0.1, "kept": [0.1], "subject": "", "code": "", "tried": []}
    path = learning_rates.path_of("norm", "quick", "base")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({**tuned, "train_images_per_second": 50.0}), encoding="utf-8")
    elsewhere = replace(trial, learning_rate_from=f"base.json{CHOSEN_ON}mnist-5k")

    assert expect_seconds(elsewhere, COSTS, 100, []) == pytest.approx(1 + 3 * 400 * 2e6 / 20e9)


def test_without_either_it_follows_from_the_operations(trial: Trial) -> None:
    """Ten times the images or the operations take about ten times as long."""
    once, more = (expect_seconds(trial, COSTS, images, []) for images in (10_000, 100_000))
    larger = expect_seconds(trial, replace_mflops(20.0), 10_000, [])

    assert more - 1 == pytest.approx(10 * (once - 1)) == pytest.approx(larger - 1)


def test_a_gpu_is_expected_to_be_faster(trial: Trial) -> None:
    """With the CPU's pace a plan of days would keep every trial from beginning."""
    slow, fast = (expect_seconds(trial, COSTS, 100_000, [], device) for device in ("cpu", "cuda"))

    assert slow - 1 > 50 * (fast - 1)


def replace_mflops(mflops: float) -> Costs:
    """Return the costs of a net with other operations."""
    return COSTS._replace(mflops_per_image=mflops)


def test_only_trials_without_a_record_are_trained(trial: Trial, make_record: MakeRecord) -> None:
    """The others are restored, and take no time."""
    plan = Plan([planned(trial, 10, make_record()), planned(trial, 20), planned(trial, 30)])

    assert [planned.expected_seconds for planned in plan.to_train] == [20, 30]
    assert plan.seconds_left() == 50


def test_expectations_follow_the_time_spent(trial: Trial) -> None:
    """On a machine that is twice as slow, all that is left takes twice as long."""
    first, second = planned(trial, 10), planned(trial, 30)
    plan = Plan([first, second])
    plan.trial_ended(first, seconds=20)

    assert plan.expected_seconds(second) == 60


def test_expectations_follow_all_trials_so_far(trial: Trial) -> None:
    """One odd trial does not decide."""
    plan = Plan([planned(trial, 10)])
    plan.trial_ended(planned(trial, 10), seconds=30)
    plan.trial_ended(planned(trial, 30), seconds=10)

    assert plan.expected_seconds(plan.trials[0]) == 10


def test_the_time_left_counts_down_within_a_trial(trial: Trial) -> None:
    """After one of four epochs a quarter of it is over."""
    plan = Plan([planned(trial, 40), planned(replace(trial, seed=1), 60)])
    plan.epoch_ended(plan.trials[0], epochs=1)

    assert plan.seconds_left() == 30 + 60


def test_a_disk_too_small_for_the_checkpoints_is_refused(
    trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the room that there is and the room that is needed."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=3e6))

    with pytest.raises(StoreError, match="has 3 MB free; the checkpoints of this run need 4 MB"):
        Plan([planned(trial, 10)]).check_disk(tmp_path)


def test_the_plan_says_what_there_is_to_do(trial: Trial, make_record: MakeRecord) -> None:
    """Studies, arms, trials; restored or trained; time and disk."""
    other = replace(trial, arm="wide")
    plan = Plan([planned(trial, 10, make_record()), planned(other, 100), planned(replace(other, seed=1), 100)])

    assert plan.describe("quick protocol") == [
        "plan: quick protocol",
        "plan: 1 study, 2 arms, 3 trials: 1 restored, 2 to train, about 3 min 20 s, 8 MB on disk",
    ]
