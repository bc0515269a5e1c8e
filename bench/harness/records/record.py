"""All that a trial measured: one JSON object, one line of records.jsonl.

The fields below are the schema (version `SCHEMA`). Units are in the names; accuracies and errors are
fractions from 0 to 1; times are UTC in ISO 8601. A value that does not exist is null: no NaN is ever written.
`timed` is false for a trial that was trained beside others (`--workers`): its speeds are null, and the seconds of its
epochs are no measurement. `lrn_images_per_second` has training speeds by LRN's implementation (ours: banded; torch),
for nets with LRN, measured in turns on one batch; `inference_seconds` is what timing that and inference took.
"""

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, NoReturn, NotRequired, TypedDict, get_type_hints

from bench.harness.errors import UserError
from bench.harness.records.kinds import kinds

SCHEMA = 2


class RecordError(UserError):
    """A record, or a file of records, that cannot be trusted; the message says what to do."""


class ComparisonContext(TypedDict):
    """A comparison that the arm takes part in, possibly as its own baseline."""

    name: str
    title: str
    baseline: str


class PublishedContext(TypedDict):
    """A number that somebody published for the arm: percent test accuracy, its source, what differed."""

    value: float
    source: str
    note: str


class Context(TypedDict):
    """What a table needs to know of the study, so that tables can be made from records alone.

    family: how many (arm, baseline) pairs the study's protocol compares; older records do not say.
    """

    question: str
    held_fixed: str
    margin: float
    label: str
    order: int
    comparisons: list[ComparisonContext]
    published: list[PublishedContext]
    target_training_error: float | None
    family: NotRequired[int]


class Curves(TypedDict):
    """One value an epoch; null where it was not finite; empty lists where there is no validation split.

    train_loss and train_error are running means over the epoch's own batches, in training mode.
    """

    train_loss: list[float | None]
    train_error: list[float]
    validation_accuracy: list[float]
    validation_loss: list[float | None]
    epoch_seconds: list[float]


@dataclass(frozen=True, kw_only=True)
class Record:
    """One trial. `key` hashes what defines it; `record_id` is unique to this very run of it."""

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
    timed: bool
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
    definition: dict[str, Any]
    curves: Curves
    epochs_to_target: int | None
    seconds_to_target: float | None
    warmup_seconds: float
    evaluation_seconds: float
    inference_seconds: float
    inference_us_per_image_batch_1: float | None
    inference_us_per_image_batch_256: float | None
    lrn_images_per_second: dict[str, float] | None
    test_images: int
    classes: list[str]
    test_correct: str
    test_predictions: str
    confusion: list[list[int]]
    checkpoint: str | None
    checkpoint_sha256: str | None
    data_sha256: str
    environment: dict[str, Any]
    execution: dict[str, Any]

    def to_json(self) -> str:
        """Return the record as one line of strict JSON.

        Raises:
            ValueError: a number is NaN or infinite.
        """
        return json.dumps(asdict(self), allow_nan=False, separators=(",", ":"))


FIELDS = tuple(field.name for field in fields(Record))
_FIELD_SET = frozenset(FIELDS)


_FIELD_TYPES = {name: kinds(hint) for name, hint in get_type_hints(Record).items()}


def from_json(line: str) -> Record:
    """Return the record that a line holds.

    Raises:
        RecordError: the line is not a JSON object, holds NaN or an infinity, has another schema, lacks or adds a field,
            or has a value of another kind.
    """
    try:
        values = json.loads(line, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise RecordError(f"not JSON ({error})") from error
    if not isinstance(values, dict):
        raise RecordError(f"a record is a JSON object, not {type(values).__name__}")
    if values.get("schema") != SCHEMA:
        raise RecordError(f"schema {values.get('schema')!r}; this version reads schema {SCHEMA}")
    if values.keys() != _FIELD_SET:
        missing, extra = _FIELD_SET - values.keys(), values.keys() - _FIELD_SET
        raise RecordError(f"fields missing: {sorted(missing)}, unknown: {sorted(extra)}")
    wrong = [name for name, types in _FIELD_TYPES.items() if type(values[name]) not in types]
    if wrong:
        found = ", ".join(f"{name} is {str(values[name])[:40]!r}" for name in wrong)
        raise RecordError(f"values of another kind than the field's: {found}")
    return Record(**values)


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
