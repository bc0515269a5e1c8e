"""A trial with every choice resolved: options, hyper-parameters, execution, and the key its record is found by."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch

from bench import choices
from bench.device import Execution
from bench.fastest import execution_for
from bench.recipe import Recipe, RecipeError
from bench.sources import Source
from bench.study import Arm, Study, Trial
from models import registry
from models.options import BadOptionError

SMOKE_RATE = 0.003  # for a new study's arms, which smoke must be able to run before anything is tuned


def resolve(study: Study, protocol_name: str, arm_name: str, seed: int, data: Source, *, own_data: bool) -> Trial:
    """Return a trial with every option and hyper-parameter settled.

    Args:
        study: the study.
        protocol_name: smoke, quick or published.
        arm_name: one of that protocol's arms.
        seed: of initialisation, order, augmentation and dropout.
        data: what the trial is run on.
        own_data: `data` is what the protocol names, so a learning rate must have been chosen for just this.

    Raises:
        StudyError, ChoiceError, UnknownArchitectureError, UnknownOptionError, BadOptionError, RecipeError
    """
    protocol, arm = study.protocol(protocol_name), study.arm(protocol_name, arm_name)
    recipe, origin = protocol.recipe.but(arm.recipe), "the recipe"
    registry.describe(arm.architecture)  # a mistyped name is the first thing to hear of
    if recipe.learning_rate is None:
        recipe, origin = _tuned(study, protocol_name, arm, recipe, data.name if own_data else None)
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


def fit_options(architecture: str, options: Mapping[str, Any], recipe: Recipe, data: Source) -> dict[str, Any]:
    """Return every option of an architecture, with channels, classes and image size of the data.

    Raises:
        RecipeError: the recipe's mean or std has not one value a channel.
        UnknownArchitectureError, UnknownOptionError, BadOptionError
    """
    for name, values in (("mean", recipe.mean), ("std", recipe.std)):
        if values is not None and len(values) != data.channels:
            raise RecipeError(
                f"{name} has {len(values)} values: the images of {data.name} have {data.channels} channels"
            )
    given = [name for name in ("channels", "classes", "image_size") if name in options]
    if given:
        raise BadOptionError(f"option {given[0]!r} comes from the data set ({data.name}): leave it out")
    shape = {"channels": data.channels, "classes": len(data.classes), "image_size": recipe.resize or data.size}
    return dict(registry.resolve(architecture, {**options, **shape}))


def _tuned(study: Study, protocol: str, arm: Arm, recipe: Recipe, dataset: str | None) -> tuple[Recipe, str]:
    """Return the recipe with its chosen learning rate; `smoke` borrows that of `quick`."""
    if protocol == "smoke" and not choices.path_of(study.name, "quick", arm.name).is_file():
        return recipe.but({"learning_rate": SMOKE_RATE}), f"none chosen yet: {SMOKE_RATE} stands in"
    choice = choices.read(study.name, "quick" if protocol == "smoke" else protocol, arm.name)
    if dataset is not None and protocol != "smoke" and choice.subject != choices.subject(arm, recipe, dataset):
        command = choices.tune_command(study.name, protocol, arm.name)
        raise choices.ChoiceError(
            f"{choice.path} was chosen for another definition of {study.name}/{arm.name}: run `{command}`"
        )
    return recipe.but({"learning_rate": choice.learning_rate}), choice.path.name


def execution_of(trial: Trial, base: Execution) -> Execution:
    """Return how a trial's net is run: the session's choices with those for the net."""
    return execution_for(base, trial.architecture, trial.options)


def key_of(trial: Trial, base: Execution, data_sha256: str) -> str:
    """Return the key under which a trial's record is found again."""
    execution = execution_of(trial, base)
    return trial.key(
        data=data_sha256,
        torch=torch.__version__,
        device=execution.device,
        threads=execution.threads,
        deterministic=execution.deterministic,
        execution=execution.as_dict(),
    )
