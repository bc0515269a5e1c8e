"""`python -m bench tune`: choose an arm's learning rate on validation images; the choice is a record to commit.

The learning rate is a nuisance parameter: a sigmoid net at ReLU's rate proves nothing. Every arm gets the same grid and
the same seeds, which no trial uses. Rates that the seeds and the validation images cannot tell from the best are kept,
and their middle is taken. Where a study asks how soon a training error is reached, the rates are those that reach it
soonest. The test set is never looked at.
"""

import argparse
import math
import shlex
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import Any

from bench.harness.command import parse_assignments
from bench.harness.data.catalogue import data_root
from bench.harness.data.dataset import Dataset
from bench.harness.data.folder_name import with_options
from bench.harness.data.load import load
from bench.harness.errors import UserError, unknown
from bench.harness.files import slug, write_json
from bench.harness.machine.device import Execution, available_cores
from bench.harness.machine.environment import environment
from bench.harness.machine.execution import applied_execution
from bench.harness.machine.memory_format import execution_for
from bench.harness.number_format import counted
from bench.harness.run.options import add_machine_options
from bench.harness.run.settings import parse_workers
from bench.harness.streams import say
from bench.harness.study import learning_rates
from bench.harness.study.code import code_hash
from bench.harness.study.discovery import load_studies
from bench.harness.study.planned import stated_execution
from bench.harness.study.rate_choice import GRIDS, TUNING_SEEDS, Tried, choose
from bench.harness.study.recipe import Recipe
from bench.harness.study.study import FIRST_TUNING_SEED, PROTOCOLS, Arm, Protocol
from bench.harness.study.trial import fit_images, fit_options
from bench.harness.training.tuning import Subject, Try, try_all

OWN_DATASET = "mnist-5k"


def _document(subject: Subject, tried: Sequence[Tried], command: str) -> dict[str, Any]:
    """Return the record of a choice."""
    choice = choose(tried, soonest=subject.target is not None)
    chosen = [trial for trial in tried if trial.learning_rate == choice.learning_rate]
    return {
        **asdict(choice),
        "target_training_error": subject.target,
        "validation_accuracy": mean(trial.validation_accuracy for trial in chosen),
        "n": len(chosen),
        "train_images_per_second": mean(trial.train_images_per_second for trial in chosen),
        "subject": learning_rates.subject(subject.arm, subject.recipe, subject.dataset.source.name, subject.target),
        "code": code_hash(subject.arm.architecture),
        "architecture": subject.arm.architecture,
        "options": dict(subject.arm.options),
        "recipe": {**subject.recipe.as_dict(), "learning_rate": None},
        "dataset": subject.dataset.source.name,
        "data_sha256": subject.dataset.sha256,
        "command": command,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "device": subject.execution.device,
        "threads": subject.execution.threads,
        "environment": environment(subject.execution.device),
        "tried": [asdict(trial) for trial in tried],
    }


def _subjects(arguments: argparse.Namespace, base: Execution) -> list[tuple[Subject, Path]]:
    """Return the arms that were asked for, each with the file that its choice goes to."""
    if arguments.architecture:
        if arguments.studies or arguments.arms:
            raise UserError("--architecture is for an arm of your own: drop --studies and --arms, or --architecture")
        return [_own_arm(arguments, base)]
    if arguments.protocol not in PROTOCOLS:
        raise UserError(unknown("protocol", arguments.protocol, PROTOCOLS))
    studies = load_studies(arguments.studies)
    asked = studies if arguments.studies else [one for one in studies if one.arm_names(arguments.protocol)]
    tunable = [
        (study, protocol, arm)
        for study, protocol in [(study, study.protocol(arguments.protocol)) for study in asked]
        for arm in protocol.arms
        if protocol.recipe.but(arm.recipe).learning_rate is None
    ]
    names = {arm.name for _, _, arm in tunable}
    wanted = arguments.arms.split(",") if arguments.arms else names
    for name in wanted:
        if name not in names:
            raise UserError(unknown("arm without a learning rate of its own", name, sorted(names)))
    return [
        (_study_subject(protocol, arm, arguments, base), _study_path(study.name, arm.name, arguments))
        for study, protocol, arm in tunable
        if arm.name in wanted
    ]


def _study_subject(protocol: Protocol, arm: Arm, arguments: argparse.Namespace, base: Execution) -> Subject:
    recipe, name = protocol.recipe.but(arm.recipe), _dataset_name(arguments)
    data = _load(name or protocol.dataset, arguments)
    recipe = recipe if name is None else fit_images(recipe, data.source)
    return _subject(arm, recipe, data, base, protocol.target_training_error)


def _study_path(study: str, arm: str, arguments: argparse.Namespace) -> Path:
    name = _dataset_name(arguments)
    folder = None if name is None else Path(arguments.results) / "tuning" / slug(name)
    return learning_rates.path_of(study, arguments.protocol, arm, folder)


def _dataset_name(arguments: argparse.Namespace) -> str | None:
    return with_options(arguments.dataset, vars(arguments))


def _own_arm(arguments: argparse.Namespace, base: Execution) -> tuple[Subject, Path]:
    """Return an arm that is in no study, as the options describe it."""
    recipe = Recipe().but(parse_assignments(arguments.recipe))
    arm = Arm(
        name=arguments.architecture,
        label=arguments.architecture,
        architecture=arguments.architecture,
        options=parse_assignments(arguments.option),
    )
    data = _load(_dataset_name(arguments) or OWN_DATASET, arguments)
    return _subject(arm, recipe, data, base), arguments.out or _own_path(arguments)


def _own_path(arguments: argparse.Namespace) -> Path:
    """Return a file of its own for each arm: its architecture with the options and hyper-parameters that were given."""
    words = [arguments.architecture, _dataset_name(arguments) or OWN_DATASET, *arguments.option, *arguments.recipe]
    return Path(arguments.results) / "tuning" / f"{slug('-'.join(words))}.json"


def _load(name: str, arguments: argparse.Namespace) -> Dataset:
    return load(name, data_root(arguments.data_root), download=arguments.download)


def _subject(arm: Arm, recipe: Recipe, data: Dataset, base: Execution, target: float | None = None) -> Subject:
    recipe.per_channel(data.source.channels, data.source.name)  # an error before the first training
    options = fit_options(arm.architecture, arm.options, recipe, data.source)
    return Subject(arm, recipe, data, execution_for(stated_execution(base, recipe), arm.architecture, options), target)


def _rates(text: str | None) -> list[float] | None:
    """Return the grid of a --rates."""
    try:
        rates = [float(rate) for rate in text.split(",")] if text else None
    except ValueError:
        rates = [float("nan")]
    if rates is not None and not all(math.isfinite(rate) and rate > 0 for rate in rates):
        raise UserError(f"--rates is {text!r}: give numbers above 0, such as 0.001,0.003,0.01")
    return rates


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare whose learning rate is chosen, from which grid and where."""
    parser.add_argument("--studies", default=None, metavar="A,B", help="default: all")
    parser.add_argument("--arms", default=None, metavar="A,B", help="default: every arm without a rate of its own")
    parser.add_argument("--protocol", default="quick", help="quick (default), published or full")
    parser.add_argument("--dataset", default=None, help="default: the protocol's, for an arm of your own mnist-5k")
    parser.add_argument("--rates", default=None, metavar="A,B", help="another grid")
    parser.add_argument(
        "--tuning-seeds", default=TUNING_SEEDS, type=int, metavar="N", help=f"seeds a rate, default {TUNING_SEEDS}"
    )
    parser.add_argument(
        "--workers",
        default="auto",
        metavar="N",
        help="trainings at a time, each in a process of its own; default auto: on a CPU one per core; 0: in this one",
    )
    own = parser.add_argument_group("an arm of your own")
    own.add_argument("--architecture", default=None, help="its architecture, see python -m bench list")
    own.add_argument("-o", "--option", action="append", default=[], metavar="NAME=VALUE", help="its options")
    own.add_argument("-r", "--recipe", action="append", default=[], metavar="NAME=VALUE", help="hyper-parameter")
    own.add_argument("--out", type=Path, default=None, metavar="FILE", help="default results/tuning/<arm>.json")
    add_machine_options(parser.add_argument, threads=" of each training, default: 1")


def run(arguments: argparse.Namespace) -> None:
    """Choose, print and write one learning rate an arm; say how those of another data set are used."""
    arguments.threads = 1 if arguments.threads is None else arguments.threads
    base = applied_execution(arguments)
    workers = _workers(arguments.workers, base)
    rates = _rates(arguments.rates)
    if arguments.tuning_seeds < 1:
        raise UserError(f"--tuning-seeds is {arguments.tuning_seeds}: it must be at least 1")
    subjects = _subjects(arguments, base)
    seeds = range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + arguments.tuning_seeds)
    tries = [
        [Try(subject, rate, seed) for rate in rates or GRIDS[subject.recipe.optimizer] for seed in seeds]
        for subject, _ in subjects
    ]
    for line in dict.fromkeys(line for subject, _ in subjects for line in subject.dataset.summary):
        say(line)
    results = try_all([one for group in tries for one in group], base, workers)
    for (subject, path), group in zip(subjects, tries, strict=True):
        tried = [_shown(subject, next(results)) for _ in group]
        document = _document(subject, tried, arguments.command_line)
        write_json(path, document)
        kept = ", ".join(f"{rate:g}" for rate in document["kept"])
        say(f"{subject.arm.name}: {document['learning_rate']:g} (not told from the best: {kept}) -> {path}")
    if arguments.dataset and not arguments.architecture:
        say(_how_to_use(arguments, subjects[0][1].parents[2]))


def _workers(text: str, execution: Execution) -> int:
    """Return how many trainings run at a time, 0 for those of this process."""
    asked = parse_workers(text)
    if asked is not None:
        return asked
    return max(1, available_cores() // execution.threads) if execution.device == "cpu" else 0


def _shown(subject: Subject, tried: Tried) -> Tried:
    """Return what it was given, and print it."""
    accuracy = "diverged" if tried.diverged else f"{tried.validation_accuracy:.2%}"
    soon = "" if tried.epochs_to_target is None else f"  target after {counted(tried.epochs_to_target, 'epoch')}"
    where = f"{subject.arm.name:16} rate {tried.learning_rate:<8g} seed {tried.seed}"
    say(f"  {where}  validation {accuracy}{soon}")
    return tried


def _how_to_use(arguments: argparse.Namespace, folder: Path) -> str:
    words = ["pytest", "bench/", "--dataset", str(_dataset_name(arguments)), "--learning-rates", str(folder)]
    words += ["--data-root", arguments.data_root] if arguments.data_root else []
    words += ["--protocol", arguments.protocol] if arguments.protocol != "quick" else []
    words += ["--studies", arguments.studies] if arguments.studies else []
    return f"use them: {shlex.join(words)}"
