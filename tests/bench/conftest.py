"""Synthetic records and speeds, so that tables, figures and reports are tested without training anything."""

import hashlib
import math
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest

from bench.harness.records.answers import pack_bits, pack_mistakes
from bench.harness.records.parts import Curves, Definition, Environment, ExecutionFacts, RecipeFacts
from bench.harness.records.record import SCHEMA, Record
from bench.harness.records.setting import latest, setting_of
from bench.harness.records.speed import SPEED_SCHEMA, ArmSpeed, SpeedRecord, TurnUsage

MakeRecord = Callable[..., Record]
MakePhase = Callable[..., SpeedRecord]
CLASSES = 10
EPOCHS = 4
ENVIRONMENT: Environment = {
    "hardware": "Test CPU",
    "cores": 2,
    "memory_gib": 8.0,
    "os": "Linux 6.1",
    "python": "3.11.7",
    "torch": "2.14.1",
    "torchvision": "0.29.1",
    "numpy": "2.4.6",
    "commit": "0123456789abcdef0123456789abcdef01234567",
}
EXECUTION: ExecutionFacts = {
    "memory_format": "contiguous",
    "compiled": False,
    "fused_optimizer": False,
    "flush_denormal": False,
    "precision": "float32",
}
RECIPE: RecipeFacts = {"optimizer": "sgd", "learning_rate": 0.01, "momentum": 0.9, "batch_size": 64, "epochs": EPOCHS}
IMAGES_PER_EPOCH = 4000
DRIFT, SWING = 0.05, 0.01  # of the logarithm of a speed: what all arms share in a turn, and an arm's own


def labels_of(images: int) -> npt.NDArray[np.int64]:
    """Return the labels of the synthetic test set: 0 to 9 in turn, shape (images,)."""
    return np.arange(images) % CLASSES


def exactly(accuracy: float, images: int, key: str) -> npt.NDArray[np.bool_]:
    """Return bits of which round(accuracy * images) are true, at places that depend on `key` alone."""
    random = np.random.default_rng(zlib.crc32(key.encode()))
    return random.permutation(images) < round(accuracy * images)


def measured(correct: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Return the fields of a record that follow from which images were answered correctly.

    A wrong answer is always the class after the right one.
    """
    labels = labels_of(len(correct))
    answers = np.where(correct, labels, (labels + 1) % CLASSES)
    confusion = np.zeros((CLASSES, CLASSES), dtype=int)
    np.add.at(confusion, (labels, answers), 1)
    return {
        "test_accuracy": float(correct.mean()),
        "test_images": len(correct),
        "test_correct": pack_bits(correct),
        "test_mistakes": pack_mistakes(answers.astype(np.uint8), correct),
        "confusion": confusion.tolist(),
    }


def curves(accuracy: float, seed: int) -> Curves:
    """Return learning curves over EPOCHS epochs that end near `accuracy`."""
    steps = [epoch / EPOCHS for epoch in range(1, EPOCHS + 1)]
    return {
        "train_loss": [2.3 - 2 * accuracy * step + 0.01 * seed for step in steps],
        "train_error": [max(0.0, 1 - accuracy * step) for step in steps],
        "validation_accuracy": [accuracy * step for step in steps],
        "validation_loss": [2.4 - 2 * accuracy * step for step in steps],
        "epoch_seconds": [1.0 + 0.1 * seed] * EPOCHS,
    }


def definition_of(arm: str) -> Definition:
    """Return the definition that an arm has in synthetic records and phases."""
    return cast("Definition", {"recipe": RECIPE, "arm": arm})  # any key of a test's own


def a_record(
    arm: str = "base",
    seed: int = 0,
    *,
    accuracy: float = 0.9,
    images: int = 200,
    study: str = "norm",
    label: str | None = None,
    order: int = 0,
    comparisons: tuple[tuple[str, str], ...] = (("main", "base"),),
    context: dict[str, Any] | None = None,
    environment: dict[str, Any] | None = None,
    **changes: Any,  # noqa: ANN401 - any field of a record
) -> Record:
    """Return one record; `comparisons` are (name, baseline) pairs, `changes` replace any field."""
    record_id = hashlib.sha256(f"{study} {arm} {seed} {changes}".encode()).hexdigest()
    record = Record(
        schema=SCHEMA,
        record_id=record_id[:32],
        key=record_id,
        study=study,
        arm=arm,
        seed=seed,
        protocol="quick",
        architecture="lenet5",
        options={},
        dataset="mnist-5k",
        status="ok",
        validation_accuracy=accuracy,
        test_loss=0.3,
        alone=True,
        train_images_per_second=1000.0 + 10 * seed,
        parameters=61706,
        mflops_per_image=0.83,
        peak_memory_mb=100.0,
        epochs=EPOCHS,
        device="cpu",
        threads=2,
        deterministic=False,
        resumed=False,
        reduced=False,
        started=f"2026-01-01T00:{seed % 60:02d}:00+00:00",
        finished=f"2026-01-01T00:{seed % 60:02d}:30+00:00",
        context={
            "question": "Does normalisation help?",
            "held_fixed": "data, epochs and optimiser",
            "margin": 0.005,
            "label": label or arm,
            "order": order,
            "comparisons": [{"name": name, "title": f"{name} title", "baseline": base} for name, base in comparisons],
            "published": [],
            "target_training_error": None,
        },
        definition=definition_of(arm),
        curves=curves(accuracy, seed),
        epochs_to_target=None,
        warmup_seconds=0.1,
        evaluation_seconds=0.2,
        classes=[str(digit) for digit in range(CLASSES)],
        checkpoint=None,
        checkpoint_sha256=None,
        data_sha256="d" * 64,
        environment=cast("Environment", {**ENVIRONMENT, **(environment or {})}),
        execution=EXECUTION,
        **measured(exactly(accuracy, images, f"{study} {arm} {seed}")),
    )
    record.context.update(context or {})  # type: ignore[typeddict-item]  # tests change any part of it
    return replace(record, **changes)


def a_phase(
    arms: Mapping[str, float | Sequence[float]],
    *,
    turns: int = 12,
    disturbed: int = 0,
    study: str = "norm",
    definitions: Mapping[str, Definition] | None = None,
    torch_lrn: float | None = None,
    environment: Mapping[str, Any] | None = None,
    **changes: Any,  # noqa: ANN401 - any field of a phase
) -> SpeedRecord:
    """Return one speed phase of the trials that `a_record` gives.

    Args:
        arms: images/s in training by arm: one value a turn, or their median.
        turns: where an arm has but one value: that many are made of it, whose median it is.
        disturbed: so many turns, the first ones, were.
        study: name of the study.
        definitions: those of arms that have another one than in `a_record`.
        torch_lrn: ratio of the speed with torch's LRN to an arm's own.
        environment: values beside or in place of a record's.
        changes: replace any field.
    """
    rates = {
        name: rate_in_turns(speed, turns, place) if isinstance(speed, float | int) else list(speed)
        for place, (name, speed) in enumerate(arms.items())
    }
    kept = max(map(len, rates.values()), default=turns)
    key = hashlib.sha256(f"{study} {rates} {disturbed} {changes}".encode()).hexdigest()
    phase = SpeedRecord(
        schema=SPEED_SCHEMA,
        phase_id=key[:32],
        key=key,
        study=study,
        protocol="quick",
        dataset="mnist-5k",
        data_sha256="d" * 64,
        device="cpu",
        deterministic=False,
        started="2026-01-01T01:00:00+00:00",
        finished="2026-01-01T01:01:00+00:00",
        other_cores_before=0.0,
        turns=[a_turn(1.5 if turn < disturbed else 0.0) for turn in range(kept)],
        slice_seconds=0.03,
        arms=[_arm_speed(name, of_turns, definitions or {}, torch_lrn) for name, of_turns in rates.items()],
        environment=cast("Environment", {**ENVIRONMENT, **(environment or {})}),
    )
    return replace(phase, **changes)


def a_turn(other_cores: float = 0.0, **changes: Any) -> TurnUsage:  # noqa: ANN401 - any field of a turn
    """Return who used the machine in a turn; it was disturbed where other programs used any cores."""
    cause = f"other programs used {other_cores:.1f} cores" if other_cores else ""
    turn = TurnUsage(
        seconds=0.1,
        own_cores=2.0,
        other_cores=other_cores,
        stolen_cores=0.0,
        throttled=0.0,
        runnable=3,
        mhz=2500.0,
        cores=2,
        disturbance=cause,
    )
    return cast("TurnUsage", {**turn, **changes})


def rate_in_turns(median: float, turns: int, place: int = 0) -> list[float]:
    """Return speeds around a median: every second turn was slow for all arms, and each arm swings by itself.

    An arm in an odd place swings against one in an even place.
    """
    own = SWING * (-1) ** place
    return [median * math.exp(DRIFT * (-1) ** turn + own * (turn % 3 - 1)) for turn in range(turns)]


def _arm_speed(
    arm: str, rates: list[float], definitions: Mapping[str, Definition], torch_lrn: float | None
) -> ArmSpeed:
    return ArmSpeed(
        arm=arm,
        definition=definitions.get(arm, definition_of(arm)),
        execution=EXECUTION,
        threads={"training": 2, "batch_1": 1, "batch_256": 2},
        images_per_epoch=IMAGES_PER_EPOCH,
        seconds_per_step=[64 / rate for rate in rates],
        train_images_per_second=rates,
        inference_us_per_image_batch_1=[300.0 for _ in rates[0::2]],
        inference_us_per_image_batch_256=[20.0 for _ in rates[1::2]],
        torch_lrn_images_per_second=[torch_lrn * rate for rate in rates] if torch_lrn else None,
    )


def phases_of(records: Iterable[Record]) -> list[SpeedRecord]:
    """Return a phase for every study and setting of records; each arm has nine tenths of the speed of the one before.

    Tests of committed trials need speeds that do not depend on which phases are committed beside them.
    """
    groups: dict[Any, dict[str, Record]] = {}
    for record in latest(records):
        groups.setdefault((record.study, setting_of(record)), {})[record.arm] = record
    shared = ("study", "protocol", "dataset", "data_sha256", "device", "deterministic", "environment")
    return [
        a_phase(
            {name: 1000 * 0.9**place for place, name in enumerate(arms)},
            definitions={name: record.definition for name, record in arms.items()},
            **{field: getattr(next(iter(arms.values())), field) for field in shared},
        )
        for arms in groups.values()
    ]


@pytest.fixture(scope="session")
def make_phase() -> MakePhase:
    """Return the factory of synthetic speed phases, called as `make_phase({"base": 1000.0, "other": 800.0})`."""
    return a_phase


@pytest.fixture(scope="session")
def make_record() -> MakeRecord:
    """Return the factory of synthetic records, called as `make_record(arm, seed, accuracy=0.9, epochs=3)`."""
    return a_record
