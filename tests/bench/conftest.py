"""Synthetic records, so that tables, figures and reports are tested without training anything."""

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest

from bench.harness.records.answers import pack_bits, pack_classes
from bench.harness.records.parts import Curves, Definition, Environment, ExecutionFacts, RecipeFacts
from bench.harness.records.record import SCHEMA, Record

MakeRecord = Callable[..., Record]
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
        "test_predictions": pack_classes(answers.astype(np.uint8)),
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
        timed=True,
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
        definition=cast("Definition", {"recipe": RECIPE, "arm": arm}),  # any key of a test's own
        curves=curves(accuracy, seed),
        epochs_to_target=None,
        seconds_to_target=None,
        warmup_seconds=0.1,
        evaluation_seconds=0.2,
        inference_seconds=0.05,
        inference_us_per_image_batch_1=300.0,
        inference_us_per_image_batch_256=20.0,
        lrn_images_per_second=None,
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


@pytest.fixture(scope="session")
def make_record() -> MakeRecord:
    """Return the factory of synthetic records, called as `make_record(arm, seed, accuracy=0.9, epochs=3)`."""
    return a_record
