"""`python -m bench speed-phase --results results/quick`: measure speeds in turns for trials that are there already.

All arms of a study that have a record take turns in this process, as at the end of `pytest bench/`; tables and report
are made again. A phase that there is for the same arms on this machine stands; --fresh measures again.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.harness.data.catalogue import data_root
from bench.harness.errors import UserError
from bench.harness.records.key import without_code
from bench.harness.records.record import Record, load
from bench.harness.records.store import RECORDS, results_folders
from bench.harness.run.options import add_data_options
from bench.harness.run.session import Session
from bench.harness.run.settings import Settings
from bench.harness.run.wanted import Wanted
from bench.harness.streams import say
from bench.harness.study.discovery import load_studies
from bench.harness.study.planned import Planned


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare where the records are, and how nets run."""
    parser.add_argument("--results", type=Path, default=Path("results"), help="a folder of records, or of such folders")
    parser.add_argument("--studies", default=None, metavar="A,B", help="these studies only")
    parser.add_argument("--device", default="auto", help="auto (CUDA, else MPS, else CPU), cpu, cuda or mps")
    parser.add_argument(
        "--threads", default=None, type=int, metavar="N", help="CPU threads; default: the fastest number, for each loop"
    )
    parser.add_argument("--precision", default="float32", metavar="FORMAT", help="float32 (default), bf16 or tf32")
    parser.add_argument("--fresh", action="store_true", help="measure again what has been measured")
    parser.add_argument(
        "--learning-rates",
        type=Path,
        default=None,
        metavar="DIR",
        help="the folder of rates that the trials were trained with, where it was one of your own",
    )
    add_data_options(parser.add_argument)


def run(arguments: argparse.Namespace) -> None:
    """Measure every folder's studies.

    Raises:
        UserError: there are no records, none of a study that there is, or their arms are defined otherwise today.
    """
    folders = results_folders(arguments.results)
    measured = [
        _measure(arguments, folder, records) for folder in folders for records in _by_dataset(load(folder / RECORDS))
    ]
    if not any(measured):
        raise UserError(f"{arguments.results} has no record of {arguments.studies or 'a study of bench/'}")


def _by_dataset(records: Sequence[Record]) -> Iterator[list[Record]]:
    """Yield the records of each data set."""
    for dataset in dict.fromkeys(record.dataset for record in records):
        yield [record for record in records if record.dataset == dataset]


def _measure(arguments: argparse.Namespace, folder: Path, records: Sequence[Record]) -> bool:
    """Measure the arms that have a record; return whether there are any."""
    wanted = list(_arms(arguments.studies, records[-1].protocol, records))
    if not wanted:
        return False
    session = Session(_settings(arguments, folder, records[-1]))
    session.prepare([], wanted)
    try:
        _check(session.subjects, records)
        for line in session.describe_plan():
            say(line)
        for arm in session.subjects:
            say(session.speed(arm).describe())
    finally:
        for line in session.finish():
            say(line)
    return True


def _arms(names: str | None, protocol: str, records: Sequence[Record]) -> Iterator[Wanted]:
    """Yield the arms that have a record, each with a seed of it."""
    seeds = {(record.study, record.arm): record.seed for record in reversed(records)}
    for study in load_studies(names):
        for arm in study.arm_names(protocol):
            if (study.name, arm) in seeds:
                yield study, arm, seeds[study.name, arm]


def _check(subjects: Sequence[Planned], records: Sequence[Record]) -> None:
    """Raise an error where an arm would be measured under another definition than its trials have: nobody shows that.

    Raises:
        UserError: the learning rate, or another choice, is not the one that was trained with.
    """
    trained = {(record.study, record.arm): without_code(record.definition) for record in records}
    for planned in subjects:
        trial = planned.trial
        before = trained[trial.study, trial.arm]
        today = json.loads(json.dumps(without_code(trial.definition())))  # a record knows no tuples
        if before != today:
            raise UserError(
                f"{trial.study}/{trial.arm}: its trials were trained with {_differing(before, today)}: restore that, "
                "or name the folder of their learning rates by --learning-rates"
            )


def _differing(before: Mapping[str, Any], today: Mapping[str, Any]) -> str:
    """Return the first choice that differs, in words."""
    sides = [{**one, **one.get("options", {}), **one.get("recipe", {})} for one in (before, today)]
    names = [name for name in dict.fromkeys((*sides[0], *sides[1])) if name not in ("options", "recipe")]
    name = next(name for name in names if sides[0].get(name) != sides[1].get(name))
    return f"{name} {sides[0].get(name)}, today it is {sides[1].get(name)}"


def _settings(arguments: argparse.Namespace, folder: Path, record: Record) -> Settings:
    return Settings(
        protocol=record.protocol,
        seeds=(0,),
        dataset=record.dataset,
        studies=(),
        time_limit_minutes=None,
        device=arguments.device,
        data_root=data_root(arguments.data_root),
        download=arguments.download,
        results=folder,
        fresh=arguments.fresh,
        threads=arguments.threads,
        learning_rates=arguments.learning_rates,
        deterministic=record.deterministic,
        workers=0,
        compiled=record.execution.get("compiled", False),
        precision=arguments.precision,
        batch_seeds=False,
    )
