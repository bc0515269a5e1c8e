"""Tests of the speeds in results: one phase's, of the arms as they are defined, and never of two sessions."""

import math
from typing import cast

import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.results import ArmResult, StudyResult
from bench.harness.records.parts import Definition
from bench.harness.records.record import Record
from bench.harness.stats.turns import turn_median, turn_ratio
from tests.bench.conftest import MakePhase, MakeRecord, rate_in_turns

BOTH = {"base": 1000.0, "other": 800.0}


@pytest.fixture
def trials(make_record: MakeRecord) -> list[Record]:
    """Return two trials of each of two arms."""
    return [make_record(arm, seed, order=order) for order, arm in enumerate(BOTH) for seed in range(2)]


def arms_of(result: StudyResult) -> dict[str, ArmResult]:
    """Return a study's arms by name."""
    return {arm.name: arm for arm in result.arms}


def ratio(result: StudyResult, arm: str = "other") -> tuple[float, float | None, float | None] | None:
    """Return an arm's speed relative to its baseline's."""
    (row,) = (row for row in result.comparisons[0].rows if row.arm.name == arm)
    return row.speed


def test_an_arm_has_the_medians_of_its_turns(trials: list[Record], make_phase: MakePhase) -> None:
    """With the seconds of an epoch that follow, the threads, and what disturbed which turns."""
    phase = make_phase(BOTH, disturbed=2)
    (result,) = analyse(trials, [phase])

    speed = arms_of(result)["other"].speed

    assert result.phase is phase
    assert speed is not None
    assert speed.train_images_per_second == turn_median(rate_in_turns(800.0, 12, 1))
    assert speed.seconds_per_epoch.median == pytest.approx(4000 / 800)
    assert (speed.turns, speed.disturbed) == (12, ("other programs used 1.5 cores",) * 2)
    assert speed.threads == {"training": 2, "batch_1": 1, "batch_256": 2}
    assert speed.inference_us_per_image_batch_1.n == 6
    assert speed.inference_us_per_image_batch_1.median == pytest.approx(300)


def test_speeds_are_compared_turn_by_turn(trials: list[Record], make_phase: MakePhase) -> None:
    """A drift that both share does not widen the ratio's interval, however wide those of the speeds are."""
    base = [1000.0, 300.0, 2000.0, 500.0] * 3
    (result,) = analyse(trials, [make_phase({"base": base, "other": [0.8 * rate for rate in base]})])

    assert ratio(result) == pytest.approx((0.8, 0.8, 0.8))
    assert ratio(result, "base") is None


def test_without_a_phase_there_is_no_speed(trials: list[Record]) -> None:
    """Not even though trials know their own pace: they ran beside others."""
    (result,) = analyse(trials)

    assert (result.phase, arms_of(result)["other"].speed, ratio(result)) == (None, None, None)


def test_an_arm_that_was_redefined_has_no_speed(
    trials: list[Record], make_record: MakeRecord, make_phase: MakePhase
) -> None:
    """Its new trials are another net's or another recipe's; the others keep their speeds."""
    new = [make_record("other", seed, definition={"arm": "other", "options": {"width": 2}}) for seed in range(2)]

    (result,) = analyse([*trials, *new], [make_phase(BOTH)])

    arms = arms_of(result)
    assert (arms["base"].speed is None, arms["other"].speed, ratio(result)) == (False, None, None)


def test_an_arm_re_timed_elsewhere_changes_no_ratio(
    trials: list[Record], make_record: MakeRecord, make_phase: MakePhase
) -> None:
    """An arm that is trained again and measured alone, beside a neighbour that takes half of the machine.

    Its new speed is never set beside the baseline's of the earlier session: the ratio is that of the phase with both.
    """
    before = analyse(trials, [make_phase(BOTH)])[0]
    again = [make_record("other", seed, train_images_per_second=400.0, record_id=f"again {seed}") for seed in range(2)]
    loaded = make_phase({"other": 400.0}, disturbed=12, finished="2026-02-01T00:00:00+00:00")

    (after,) = analyse([*trials, *again], [make_phase(BOTH), loaded])

    assert [record.record_id for record in arms_of(after)["other"].records] == ["again 0", "again 1"]
    assert ratio(after) == ratio(before) == pytest.approx((0.8, 0.8 * math.exp(-0.01), 0.8 * math.exp(0.01)))
    assert arms_of(after)["other"].speed == arms_of(before)["other"].speed


def test_an_arm_redefined_and_re_timed_alone_has_no_ratio(
    trials: list[Record], make_record: MakeRecord, make_phase: MakePhase
) -> None:
    """Base is in one phase and the new arm in another: of the two only the newer stands, and gives no ratio."""
    definition = cast("Definition", {"arm": "other", "options": {"width": 2}})
    new = [make_record("other", seed, definition=definition) for seed in range(2)]
    alone = make_phase({"other": 400.0}, definitions={"other": definition}, finished="2026-02-01T00:00:00+00:00")

    (result,) = analyse([*trials, *new], [make_phase(BOTH), alone])

    arms = arms_of(result)
    assert result.phase is alone
    assert (arms["base"].speed, arms["other"].speed is None, ratio(result)) == (None, False, None)


def test_both_re_timed_together_have_the_new_ratio(trials: list[Record], make_phase: MakePhase) -> None:
    """Load on the machine makes both slower, and their ratio is still one of the same turns."""
    under_load = make_phase({"base": 500.0, "other": 450.0}, finished="2026-02-01T00:00:00+00:00")

    (result,) = analyse(trials, [make_phase(BOTH), under_load])

    expected = turn_ratio(rate_in_turns(450.0, 12, 1), rate_in_turns(500.0, 12, 0))
    assert result.phase is under_load
    assert ratio(result) == expected[1:]


@pytest.mark.parametrize(
    "changes", [{"environment": {"hardware": "Other CPU"}}, {"environment": {"torch": "2.13.0"}}, {"device": "cuda"}]
)
def test_a_phase_of_another_machine_is_not_these_trials(
    trials: list[Record], make_phase: MakePhase, changes: dict[str, object]
) -> None:
    """Accuracy and speed of a row are of the same hardware, device and version."""
    (result,) = analyse(trials, [make_phase(BOTH, **changes)])

    assert result.phase is None


def test_each_setting_has_its_own_phase(trials: list[Record], make_record: MakeRecord, make_phase: MakePhase) -> None:
    """Results of two versions of torch stand beside each other, each with its speeds."""
    old = [make_record(arm, 0, environment={"torch": "2.13.0"}, finished="2025-01-01T00:00:00+00:00") for arm in BOTH]
    phases = [make_phase({"base": 1000.0, "other": 500.0}, environment={"torch": "2.13.0"}), make_phase(BOTH)]

    newer, older = (ratio(result) for result in analyse([*old, *trials], phases))

    assert newer is not None
    assert older is not None
    assert [newer[0], older[0]] == pytest.approx([0.8, 0.5])


def test_torchs_lrn_is_compared_in_the_same_turns(trials: list[Record], make_phase: MakePhase) -> None:
    """A factor that all turns share cancels; an arm without LRN has no such ratio."""
    with_lrn, without = (
        arms_of(analyse(trials, [make_phase(BOTH, torch_lrn=torch_lrn)])[0])["other"].speed for torch_lrn in (0.5, None)
    )

    assert with_lrn is not None
    assert without is not None
    assert with_lrn.torch_lrn == pytest.approx((12, 0.5, 0.5, 0.5))
    assert without.torch_lrn is None


def test_time_to_a_target_is_epochs_at_the_phases_pace(make_record: MakeRecord, make_phase: MakePhase) -> None:
    """Three and two epochs of 4 s, whatever else ran beside the trials; a seed that never arrived is censored."""
    context = {"target_training_error": 0.1}
    reached = [3, 2, None]
    trials = [make_record("base", seed, epochs_to_target=epoch, context=context) for seed, epoch in enumerate(reached)]

    time = analyse(trials, [make_phase({"base": 1000.0})])[0].arms[0].seconds_to_target

    assert time is not None
    assert (time.n, time.never, time.slowest) == (3, 1, None)
    assert (time.median, time.fastest, time.at_least) == pytest.approx((12, 8, 12))
