"""Are two stacked 3x3 convolutions better than one 5x5, and faster?

S0 says so of its SK net, but SK also adds BatchNorm and ReLU after the convolutions: so the question is asked
three times. First in S0's BN net with nothing else changed (no activation between the two 3x3, as BN has none
after its 5x5), then of S0's BASE, BN and SK as they were published, then in S4's ConvNet, whose author proposed
"3x3 or smaller, 5x5 is slow" without trying it.

quick: mnist-5k. published: S0's 10 000 MNIST images and S4's 60 000 (needs --data-root).
Command: pytest bench/test_kernel_size.py
"""

from collections.abc import Mapping
from typing import Any

from bench.harness.study.recipe import Recipe
from bench.harness.study.study import Arm, Comparison, Protocol, Published, RunTrial, Study

S4 = "MNIST; protocol not stated, assumed Adam 0.001, batch 100, 5 epochs"
S0 = "first 10 000 images of MNIST, 20 epochs, one run"


def arms(s4_recipe: Mapping[str, Any]) -> tuple[Arm, ...]:
    """Return all arms; `s4_recipe` is what S4's ConvNets change in the protocol's recipe."""
    return (
        Arm(
            name="bn-5x5",
            label="BN net, 5x5",
            architecture="base",
            options={"normalisation": "batch"},
            published=(Published(value=98.17, source="S0", note=S0),),
        ),
        Arm(
            name="bn-3x3x2",
            label="BN net, two 3x3",
            architecture="base",
            options={"normalisation": "batch", "kernel": "3x3x2"},
        ),
        Arm(
            name="base",
            label="BASE",
            architecture="base",
            published=(Published(value=97.32, source="S0", note=S0),),
        ),
        Arm(name="sk", label="SK", architecture="sk", published=(Published(value=98.48, source="S0", note=S0),)),
        Arm(
            name="convnet-5x5",
            label="ConvNet, 5x5",
            architecture="convnet",
            recipe=s4_recipe,
            published=(Published(value=98.0, source="S4", note=S4),),
        ),
        Arm(
            name="convnet-3x3",
            label="ConvNet, one 3x3",
            architecture="convnet",
            options={"kernel": "3x3"},
            recipe=s4_recipe,
        ),
        Arm(
            name="convnet-3x3x2",
            label="ConvNet, two 3x3",
            architecture="convnet",
            options={"kernel": "3x3x2"},
            recipe=s4_recipe,
        ),
    )


STUDY = Study(
    name="kernel-size",
    question="Are two stacked 3x3 convolutions better than one 5x5, and faster?",
    held_fixed="optimiser, epochs, batch size, data order; each arm has its own learning rate",
    margin=0.01,
    comparisons=(
        Comparison(name="bn-net", title="two 3x3 for each 5x5 in the BN net", baseline="bn-5x5", arms=("bn-3x3x2",)),
        Comparison(name="s0", title="S0's nets as published", baseline="base", arms=("bn-5x5", "sk")),
        Comparison(
            name="convnet",
            title="S4's ConvNet",
            baseline="convnet-5x5",
            arms=("convnet-3x3", "convnet-3x3x2"),
        ),
    ),
    protocols={
        "quick": Protocol(
            dataset="mnist-5k",
            recipe=Recipe(epochs=2, schedule="cosine"),
            arms=arms({}),
        ),
        "published": Protocol(
            dataset="mnist",
            recipe=Recipe(learning_rate=0.01, momentum=0.5, epochs=20, train_images=10_000),
            arms=arms(
                {"optimizer": "adam", "learning_rate": 0.001, "batch_size": 100, "epochs": 5, "train_images": None}
            ),
        ),
    },
)


def test_kernel_size(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
