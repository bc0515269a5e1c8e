"""`python -m bench tune`: choose an arm's learning rate on validation images; the choice is a record to commit.

The learning rate is a nuisance parameter: a sigmoid net at ReLU's rate proves nothing. Every rate of a grid is
trained with seeds that no trial uses; the highest mean validation accuracy wins, ties go to the lower validation
loss; where the best rate is the grid's first or last, the grid is extended. The test set is never looked at.
"""

import argparse
import math
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import Any

from bench.harness.command import parse_assignments
from bench.harness.data.catalogue import data_root
from bench.harness.data.folder_name import with_options
from bench.harness.data.load import load
from bench.harness.errors import UserError, unknown
from bench.harness.files import slug, write_json
from bench.harness.machine.device import Execution
from bench.harness.machine.environment import environment
from bench.harness.machine.execution import applied_execution
from bench.harness.machine.memory_format import execution_for
from bench.harness.run.options import add_machine_options
from bench.harness.study import learning_rates
from bench.harness.study.discovery import load_studies
from bench.harness.study.recipe import Recipe
from bench.harness.study.study import FIRST_TUNING_SEED, Arm
from bench.harness.study.trial import fit_options
from bench.harness.training.tuning import GRIDS, Subject, Tried, choose


def _document(subject: Subject, tried: Sequence[Tried], command: str) -> dict[str, Any]:
    """Return the record of a choice."""
    rate = choose(tried)
    chosen = [trial for trial in tried if trial.learning_rate == rate]
    return {
        "learning_rate": rate,
        "validation_accuracy": mean(trial.validation_accuracy for trial in chosen),
        "n": len(chosen),
        "train_images_per_second": mean(trial.train_images_per_second for trial in chosen),
        "subject": learning_rates.subject(subject.arm, subject.recipe, subject.dataset.source.name),
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
    studies = load_studies(arguments.studies)
    protocols = [(study, study.protocol(arguments.protocol)) for study in studies]
    tunable = {
        (study.name, arm.name): (arm, protocol)
        for study, protocol in protocols
        for arm in protocol.arms
        if protocol.recipe.but(arm.recipe).learning_rate is None
    }
    names = {arm for _, arm in tunable}
    wanted = arguments.arms.split(",") if arguments.arms else names
    for name in wanted:
        if name not in names:
            raise UserError(unknown("arm without a learning rate of its own", name, sorted(names)))
    return [
        (
            _subject(arm, protocol.recipe.but(arm.recipe), protocol.dataset, arguments, base),
            learning_rates.path_of(study, arguments.protocol, arm.name),
        )
        for (study, _), (arm, protocol) in tunable.items()
        if arm.name in wanted
    ]


def _own_arm(arguments: argparse.Namespace, base: Execution) -> tuple[Subject, Path]:
    """Return an arm that is in no study, as the options describe it."""
    recipe = Recipe().but(parse_assignments(arguments.recipe))
    arm = Arm(
        name=arguments.architecture,
        label=arguments.architecture,
        architecture=arguments.architecture,
        options=parse_assignments(arguments.option),
    )
    dataset = with_options(arguments.dataset, vars(arguments)) or arguments.dataset
    return _subject(arm, recipe, dataset, arguments, base), arguments.out or _own_path(arguments)


def _own_path(arguments: argparse.Namespace) -> Path:
    """Return a file of its own for each arm: its architecture with the options and hyper-parameters that were given."""
    words = [arguments.architecture, arguments.dataset, *arguments.option, *arguments.recipe]
    return Path(arguments.results) / "tuning" / f"{slug('-'.join(words))}.json"


def _subject(arm: Arm, recipe: Recipe, dataset: str, arguments: argparse.Namespace, base: Execution) -> Subject:
    data = load(dataset, data_root(arguments.data_root), download=arguments.download)
    for line in data.summary:
        print(line, flush=True)  # noqa: T201 - progress of a command
    recipe.per_channel(data.source.channels, data.source.name)  # an error before the first training
    options = fit_options(arm.architecture, arm.options, recipe, data.source)
    return Subject(arm, recipe, data, execution_for(base, arm.architecture, options))


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
    parser.add_argument("--protocol", default="quick", help="quick (default) or published")
    parser.add_argument("--rates", default=None, metavar="A,B", help="the grid to begin with")
    parser.add_argument("--tuning-seeds", default=2, type=int, metavar="N", help="seeds a rate, default 2")
    own = parser.add_argument_group("an arm of your own")
    own.add_argument("--architecture", default=None, help="its architecture, see python -m bench list")
    own.add_argument("-o", "--option", action="append", default=[], metavar="NAME=VALUE", help="its options")
    own.add_argument("-r", "--recipe", action="append", default=[], metavar="NAME=VALUE", help="hyper-parameter")
    own.add_argument("--dataset", default="mnist-5k", help="default mnist-5k")
    own.add_argument("--out", type=Path, default=None, metavar="FILE", help="default results/tuning/<arm>.json")
    add_machine_options(parser.add_argument)


def run(arguments: argparse.Namespace) -> None:
    """Choose, print and write one learning rate an arm."""
    base = applied_execution(arguments)
    rates = _rates(arguments.rates)
    if arguments.tuning_seeds < 1:
        raise UserError(f"--tuning-seeds is {arguments.tuning_seeds}: it must be at least 1")
    seeds = range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + arguments.tuning_seeds)
    for subject, path in _subjects(arguments, base):
        grid = rates or GRIDS[subject.recipe.optimizer]
        document = _document(subject, subject.tune(grid, seeds), arguments.command_line)
        write_json(path, document)
        print(f"{subject.arm.name}: {document['learning_rate']:g} -> {path}", flush=True)  # noqa: T201 - the answer
