"""Learning rates that were chosen on validation: committed records, one an arm, written by `python -m bench tune`."""

from dataclasses import dataclass
from pathlib import Path
from typing import NotRequired, TypedDict

from bench.harness.errors import UserError
from bench.harness.paths import CHOSEN_RATES
from bench.harness.records.key import content_hash
from bench.harness.study.recipe import Recipe
from bench.harness.study.study import Arm
from bench.harness.validation import ContentError, parse_json


class ChoiceError(UserError):
    """An arm without a chosen learning rate, or with one that was chosen for something else."""


@dataclass(frozen=True)
class Choice:
    """A chosen learning rate.

    Attributes:
        learning_rate: rate at the first step.
        subject: hash of all but it that defined the trials it was chosen with.
        path: file that holds the choice.
        train_images_per_second: speed of those trials; None where it was not measured.
    """

    learning_rate: float
    subject: str
    path: Path
    train_images_per_second: float | None = None


class StoredChoice(TypedDict):
    """The fields of a committed file that are read; it has more, for people."""

    learning_rate: float
    subject: str
    train_images_per_second: NotRequired[float | None]


def subject(arm: Arm, recipe: Recipe, dataset: str) -> str:
    """Return the hash of what a learning rate is chosen for: arm, recipe without its rate, data set."""
    rest = {**recipe.as_dict(), "learning_rate": None}
    return content_hash([arm.architecture, dict(arm.options), rest, dataset])


def path_of(study: str, protocol: str, arm: str) -> Path:
    """Return where an arm's choice is kept."""
    return CHOSEN_RATES / protocol / study / f"{arm}.json"


def read(study: str, protocol: str, arm: str) -> Choice:
    """Return an arm's choice.

    Raises:
        ChoiceError: there is none, or the file is damaged.
    """
    path = path_of(study, protocol, arm)
    command = tune_command(study, protocol, arm)
    if not path.is_file():
        raise ChoiceError(f"no learning rate was chosen for {study}/{arm} ({protocol}): run `{command}`")
    try:
        stored: StoredChoice = parse_json(path.read_bytes(), StoredChoice)
    except ContentError as error:
        raise ChoiceError(f"{path} is not a choice of a learning rate ({error}): run `{command}`") from error
    rate = stored.get("train_images_per_second")
    return Choice(float(stored["learning_rate"]), stored["subject"], path, rate)


def tune_command(study: str, protocol: str, arm: str) -> str:
    """Return the command that chooses an arm's learning rate."""
    return f"python -m bench tune --studies {study} --arms {arm} --protocol {protocol}"
