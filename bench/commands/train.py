"""`python -m bench train ARCHITECTURE`: train one net outside any study; the same record and checkpoint as a trial."""

import argparse
from pathlib import Path

from bench.harness.analysis.results import state_of
from bench.harness.command import parse_assignments
from bench.harness.data.catalogue import data_root
from bench.harness.data.folder_name import with_options
from bench.harness.data.load import load
from bench.harness.machine.execution import applied_execution
from bench.harness.records.setting import TRAINED_BY_HAND
from bench.harness.records.store import Store
from bench.harness.run.options import add_machine_options
from bench.harness.streams import say
from bench.harness.study.planned import settle
from bench.harness.study.recipe import Recipe, RecipeError
from bench.harness.study.study import Arm, Protocol, Study
from bench.harness.study.trial import resolve
from bench.harness.training.trial_run import Epoch, TrialRun

PROTOCOL = TRAINED_BY_HAND  # its records go to DIR/train/, never among those of a study
DEFAULT_RECIPE = Recipe(optimizer="adam", learning_rate=0.001, epochs=10, schedule="cosine")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the net, its recipe and where it is trained."""
    parser.add_argument("architecture", help="see python -m bench list")
    parser.add_argument(
        "-o", "--option", action="append", default=[], metavar="NAME=VALUE", help="option of the architecture"
    )
    parser.add_argument("-r", "--recipe", action="append", default=[], metavar="NAME=VALUE", help="hyper-parameter")
    parser.add_argument("--dataset", default="mnist-5k", help="default mnist-5k; or folder:PATH")
    parser.add_argument("--seed", default=0, type=int, help="default 0")
    add_machine_options(parser.add_argument)


def run(arguments: argparse.Namespace) -> None:
    """Train, print a line an epoch, save the checkpoint and append the record."""
    execution = applied_execution(arguments)
    name = with_options(arguments.dataset, vars(arguments)) or arguments.dataset
    dataset = load(name, data_root(arguments.data_root), download=arguments.download)
    arm = Arm(
        name=arguments.architecture,
        label=arguments.architecture,
        architecture=arguments.architecture,
        options=parse_assignments(arguments.option),
    )
    recipe = DEFAULT_RECIPE.but(parse_assignments(arguments.recipe))
    if recipe.learning_rate is None:
        raise RecipeError(
            "learning_rate is None: give a number, such as -r learning_rate=0.001, or choose one with "
            f"`python -m bench tune --architecture {arm.architecture}`"
        )
    trial = resolve(
        _study_of(arm, recipe, dataset.source.name), PROTOCOL, arm.name, arguments.seed, dataset.source, own_data=True
    )
    for line in dataset.summary:
        say(line)
    with Store(Path(arguments.results) / PROTOCOL) as store:
        trial_run = TrialRun(settle(trial, execution, dataset.sha256), dataset, store.folder)
        for epoch in trial_run.epochs():
            say(_epoch_line(epoch, trial_run.training.train_error[-1]))
        record = trial_run.record()
        store.append(record)
    say(f"test accuracy {record.test_accuracy:.2%} on {record.test_images} images ({state_of(record)})")
    say(f"checkpoint {store.folder / str(record.checkpoint)}")


def _study_of(arm: Arm, recipe: Recipe, dataset: str) -> Study:
    """Return a study of one arm, for its record alone."""
    return Study(
        name="train",
        question="one net, no question",
        held_fixed="nothing is compared",
        margin=0.0,
        comparisons=(),
        protocols={PROTOCOL: Protocol(dataset=dataset, recipe=recipe, arms=(arm,))},
    )


def _epoch_line(epoch: Epoch, training_error: float) -> str:
    loss, validation = epoch.train_loss, epoch.validation_accuracy
    return (
        f"epoch {epoch.number:3}  loss {'diverged' if loss is None else format(loss, '.4f')}  "
        f"training error {training_error:.2%}  "
        f"validation {'no split' if validation is None else format(validation, '.2%')}  "
        f"{epoch.images_per_second:.0f} images/s"
    )
