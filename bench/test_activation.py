"""Does ReLU beat sigmoid and tanh, and how much sooner does it learn?

S0 found 99.0 against 98.6 in SK x0.2 at one learning rate for both; a sigmoid at ReLU's learning rate proves
nothing, so here each arm has its own. S3 trains LeNet-5 with sigmoid by SGD at 0.5: its setting is an arm of its own.
AlexNet's paper says ReLU learns 6 times sooner than tanh, measured in epochs to a training error: so epochs and
seconds to one are reported, censored where it is never reached.

quick: mnist-5k. published: S0's and S3's own settings on MNIST (needs --data-root). S3's setting cannot show in
`quick` what it showed in S3: 6 epochs of 35 steps are 210 steps, S3 took 16 epochs of 600, and its own curve sits at
chance for the first two epochs, 1200 steps. So `quick` asks what the setting reaches in the steps that the other arms
have, and its label says how many those are.
Command: pytest bench/test_activation.py
"""

from collections.abc import Mapping
from typing import Any

from bench.harness.study.recipe import Recipe
from bench.harness.study.study import Arm, Comparison, Protocol, Published, RunTrial, Study

SK_PUBLISHED = {"relu": (Published(value=99.0, source="S0", note="MNIST, 20 epochs, one run"),)}
SK_PUBLISHED["sigmoid"] = (Published(value=98.6, source="S0", note="MNIST, 20 epochs, one run"),)
LENET_PUBLISHED = (
    Published(value=98.49, source="S3", note="MNIST, SGD 0.5, batch 100, 16 epochs of 600 steps, one run"),
)
S3_RECIPE = {"optimizer": "sgd", "learning_rate": 0.5, "momentum": 0.0, "batch_size": 100, "schedule": "constant"}
S3_RECIPE_PIXELS = {"mean": (0.0,), "std": (1.0,)}  # pixels in [0, 1], not normalised
S3_LABEL = "LeNet-5, sigmoid, S3's SGD"
LABELS = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}


def sk(activation: str) -> Arm:
    """Return SK x0.2 with an activation in all its places."""
    return Arm(
        name=f"sk-{activation}",
        label=f"SK x0.2, {LABELS[activation]}",
        architecture="sk",
        options={"width": 0.2, "activation": activation},
        published=SK_PUBLISHED.get(activation, ()),
    )


def lenet5(activation: str) -> Arm:
    """Return LeNet-5 with an activation in all its places."""
    return Arm(
        name=f"lenet5-{activation}",
        label=f"LeNet-5, {LABELS[activation]}",
        architecture="lenet5",
        options={"activation": activation},
    )


def lenet5_as_in_s3(label: str, **changes: Any) -> Arm:  # noqa: ANN401 - values of a recipe
    """Return LeNet-5 under S3's own setting."""
    recipe: Mapping[str, Any] = {**S3_RECIPE, **S3_RECIPE_PIXELS, **changes}
    return Arm(
        name="lenet5-s3",
        label=label,
        architecture="lenet5",
        options={"activation": "sigmoid"},
        recipe=recipe,
        published=LENET_PUBLISHED,
    )


STUDY = Study(
    name="activation",
    question="Does ReLU beat sigmoid and tanh, and how much sooner does it learn?",
    held_fixed="architecture, optimiser, epochs, batch size, data order; each arm has its own learning rate "
    "(S3's setting is compared as a whole)",
    margin=0.01,
    comparisons=(
        Comparison(name="sk", title="activation in SK x0.2", baseline="sk-relu", arms=("sk-tanh", "sk-sigmoid")),
        Comparison(
            name="lenet5",
            title="activation in LeNet-5",
            baseline="lenet5-relu",
            arms=("lenet5-tanh", "lenet5-sigmoid"),
        ),
        Comparison(
            name="s3",
            title="S3's SGD setting against a chosen learning rate with Adam",
            baseline="lenet5-sigmoid",
            arms=("lenet5-s3",),
        ),
    ),
    protocols={
        "quick": Protocol(
            dataset="mnist-5k",
            recipe=Recipe(optimizer="adam", epochs=6, schedule="warmup-cosine"),
            arms=(
                *(sk(activation) for activation in LABELS),
                *(lenet5(activation) for activation in LABELS),
                lenet5_as_in_s3(f"{S3_LABEL} ({{steps}} steps)"),
            ),
        ),
        "published": Protocol(
            dataset="mnist",
            recipe=Recipe(learning_rate=0.01, momentum=0.5, epochs=20),
            arms=(sk("relu"), sk("sigmoid"), lenet5_as_in_s3(S3_LABEL, epochs=16)),
        ),
    },
    target_training_error=0.05,
)


def test_activation(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
