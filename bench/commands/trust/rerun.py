"""`python -m bench rerun RECORD_ID...`: train recorded trials again, each from its record alone, and compare.

Recipe, seed and net come from the record, whatever its study says today; the data must be those that it names. On the
same machine with the same libraries and threads the answers should be the same, image by image. Elsewhere rounding
differs, and training amplifies it: then the accuracy should lie where a further seed's would, in the 95 % prediction
interval of the arm's recorded seeds. The exit status is 1 where a trial does not agree.

An id is that of a record in bench/evidence or --records; its first letters are enough.
"""

import argparse
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.harness.data.catalogue import data_root
from bench.harness.data.load import load as load_data
from bench.harness.errors import UserError
from bench.harness.machine.clock import use_device
from bench.harness.machine.device import Execution, apply, resolve_device
from bench.harness.paths import EVIDENCE
from bench.harness.records.key import without_code
from bench.harness.records.record import ID_LETTERS, Record, load
from bench.harness.stats.spread import prediction
from bench.harness.streams import say
from bench.harness.study.code import code_hash
from bench.harness.study.planned import Planned
from bench.harness.study.trial import Trial, trial_of
from bench.harness.training.trial_run import TrialRun

CHANCE = 1e-9  # accuracies are compared as shares of whole images


class Rerun(NamedTuple):
    """A recorded trial beside the same trained again.

    Attributes:
        old, new: the two records.
        run: the interval of one further seed's accuracy, 0 to 1; None where one seed was recorded.
    """

    old: Record
    new: Record
    run: tuple[float, float] | None

    @property
    def same(self) -> bool:
        """Whether every test image got the same answer."""
        return all(getattr(self.old, name) == getattr(self.new, name) for name in ("test_correct", "test_mistakes"))

    @property
    def agrees(self) -> bool:
        """Whether the answers are the same, or the accuracy is one that a further seed could have had."""
        if self.same or self.run is None:
            return self.same
        low, high = self.run
        return low - CHANCE <= self.new.test_accuracy <= high + CHANCE

    def describe(self) -> str:
        """Return the finding in a line."""
        name = f"{self.old.study}/{self.old.arm}/seed {self.old.seed} ({self.old.record_id[:ID_LETTERS]})"
        if self.same:
            return f"{name}: agrees, the same answer to every image: {self.new.test_accuracy:.2%}"
        outcome = f"{self.new.test_accuracy:.2%} where the record has {self.old.test_accuracy:.2%}"
        if self.run is None:
            return f"{name}: DIFFERS: {outcome}; with one recorded seed there is no interval"
        verdict, place = ("agrees", "inside") if self.agrees else ("DIFFERS", "outside")
        ends = f"{self.run[0]:.2%} to {min(self.run[1], 1.0):.2%}"
        return f"{name}: {verdict}: {outcome}, {place} what a run gives, {ends}"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare which records are run again."""
    parser.add_argument("record_ids", nargs="*", metavar="RECORD_ID", help="first letters are enough")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="N records drawn at random as well")
    parser.add_argument("--draw", type=int, default=0, metavar="SEED", help="seed of that draw, default 0")
    parser.add_argument(
        "--records", type=Path, metavar="PATH", help="file of records, or folder; default: bench/evidence"
    )
    parser.add_argument("--data-root", help="where torchvision's files are; or CONVBENCH_DATA")


def run(arguments: argparse.Namespace) -> int:
    """Train again, a line each; return 1 if one does not agree.

    Raises:
        UserError: no such record, several that begin alike, other data, or a device that is not here.
    """
    path = arguments.records or EVIDENCE
    records = _load_all(path)
    chosen = [_named(record_id, records) for record_id in arguments.record_ids]
    if not 0 <= arguments.sample <= len(records):
        raise UserError(f"--sample is {arguments.sample}: there are {len(records)} records in {path}")
    drawn = np.random.default_rng(arguments.draw).choice(len(records), arguments.sample, replace=False)
    chosen += [records[place] for place in drawn]
    if not chosen:
        raise UserError("name a record by its id, or give --sample N; docs/findings/ names those of each claim")
    root, agreed = data_root(arguments.data_root), 0
    for record in chosen:
        again = train_again(record, records, root)
        agreed += again.agrees
        say(again.describe())
    say(f"{agreed} of {len(chosen)} agree")
    return int(agreed < len(chosen))


def _load_all(path: Path) -> list[Record]:
    """Return the records of a file, or of all such files in a folder."""
    paths = sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]
    if not paths:
        raise UserError(f"{path} has no file of records (*.jsonl): name one with --records")
    return [record for one in paths for record in load(one)]


def _named(record_id: str, records: Iterable[Record]) -> Record:
    alike = {record.record_id: record for record in records if record.record_id.startswith(record_id)}
    if len(alike) != 1:
        problem = "no record has" if not alike else f"{len(alike)} records have"
        raise UserError(f"{problem} an id that begins with {record_id!r}: look it up on the page of the finding")
    return next(iter(alike.values()))


def train_again(record: Record, records: Sequence[Record], root: Path | None) -> Rerun:
    """Return a record beside that of the same trial, trained now.

    Args:
        record: the trial.
        records: those of its arm are found among them.
        root: where the data are.

    Raises:
        UserError: the data set's images are others, or the device is not here.
    """
    trial = trial_of(record)
    dataset = load_data(trial.dataset, root)
    if dataset.sha256 != record.data_sha256:
        raise UserError(
            f"{record.record_id}: it was trained on {trial.dataset} with SHA-256 {record.data_sha256[:16]}, and that "
            f"here has {dataset.sha256[:16]}: nothing to compare"
        )
    for line in _changes(record, trial):
        say(f"{trial.name}: {line}")
    execution = _execution(record)
    apply(execution)
    use_device(execution.torch_device)
    with tempfile.TemporaryDirectory() as folder:
        training = TrialRun(Planned(trial=trial, execution=execution, key=record.key), dataset, Path(folder))
        for _ in training.epochs():
            pass
        return Rerun(record, training.record(), prediction(_accuracies(record, records)))


def _changes(record: Record, trial: Trial) -> Iterable[str]:
    """Yield what differs from when the record was made, so far as it may change the answers."""
    code = record.definition.get("code")
    if code != code_hash(trial.architecture):
        yield f"the code has changed since: {code} then, {code_hash(trial.architecture)} now"


def _execution(record: Record) -> Execution:
    """Return the way in which the record's net was run.

    Raises:
        UserError: its device is not here.
    """
    known = {field.name for field in fields(Execution)}
    facts = {name: value for name, value in record.execution.items() if name in known}
    base = Execution(resolve_device(record.device), record.threads, record.deterministic)
    return replace(base, **{**facts, "batched_seeds": False})  # type: ignore[arg-type]  # facts of a record, checked when read


def _accuracies(record: Record, records: Iterable[Record]) -> list[float]:
    """Return the accuracies of all recorded seeds of the trial's arm, each record once."""
    definition = without_code(record.definition)
    alike = {
        other.record_id: other.test_accuracy
        for other in records
        if (other.study, other.arm, other.protocol, other.data_sha256)
        == (record.study, record.arm, record.protocol, record.data_sha256)
        and without_code(other.definition) == definition
    }
    return list(alike.values())
