"""A trial with every choice resolved: options, hyper-parameters, execution, and what its key is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from bench.harness.data.catalogue import Source
from bench.harness.records.key import trial_key, without_code
from bench.harness.records.parts import CHOSEN_ON, OTHER_CODE, Context, Definition, RecipeFacts
from bench.harness.records.record import Record
from bench.harness.study import learning_rates
from bench.harness.study.code import code_hash
from bench.harness.study.learning_rates import Choice
from bench.harness.study.recipe import Recipe, RecipeError
from bench.harness.study.study import Arm, Study
from models import registry
from models.parts.options import BadOptionError

SMOKE_RATE = 0.003  # for a new study's arms, which smoke must be able to run before anything is tuned


@dataclass(frozen=True, kw_only=True)
class Trial:
    """An arm with a seed: what is trained, with every choice resolved.

    Attributes:
        options: every option of the architecture, defaults included.
        reduced: trained on less than what the protocol stands for.
        learning_rate_from: where the learning rate was found.
    """

    study: str
    arm: str
    seed: int
    protocol: str
    dataset: str
    architecture: str
    options: Mapping[str, Any]
    recipe: Recipe
    context: Context
    reduced: bool
    learning_rate_from: str

    @property
    def name(self) -> str:
        """The trial in words, unique within a protocol."""
        return f"{self.study}/{self.arm}/seed {self.seed}"

    def definition(self) -> Definition:
        """Return what, but for the seed, defines the trial's result on given data, software and hardware."""
        return {
            "architecture": self.architecture,
            "options": dict(self.options),
            "dataset": self.dataset,
            "recipe": cast("RecipeFacts", self.recipe.as_dict()),
            "code": code_hash(self.architecture),
        }

    def key(self, **conditions: object) -> str:
        """Return the hash under which a record counts as this trial's.

        Args:
            conditions: data hash, torch's version, device, threads, deterministic and the rest of the execution.
        """
        return trial_key(self._identity, self.definition(), conditions)

    def key_of_any_code(self, **conditions: object) -> str:
        """Return the hash that its record shares with those of older and newer code."""
        return trial_key(self._identity, without_code(self.definition()), conditions)

    @property
    def _identity(self) -> dict[str, Any]:
        return {"study": self.study, "arm": self.arm, "seed": self.seed, "protocol": self.protocol}


def resolve(
    study: Study,
    protocol_name: str,
    arm_name: str,
    seed: int,
    data: Source,
    *,
    own_data: bool,
    rates: Path | None = None,
) -> Trial:
    """Return a trial with every option and hyper-parameter settled.

    Args:
        study: the study.
        protocol_name: smoke, quick, published or full.
        arm_name: one of that protocol's arms.
        seed: seed of initialisation, order, augmentation and dropout.
        data: the data set that the trial is run on.
        own_data: `data` is what the protocol names, so a learning rate must have been chosen for just this.
        rates: the folder of learning rates that were chosen on `data`; None: those that are committed.

    Raises:
        StudyError, ChoiceError, UnknownArchitectureError, UnknownOptionError, BadOptionError, RecipeError
    """
    protocol, arm = study.protocol(protocol_name), study.arm(protocol_name, arm_name)
    recipe, origin = protocol.recipe.but(arm.recipe), "the recipe"
    registry.describe(arm.architecture)  # a mistyped name is the first thing to hear of
    if not own_data:
        recipe = fit_images(recipe, data)
    if recipe.learning_rate is None:
        choice = _choice(study, protocol_name, arm, rates, data.name)
        if choice and protocol_name != "smoke" and (own_data or rates is not None):
            choice.check(learning_rates.subject(arm, recipe, data.name, protocol.target_training_error))
        elsewhere = "" if own_data or rates is not None else f"{CHOSEN_ON}{protocol.dataset}"
        rate, origin = _rate_of(choice, arm, elsewhere)
        recipe = recipe.but({"learning_rate": rate})
    try:
        recipe = recipe.per_channel(data.channels, data.name)
    except RecipeError as error:
        raise RecipeError(f"study {study.name!r}, arm {arm.name!r}: {error}") from error
    labelled = replace(arm, label=arm.label.replace("{steps}", str(recipe.steps(data.train_images))))
    return Trial(
        study=study.name,
        arm=arm.name,
        seed=seed,
        protocol=protocol_name,
        dataset=data.name,
        architecture=arm.architecture,
        options=fit_options(arm.architecture, arm.options, recipe, data),
        recipe=recipe,
        context=study.context(protocol_name, labelled),
        reduced=protocol.reduced,
        learning_rate_from=origin,
    )


def trial_of(record: Record) -> Trial:
    """Return the trial that a record is of, from the record alone.

    Raises:
        UnknownArchitectureError, UnknownOptionError, BadOptionError, RecipeError: today's code lacks what it states.
    """
    return Trial(
        study=record.study,
        arm=record.arm,
        seed=record.seed,
        protocol=record.protocol,
        dataset=record.dataset,
        architecture=record.architecture,
        options=dict(registry.resolve(record.architecture, record.options)),
        recipe=Recipe().but(record.definition["recipe"]),
        context=record.context,
        reduced=record.reduced,
        learning_rate_from=str(record.definition.get("learning_rate_from")),
    )


def fit_images(recipe: Recipe, data: Source) -> Recipe:
    """Return a recipe for data it was not made for: a set that is too small for it gives the images that it has."""
    enough = recipe.first_image + (recipe.train_images or 0) <= data.train_images
    return recipe if enough else recipe.but({"first_image": 0, "train_images": None})


def fit_options(architecture: str, options: Mapping[str, Any], recipe: Recipe, data: Source) -> dict[str, Any]:
    """Return every option of an architecture, with channels, classes and image size of the data.

    Raises:
        UnknownArchitectureError, UnknownOptionError, BadOptionError
    """
    given = [name for name in ("channels", "classes", "image_size") if name in options]
    if given:
        raise BadOptionError(f"option {given[0]!r} comes from the data set ({data.name}): leave it out")
    shape = {"channels": data.channels, "classes": len(data.classes), "image_size": recipe.resize or data.size}
    return dict(registry.resolve(architecture, {**options, **shape}))


def _choice(study: Study, protocol: str, arm: Arm, rates: Path | None, dataset: str) -> Choice | None:
    """Return an arm's choice; `smoke` borrows that of `quick`, None where there is none yet."""
    if protocol != "smoke":
        return learning_rates.read(study.name, protocol, arm.name, rates, dataset=dataset)
    there = learning_rates.path_of(study.name, "quick", arm.name, rates).is_file()
    return learning_rates.read(study.name, "quick", arm.name, rates) if there else None


def _rate_of(choice: Choice | None, arm: Arm, elsewhere: str) -> tuple[float, str]:
    """Return the learning rate and where it was found."""
    if choice is None:
        return SMOKE_RATE, f"none chosen yet: {SMOKE_RATE} stands in"
    changed = OTHER_CODE if choice.code != code_hash(arm.architecture) else ""
    return choice.learning_rate, f"{choice.path.name}{changed}{elsewhere}"
