"""The speed phase of a study: its arms take turns, slice by slice, in this process and alone; one record is made."""

import math
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, cast

from bench.harness.data.dataset import Dataset
from bench.harness.machine.clock import use_device
from bench.harness.machine.device import apply
from bench.harness.machine.environment import environment
from bench.harness.machine.neighbours import Usage
from bench.harness.machine.turns import Turn, guarded_turns
from bench.harness.records.key import content_hash
from bench.harness.records.parts import Environment, ExecutionFacts
from bench.harness.records.speed import SPEED_SCHEMA, ArmSpeed, SpeedRecord, TurnUsage
from bench.harness.speed.subject import BATCHES, Budget, Subject, Timing
from bench.harness.study.planned import Planned
from bench.harness.training.trial_record import full_definition

BUDGETS: Mapping[str, Budget] = {"smoke": Budget(turns=6, seconds=0.01, least_steps=1, tried_seconds=0.01)}
TORCH_LRN = {"lrn_implementation": "torch"}  # computes the same
PHASE_SECONDS = 45.0  # of turns that are wanted: slow nets take fewer, but not below LEAST_TURNS
LEAST_TURNS = 9
BUILT_SECONDS = 0.5  # to build a net and warm it up, for the expectation alone
TRIED = 5  # slices for each number of threads, likewise

ArmTurn = Turn[str, Timing]
TurnEnded = Callable[[int, int], None]  # turns taken, turns wanted


def budget_of(protocol: str) -> Budget:
    """Return how much is measured under a protocol."""
    return BUDGETS.get(protocol, Budget())


def expected_seconds(arms: Sequence[Planned], dataset: Dataset, thread_counts: Sequence[int]) -> float:
    """Return about how long the phase of these arms takes on a quiet machine.

    Args:
        arms: one trial of each arm, all of one study, with the time that training each is expected to take.
        dataset: the images that they are trained on.
        thread_counts: numbers of CPU threads that are tried.
    """
    if not arms:
        return 0.0
    budget, turn, prepared = budget_of(arms[0].trial.protocol), 0.0, 0.0
    for arm in arms:
        recipe = arm.trial.recipe
        images = len(dataset.split(recipe.first_image, recipe.train_images).train)
        step = arm.expected_seconds / (recipe.epochs * math.ceil(images / recipe.batch_size))
        seconds = (2 if _has_lrn(arm) else 1) * budget.slice_seconds(step, recipe.batch_size)
        turn += seconds
        prepared += BUILT_SECONDS + TRIED * len(thread_counts) * seconds
    return prepared + turn + _fitting_turns(turn, budget.turns) * turn


def phase_key(arms: Sequence[Planned], data_sha256: str, thread_counts: Sequence[int], where: Mapping[str, Any]) -> str:
    """Return the hash of what decides the speeds: the arms, how they are run, the machine and its software.

    Args:
        arms: one trial of each.
        data_sha256: hash of the data set.
        thread_counts: numbers of CPU threads that are tried.
        where: the machine's environment.
    """
    first = arms[0]
    return content_hash(
        {
            "study": first.trial.study,
            "protocol": first.trial.protocol,
            "arms": [[arm.trial.arm, arm.trial.definition(), asdict(arm.execution)] for arm in arms],
            "data": data_sha256,
            "machine": [where["hardware"], where["cores"], where["torch"]],
            "threads": list(thread_counts),
        }
    )


def run_phase(
    arms: Sequence[Planned], dataset: Dataset, *, threads: Sequence[int], before: Usage, turn_ended: TurnEnded
) -> SpeedRecord:
    """Measure a study's arms in turns.

    Args:
        arms: one trial of each arm, all of one study.
        dataset: the images that they are trained on.
        threads: numbers of CPU threads of which each loop takes the fastest.
        before: who used the machine while this process rested.
        turn_ended: told after each turn how many there have been, and how many are wanted.
    """
    first, started = arms[0], datetime.now(UTC)
    apply(first.execution)
    use_device(first.execution.torch_device)
    budget = budget_of(first.trial.protocol)
    turns, subjects = _measure(arms, dataset, threads, budget, turn_ended)
    where = environment(first.execution.device)
    return SpeedRecord(
        schema=SPEED_SCHEMA,
        phase_id=uuid.uuid4().hex,
        key=phase_key(arms, dataset.sha256, threads, where),
        study=first.trial.study,
        protocol=first.trial.protocol,
        dataset=first.trial.dataset,
        data_sha256=dataset.sha256,
        device=first.execution.device,
        deterministic=first.execution.deterministic,
        started=started.isoformat(timespec="seconds"),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        other_cores_before=before.other_cores,
        turns=[_turn_usage(turn.usage) for turn in turns],
        slice_seconds=budget.seconds,
        arms=[_arm_speed(subjects[arm.trial.arm], turns) for arm in arms],
        environment=cast("Environment", where),
    )


def _measure(
    arms: Sequence[Planned], dataset: Dataset, threads: Sequence[int], budget: Budget, turn_ended: TurnEnded
) -> tuple[list[ArmTurn], dict[str, Subject]]:
    """Return the turns that are kept, and the subjects of all arms by name."""
    counts = threads if arms[0].execution.device == "cpu" else [arms[0].execution.threads]
    subjects = {arm.trial.arm: Subject(arm, dataset, counts, budget) for arm in arms}
    measurements = {name: subject.measure for name, subject in subjects.items()}
    for arm in filter(_has_lrn, arms):
        with_torch = Subject(arm, dataset, counts, budget, TORCH_LRN)
        measurements[_torch_lrn(arm.trial.arm)] = with_torch.measure_training
    wanted = _turns_in_time(measurements, budget.turns)
    turns = guarded_turns(measurements, wanted, turn_ended=lambda taken: turn_ended(taken, wanted))
    return turns, subjects


def _turns_in_time(measurements: Mapping[str, Callable[[], Timing]], most: int) -> int:
    """Return how many turns fit into a phase, from one that is not kept: the fewest that tell are always taken."""
    start = time.perf_counter()
    for measure in measurements.values():
        measure()
    return _fitting_turns(time.perf_counter() - start, most)


def _fitting_turns(seconds: float, most: int) -> int:
    """Return how many turns of so many seconds are taken."""
    return min(most, max(LEAST_TURNS, int(PHASE_SECONDS / seconds)))


def _has_lrn(arm: Planned) -> bool:
    options = arm.trial.options
    return "lrn_implementation" in options and options.get("normalisation") == "lrn"


def _torch_lrn(arm: str) -> str:
    return f"{arm} with torch's LRN"


def _turn_usage(usage: Usage) -> TurnUsage:
    return cast("TurnUsage", {**usage._asdict(), "disturbance": usage.cause})


def _arm_speed(subject: Subject, turns: Sequence[ArmTurn]) -> ArmSpeed:
    planned = subject.planned
    name = planned.trial.arm
    timings = [turn.values[name] for turn in turns]
    answers = {size: [one.us_per_image[size] for one in timings] for size in BATCHES}
    with_torch = [turn.values[_torch_lrn(name)].images_per_second for turn in turns if _torch_lrn(name) in turn.values]
    execution: dict[str, Any] = {**planned.execution.as_dict(), "compiled": subject.compiled}
    return ArmSpeed(
        arm=name,
        definition=full_definition(planned.trial),
        execution=cast("ExecutionFacts", execution),
        threads=subject.threads,
        images_per_epoch=subject.images_per_epoch,
        seconds_per_step=[one.seconds_per_step for one in timings],
        train_images_per_second=[one.images_per_second for one in timings],
        inference_us_per_image_batch_1=answers[1],
        inference_us_per_image_batch_256=answers[256],
        torch_lrn_images_per_second=with_torch or None,
    )
