"""Does ReLU reach a training error sooner than tanh and sigmoid?

AlexNet's paper says 6 times sooner than tanh, to 25 % training error of a four-layer net on CIFAR-10. Here a small
AlexNet without dropout, whose training error would be that of a crippled net, at two learning rates.
"""

from bench.harness.study import Comparison, Protocol, RunTrial, Study, recipes, vary

WORDS = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}
LABEL, FAST = "{activation}", {"learning_rate": 0.05}
ARMS = (
    *vary("alexnet32", "{activation}", LABEL, normalisation="none", dropout=0.0, activation=WORDS),
    *vary(
        "alexnet32", "{activation}-fast", LABEL + ", rate x5", FAST, normalisation="none", dropout=0.0, activation=WORDS
    ),
)
STUDY = Study(
    name="learning-speed",
    question="Does ReLU reach a training error sooner than tanh and sigmoid?",
    held_fixed="architecture, optimiser, learning rate, epochs, batch size, data order",
    on_request=True,
    target_training_error=0.25,
    margin=0.01,
    comparisons=(
        Comparison("slow", "activation at a rate of 0.01", "tanh", ("relu", "sigmoid")),
        Comparison("fast", "activation at a rate of 0.05", "tanh-fast", ("relu-fast", "sigmoid-fast")),
    ),
    protocols={
        "quick": Protocol("mnist-5k", recipes.S1_SMALL.but({"train_images": None, "batch_size": 32}), ARMS),
        "published": Protocol("cifar10", recipes.S1_SMALL, ARMS),
    },
)


def test_learning_speed(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
