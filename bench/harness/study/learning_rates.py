"""Learning rates that were chosen on validation: committed records, one an arm, written by `python -m bench tune`."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from bench.harness.errors import UserError
from bench.harness.paths import CHOSEN_RATES
from bench.harness.records.key import content_hash
from bench.harness.study.recipe import Recipe
from bench.harness.study.study import Arm
from bench.harness.validation import ContentError, parse_json


class ChoiceError(UserError):
    """An arm without a chosen learning rate, or with one that was chosen for something else."""


class StoredTry(TypedDict):
    """The fields of a training that figures are drawn from; it has more."""

    learning_rate: float
    seed: int
    validation_accuracy: float
    epochs: int
    epochs_to_target: int | None


class StoredChoice(TypedDict):
    """The fields of a committed file that are read; it has more, for people."""

    learning_rate: float
    kept: list[float]
    subject: str
    code: str
    train_images_per_second: float
    tried: list[StoredTry]


@dataclass(frozen=True)
class Choice:
    """A chosen learning rate.

    Attributes:
        learning_rate: rate at the first step.
        kept: the rates that could not be told from the best one, ascending.
        subject: hash of all but it that defined the trials it was chosen with.
        code: hash of the code that trained them.
        path: file that holds the choice.
        train_images_per_second: speed of those trials.
        tried: those trials, every rate of the grid with every seed.
        command: the one that chooses it anew.
    """

    learning_rate: float
    kept: tuple[float, ...]
    subject: str
    code: str
    path: Path
    train_images_per_second: float
    tried: tuple[StoredTry, ...]
    command: str

    def check(self, wanted: str) -> None:
        """Check that it was made for what it is used for, given as `subject` returns it.

        Raises:
            ChoiceError: it was not.
        """
        if self.subject != wanted:
            raise ChoiceError(f"{self.path} was chosen for another definition of the arm: run `{self.command}`")


def subject(arm: Arm, recipe: Recipe, dataset: str, target: float | None) -> str:
    """Return the hash of what a learning rate is chosen for: arm, recipe without its rate, data set, target error."""
    rest = {**recipe.as_dict(), "learning_rate": None}
    return content_hash([arm.architecture, dict(arm.options), rest, dataset, target])


def path_of(study: str, protocol: str, arm: str, folder: Path | None = None) -> Path:
    """Return where an arm's choice is kept; None stands for the folder of those that are committed."""
    return (CHOSEN_RATES if folder is None else folder) / protocol / study / f"{arm}.json"


def read(study: str, protocol: str, arm: str, folder: Path | None = None, *, dataset: str | None = None) -> Choice:
    """Return an arm's choice.

    Args:
        study: its name.
        protocol: the protocol that it was made for.
        arm: the arm's name.
        folder: where choices are that were made on another data set than the protocol's; None: the committed ones.
        dataset: this other data set.

    Raises:
        ChoiceError: there is none, or the file is damaged.
    """
    path = path_of(study, protocol, arm, folder)
    command = tune_command(f"{study} --arms {arm}", protocol, dataset if folder else None)
    if not path.is_file():
        where = "" if folder is None else f" in {folder}"
        raise ChoiceError(f"no learning rate was chosen for {study}/{arm} ({protocol}){where}: run `{command}`")
    try:
        stored: StoredChoice = parse_json(path.read_bytes(), StoredChoice)
    except ContentError as error:
        raise ChoiceError(f"{path} is not a choice of a learning rate ({error}): run `{command}`") from error
    return Choice(
        learning_rate=float(stored["learning_rate"]),
        kept=tuple(map(float, stored["kept"])),
        subject=stored["subject"],
        code=stored["code"],
        path=path,
        train_images_per_second=stored["train_images_per_second"],
        tried=tuple(stored["tried"]),
        command=command,
    )


def tune_command(studies: str, protocol: str, dataset: str | None) -> str:
    """Return the command that chooses studies' rates, on another data set than the protocol's where one is named."""
    own = "" if dataset is None else f" --dataset {shlex.quote(dataset)}"
    return f"python -m bench tune --studies {studies} --protocol {protocol}{own}"
