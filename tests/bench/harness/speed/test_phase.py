"""Tests of bench.harness.speed.phase: one record of a study's arms in turns."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from bench.harness.data.catalogue import source
from bench.harness.data.load import load
from bench.harness.machine.device import Execution
from bench.harness.machine.environment import environment
from bench.harness.machine.neighbours import Usage
from bench.harness.records.speed import SpeedRecord
from bench.harness.speed.phase import LEAST_TURNS, budget_of, expected_seconds, phase_key, run_phase
from bench.harness.speed.subject import Budget
from bench.harness.study.discovery import load_studies
from bench.harness.study.planned import Planned, settle
from bench.harness.study.trial import resolve

ARMS = ("none", "lrn-5")
HERE = environment("cpu")
BEFORE = Usage(
    seconds=1.0, own_cores=0.0, other_cores=0.25, stolen_cores=0.0, throttled=0.0, runnable=1, mhz=None, cores=2
)


@pytest.fixture(scope="module")
def arms() -> list[Planned]:
    """Return a trial of a net without LRN and of one with it."""
    study, data = load_studies("normalisation")[0], source("mnist-5k")
    trials = [resolve(study, "smoke", arm, 0, data, own_data=True) for arm in ARMS]
    return [settle(trial, Execution("cpu", threads=1), "") for trial in trials]


@pytest.fixture(scope="module")
def told() -> list[tuple[int, int]]:
    """Return what the phase below tells after each turn."""
    return []


@pytest.fixture(scope="module")
def phase(arms: list[Planned], told: list[tuple[int, int]]) -> Iterator[SpeedRecord]:
    """Return the record of a phase."""
    count = torch.get_num_threads()
    yield run_phase(arms, load("mnist-5k"), threads=[1], before=BEFORE, turn_ended=lambda *turn: told.append(turn))
    torch.set_num_threads(count)


def test_every_arm_took_every_turn(phase: SpeedRecord) -> None:
    """Training and both batch sizes of inference in each: whichever turns are kept, none is without a value."""
    turns = len(phase.turns)

    assert turns >= budget_of("smoke").turns
    assert [arm["arm"] for arm in phase.arms] == list(ARMS)
    for arm in phase.arms:
        assert len(arm["seconds_per_step"]) == len(arm["train_images_per_second"]) == turns
        assert len(arm["inference_us_per_image_batch_1"]) == len(arm["inference_us_per_image_batch_256"]) == turns


def test_torchs_lrn_took_them_too(phase: SpeedRecord) -> None:
    """For the net that has LRN."""
    without, with_lrn = phase.arms

    assert without["torch_lrn_images_per_second"] is None
    assert len(with_lrn["torch_lrn_images_per_second"] or ()) == len(phase.turns)


def test_the_record_says_under_which_conditions(phase: SpeedRecord) -> None:
    """The load before, threads, the machine, and the very definition that its trials' records have."""
    assert phase.other_cores_before == 0.25
    assert [arm["threads"]["training"] for arm in phase.arms] == [1, 1]
    assert phase.environment["hardware"]
    assert phase.arms[0]["definition"]["learning_rate_from"]
    assert phase.arms[0]["images_per_epoch"] == 320


def test_turns_are_told_as_they_are_taken(phase: SpeedRecord, told: list[tuple[int, int]]) -> None:
    """With how many are wanted."""
    wanted = budget_of("smoke").turns

    assert told[:2] == [(1, wanted), (2, wanted)]
    assert len(told) >= len(phase.turns)


def test_the_key_follows_from_arms_and_machine(arms: list[Planned], phase: SpeedRecord) -> None:
    """Another arm, another way to run it, other data or other numbers of threads to try is another phase."""
    other = replace(arms[0], execution=replace(arms[0].execution, memory_format="contiguous"))
    data = load("mnist-5k").sha256
    keys = [
        phase_key(arms, data, [1], HERE),
        phase_key(arms[:1], data, [1], HERE),
        phase_key([other, arms[1]], data, [1], HERE),
        phase_key(arms, "", [1], HERE),
        phase_key(arms, data, [1, 2], HERE),
        phase_key(arms, data, [1], {**HERE, "hardware": "another"}),
    ]

    assert phase.key == keys[0]
    assert len(set(keys)) == 6


def test_an_expectation_grows_with_the_arms_and_the_threads_to_try(arms: list[Planned]) -> None:
    """None takes no time."""
    data = load("mnist-5k")
    few, more = expected_seconds(arms[:1], data, [1]), expected_seconds(arms, data, [1])

    assert expected_seconds([], data, [1]) == 0 < few < more < expected_seconds(arms, data, [1, 2])


def test_the_expectation_for_a_slow_net_is_that_of_its_steps(arms: list[Planned]) -> None:
    """One whose step takes a second cannot take a turn in less, and takes the fewest turns that tell."""
    data, recipe = load("mnist-5k"), arms[0].trial.recipe
    steps = recipe.epochs * -(-(recipe.train_images or 0) // recipe.batch_size)
    quick = replace(arms[0], trial=replace(arms[0].trial, protocol="quick"), expected_seconds=float(steps))

    assert expected_seconds([quick], data, [1]) > LEAST_TURNS * Budget().least_steps * 1.0


def test_a_phase_takes_about_as_long_as_expected(arms: list[Planned], phase: SpeedRecord) -> None:
    """Within a factor of ten: its own turns, from the times of its own steps."""
    recipe = arms[0].trial.recipe
    steps = recipe.epochs * -(-(recipe.train_images or 0) // recipe.batch_size)
    measured = [
        replace(arm, expected_seconds=steps * speed["seconds_per_step"][0])
        for arm, speed in zip(arms, phase.arms, strict=True)
    ]
    expected, took = expected_seconds(measured, load("mnist-5k"), [1]), sum(turn["seconds"] for turn in phase.turns)

    assert took / 10 < expected < took * 10
