"""Tests of bench.harness.study.trial."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from bench.harness.data.catalogue import SOURCES, Source, source
from bench.harness.data.folder import SIDES
from bench.harness.machine.device import Execution
from bench.harness.study.discovery import load_studies
from bench.harness.study.planned import settle
from bench.harness.study.recipe import Recipe, RecipeError
from bench.harness.study.study import PROTOCOLS, Arm, Protocol, Study, StudyError
from bench.harness.study.trial import fit_options, resolve
from bench.harness.training.augment import chain
from bench.harness.training.costs import costs
from bench.harness.training.trial_run import preprocesses
from models import registry
from models.parts.options import BadOptionError
from models.registry import UnknownOptionError

BASE = Execution("cpu", threads=1)
MNIST_5K = SOURCES["mnist-5k"]
ARM = Arm(name="relu", label="ReLU", architecture="lenet5", options={"activation": "relu"}, recipe={"momentum": 0.5})
QUICK = Protocol(dataset="mnist-5k", recipe=Recipe(epochs=3), arms=(ARM,))
ALL_ARMS = [
    (study, protocol, arm) for study in load_studies() for protocol in PROTOCOLS for arm in study.arm_names(protocol)
]


def study_of(**protocol: Any) -> Study:  # noqa: ANN401 - any field of a protocol
    """Return a study of one arm."""
    protocols = {"quick": replace(QUICK, **protocol)}
    return Study(name="s", question="", held_fixed="", margin=0.01, comparisons=(), protocols=protocols)


ONE_VALUE = Recipe(learning_rate=0.1, mean=(0.5,), std=(0.25,))
RATED = study_of(recipe=Recipe(epochs=3, learning_rate=0.2))


def test_the_recipe_is_the_protocols_with_the_arms_changes() -> None:
    """A stated learning rate is not looked for."""
    trial = resolve(RATED, "quick", "relu", 0, MNIST_5K, own_data=True)

    assert trial.recipe == Recipe(epochs=3, momentum=0.5, learning_rate=0.2)
    assert trial.learning_rate_from == "the recipe"


def test_every_option_is_written_out() -> None:
    """A record says what was built, also when a default changes."""
    trial = resolve(RATED, "quick", "relu", 0, MNIST_5K, own_data=True)

    assert trial.options == {
        "channels": 1,
        "classes": 10,
        "image_size": 28,
        "activation": "relu",
        "pooling": "average",
    }


@pytest.mark.parametrize(("resize", "side"), [(None, 32), (224, 224)])
def test_the_net_fits_the_data(resize: int | None, side: int) -> None:
    """Channels and classes are the data set's, the side is the recipe's if it resizes."""
    options = fit_options("lenet-relu", {}, Recipe(resize=resize), source("cifar100"))

    assert (options["channels"], options["classes"], options["image_size"]) == (3, 100, side)


def test_an_unknown_option_is_an_error() -> None:
    """Before anything is trained."""
    with pytest.raises(UnknownOptionError, match="unknown option 'widht' of architecture 'sk': did you mean 'width'"):
        fit_options("sk", {"widht": 0.2}, Recipe(), MNIST_5K)


@pytest.mark.parametrize("name", ["channels", "classes", "image_size"])
def test_what_the_data_set_says_is_no_option(name: str) -> None:
    """It would be ignored; the message says where it comes from."""
    with pytest.raises(BadOptionError, match=f"'{name}' comes from the data set"):
        fit_options("lenet5", {name: 3}, Recipe(), MNIST_5K)


@pytest.mark.parametrize("name", ["mnist-5k", "cifar10"])
def test_one_mean_is_every_channels(name: str) -> None:
    """A recipe that was written for grey images runs on colour ones."""
    trial = resolve(study_of(recipe=ONE_VALUE), "quick", "relu", 0, source(name), own_data=True)

    channels = source(name).channels
    assert (trial.recipe.mean, trial.recipe.std) == ((0.5,) * channels, (0.25,) * channels)


def test_a_mean_per_channel_of_other_images_is_an_error() -> None:
    """The message names study, arm, field, data set and remedy."""
    study = study_of(recipe=ONE_VALUE.but({"std": (1.0, 1.0, 1.0)}))
    message = "study 's', arm 'relu': std has 3 values, and the images of mnist-5k have 1 channel: give one"

    with pytest.raises(RecipeError, match=message):
        resolve(study, "quick", "relu", 0, MNIST_5K, own_data=True)


OWN = [
    Source(
        name=f"folder:{side}",
        size=side,
        channels=channels,
        classes=("a", "b"),
        mean=(0.5,) * channels,
        std=(0.2,) * channels,
        train_images=20,
        test_images=10,
    )
    for channels in (1, 3)
    for side in (SIDES[0], SIDES[-1])
]


@pytest.mark.parametrize("entry", [*SOURCES.values(), *OWN], ids=lambda entry: f"{entry.name}-{entry.channels}")
@pytest.mark.parametrize("study", load_studies(), ids=lambda study: str(study.name))
def test_every_study_resolves_in_smoke_on_every_data_set(study: Study, entry: Source) -> None:
    """Every net is built for it and takes a batch: nothing is left to fail when training begins."""
    for arm in study.arm_names("smoke"):
        trial = resolve(study, "smoke", arm, 0, entry, own_data=False)
        train, _ = preprocesses(trial.recipe, entry, BASE)
        images = torch.zeros(2, entry.channels, entry.size, entry.size, dtype=torch.uint8)

        chain(trial.recipe.augment, entry.channels)

        logits = registry.create(trial.architecture, **trial.options)(train(images))

        assert logits.shape == (2, len(entry.classes))
        assert (trial.recipe.train_images or 0) <= entry.train_images


def test_an_unknown_arm_is_an_error() -> None:
    """The study's own message."""
    with pytest.raises(StudyError, match="unknown arm 'reul': did you mean 'relu'"):
        resolve(RATED, "quick", "reul", 0, MNIST_5K, own_data=True)


@pytest.mark.parametrize(("data", "steps"), [("mnist-5k", 3 * 55), ("mnist", 3 * 938)])
def test_a_label_says_how_many_steps_its_trial_takes(data: str, steps: int) -> None:
    """Three epochs of 64 images a step: 3500 images leave a smaller last step, another data set has another number."""
    study = study_of(arms=(replace(ARM, label="ReLU ({steps} steps)"),), recipe=Recipe(epochs=3, learning_rate=0.2))

    assert resolve(study, "quick", "relu", 0, source(data), own_data=False).context["label"] == f"ReLU ({steps} steps)"


@pytest.mark.parametrize(
    ("protocol", "label"),
    [
        ("quick", "LeNet-5, sigmoid, S3's SGD (210 steps)"),
        ("smoke", "LeNet-5, sigmoid, S3's SGD (8 steps)"),
        ("published", "LeNet-5, sigmoid, S3's SGD"),
    ],
)
def test_the_arm_of_s3_says_where_it_is_cut_short(protocol: str, label: str) -> None:
    """Its loss in `quick` is one of too few steps: S3 took 9600."""
    (study,) = (study for study in load_studies() if study.name == "activation")
    data = source(study.protocol(protocol).dataset)

    assert resolve(study, protocol, "lenet5-s3", 0, data, own_data=True).context["label"] == label


@pytest.mark.parametrize(("protocol", "reduced"), [("quick", False), ("smoke", True)])
def test_a_trial_on_fewer_images_says_so(protocol: str, reduced: bool) -> None:
    """Its figures never stand beside real ones."""
    assert resolve(RATED, protocol, "relu", 0, MNIST_5K, own_data=True).reduced == reduced


def key(*, seed: int = 0, study: Study = RATED, data: str = "abc", **execution: Any) -> str:  # noqa: ANN401 - any field
    """Return the key of a trial."""
    trial = resolve(study, "quick", "relu", seed, MNIST_5K, own_data=True)
    return settle(trial, replace(BASE, **execution), data).key


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"threads": 2},
        {"deterministic": True},
        {"data": "abd"},
        {"device": "cuda"},
        {"fused_optimizer": False},
        {"study": study_of(recipe=Recipe(epochs=3, learning_rate=0.1))},
    ],
    ids=lambda change: str(next(iter(change))),
)
def test_what_a_result_depends_on_changes_the_key(change: dict[str, Any]) -> None:
    """A trial is restored only from a record of the very same trial."""
    assert key(**change) != key()


def test_torchs_version_changes_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version may give other bits and other times."""
    before = key()
    monkeypatch.setattr(torch, "__version__", "9.9.9")

    assert key() != before


def test_a_studys_words_leave_the_key() -> None:
    """A reworded question does not cost hours of training."""
    assert key(study=replace(RATED, question="Which?", margin=0.5)) == key()


@pytest.mark.parametrize(("architecture", "memory_format"), [("lenet5", "channels_last"), ("mlp", "contiguous")])
def test_a_net_runs_in_its_own_memory_format(architecture: str, memory_format: str) -> None:
    """All else is the session's."""
    study = study_of(recipe=Recipe(learning_rate=0.1), arms=(Arm(name="a", label="a", architecture=architecture),))
    trial = resolve(study, "quick", "a", 0, MNIST_5K, own_data=True)

    assert settle(trial, BASE, "").execution == replace(BASE, memory_format=memory_format)


@pytest.mark.parametrize(("study", "protocol", "arm"), ALL_ARMS, ids=[f"{s.name}-{p}-{a}" for s, p, a in ALL_ARMS])
def test_every_committed_arm_builds(study: Study, protocol: str, arm: str) -> None:
    """Options, image size and augmentations of every protocol are right, also of those that no test trains."""
    own, of = study.arm(protocol, arm), study.protocol(protocol)
    recipe, data = of.recipe.but(own.recipe), source(of.dataset)
    chain(recipe.augment, data.channels)

    assert costs(own.architecture, fit_options(own.architecture, own.options, recipe, data)).parameters > 0
