"""All that a trial measured: one JSON object, one line of records.jsonl.

The types below are the schema (version `SCHEMA`); docs/record.schema.json is made from them. Units are in the names;
accuracies and errors are fractions from 0 to 1; times are UTC in ISO 8601. A value that does not exist is null: no NaN
is ever written.
"""

import gc
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, NoReturn

from bench.harness.errors import UserError
from bench.harness.records.parts import Context, Curves, Definition, Environment, ExecutionFacts
from bench.harness.records.upgrade import upgraded
from bench.harness.validation import wrong_value

SCHEMA = 4
ID_LETTERS = 8  # of a record's id, enough to tell it from the others; `bench rerun` takes them


class RecordError(UserError):
    """A record, or a file of records, that cannot be trusted; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One trial.

    Attributes:
        schema: version of these fields.
        record_id: unique to this very run of the trial.
        key: hash of what defines the trial; of two records with one key the newer stands.
        study: name of the study.
        arm: name of the arm in its study.
        seed: number from which everything random of the trial comes.
        protocol: quick, published, full or smoke.
        architecture: registered name of the net.
        options: every option of the architecture, defaults included.
        dataset: name of the data set.
        status: `diverged` where the loss was not finite.
        test_accuracy: after the last epoch.
        validation_accuracy: after the last epoch; null without a validation split.
        test_loss: mean cross-entropy; null where it was not finite.
        alone: whether no other trial was trained beside it.
        train_images_per_second: the trial's own pace, mean over all epochs, beside whatever else was running: arms are
            compared by the speed phase alone. Null in older records of trials side by side.
        parameters: number of trained values in the net.
        mflops_per_image: cost of a forward pass, in 1e6 operations: a multiplication and an addition are two.
        peak_memory_mb: the most memory that the trial added, in 1e6 bytes; null where the system does not tell.
        epochs: passes over the training images.
        device: cpu, cuda or mps.
        threads: number of torch's threads.
        deterministic: whether torch was held to repeatable kernels.
        resumed: always false; a row of pytest-benchmark says whether its record was restored.
        reduced: whether fewer images, epochs or channels, or smaller images, were used than the protocol stands for.
        started: time in UTC, ISO 8601.
        finished: time in UTC, ISO 8601.
        context: the study's facts for tables.
        definition: the choices that make the trial.
        curves: one value per epoch.
        epochs_to_target: epochs until the training error fell to the study's target; null if it did not.
        warmup_seconds: before the first epoch: compiling, first passes.
        evaluation_seconds: time of validation and test.
        test_images: number of images in the test split.
        classes: names, in the order of the logits.
        test_correct: one bit per test image, zlib, base64.
        test_mistakes: one byte per wrong answer in the order of the images, the class or 255 where logits were not
            finite, zlib, base64.
        confusion: test images by true class (rows) and predicted class (columns).
        checkpoint: file with the weights, in the results folder.
        checkpoint_sha256: its hash.
        data_sha256: hash of the data set's images and labels.
        environment: hardware, system and versions.
        execution: the way the net was run.
    """

    schema: int
    record_id: str
    key: str
    study: str
    arm: str
    seed: int
    protocol: str
    architecture: str
    options: dict[str, Any]
    dataset: str
    status: Literal["ok", "diverged"]
    test_accuracy: float
    validation_accuracy: float | None
    test_loss: float | None
    alone: bool
    train_images_per_second: float | None
    parameters: int
    mflops_per_image: float
    peak_memory_mb: float | None
    epochs: int
    device: str
    threads: int
    deterministic: bool
    resumed: bool
    reduced: bool
    started: str
    finished: str
    context: Context
    definition: Definition
    curves: Curves
    epochs_to_target: int | None
    warmup_seconds: float
    evaluation_seconds: float
    test_images: int
    classes: list[str]
    test_correct: str
    test_mistakes: str
    confusion: list[list[int]]
    checkpoint: str | None
    checkpoint_sha256: str | None
    data_sha256: str
    environment: Environment
    execution: ExecutionFacts

    def to_json(self) -> str:
        """Return the record as one line of strict JSON.

        Raises:
            ValueError: a number is NaN or infinite.
        """
        return json.dumps(asdict(self), allow_nan=False, separators=(",", ":"))


FIELDS = tuple(field.name for field in fields(Record))
_FIELD_SET = frozenset(FIELDS)


def from_json(line: str) -> Record:
    """Return the record that a line holds.

    Raises:
        RecordError: the line is not a JSON object, holds NaN or an infinity, has another schema, lacks or adds a field,
            or has a value of another kind, however deep in it.
    """
    try:
        values = json.loads(line, parse_constant=_refuse, parse_float=_finite)
    except RecordError:
        raise
    except (ValueError, RecursionError) as error:  # also whole numbers of more digits than Python reads
        raise RecordError(f"not JSON ({error})") from error
    if not isinstance(values, dict):
        raise RecordError(f"a record is a JSON object, not {type(values).__name__}")
    try:
        values = upgraded(values)
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise RecordError(f"a record of schema {values['schema']} that cannot be read: {error!r}") from error
    if values.get("schema") != SCHEMA:
        raise RecordError(f"schema {values.get('schema')!r}; this version reads schema {SCHEMA}")
    if values.keys() != _FIELD_SET:
        missing, extra = _FIELD_SET - values.keys(), values.keys() - _FIELD_SET
        raise RecordError(f"fields missing: {sorted(missing)}, unknown: {sorted(extra)}")
    problem = wrong_value(values, Record)
    if problem is not None:
        raise RecordError(f"a value of another kind than its field's: {problem}")
    return Record(**values)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise RecordError(f"{digits} is too large for a number, and no value of a record")
    return value


def _refuse(constant: str) -> NoReturn:
    raise RecordError(f"{constant} is not JSON, and no value of a record")


def load(path: Path | str) -> list[Record]:
    """Return the records of a records.jsonl, in the order in which trials ended.

    Raises:
        RecordError: no such file, or a line that is not a whole record (the message names the line).
    """
    path = Path(path)
    if not path.is_file():
        raise RecordError(f"no records at {path}: run `pytest bench/` first, or name its --results")
    return parse(path.read_text("utf-8", errors="replace"), path)


def parse(text: str, path: Path) -> list[Record]:
    """Return the records in the text of a records.jsonl.

    Raises:
        RecordError: a line is not a whole record; the message names path, line and cure.
    """
    records = []
    with _without_garbage_collection():
        for number, line in enumerate(text.splitlines(), start=1):
            try:
                records.append(from_json(line))
            except RecordError as error:
                raise RecordError(
                    f"{path}, line {number} is damaged: {error}; remove that line (its trial runs again) "
                    "or name another folder"
                ) from error
    return records


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Pause the search for cycles: JSON makes none, and looking grows faster than the number of records."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
