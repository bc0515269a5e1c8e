"""Does ReLU reach a training error sooner than tanh and sigmoid?

AlexNet's paper says 6 times sooner than tanh, to 25 % training error of a four-layer net on CIFAR-10, each net at its
own rate and without regularisation: in `published` a small AlexNet without dropout and weight decay, at two learning
rates. In `quick` each arm has the rate that reaches the error soonest.
"""

from bench.harness.study import Comparison, Protocol, Recipe, RunTrial, Study, recipes, vary

WORDS, RATES = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}, {0.01: "rate 0.01", 0.05: "rate 0.05"}
ALEXNET = vary(
    "alexnet32",
    "{activation}-{learning_rate}",
    "{learning_rate}, {activation}",
    normalisation="none",
    dropout=0.0,
    activation=WORDS,
    learning_rate=RATES,
)
SK = vary("sk", "sk-{activation}", "SK x0.2, {activation}", width=0.2, activation=WORDS)
S1_PLAIN = recipes.S1_SMALL.but({"epochs": 15, "weight_decay": 0.0})
LENET = vary("lenet5", "lenet5-{activation}", "LeNet-5, {activation}", activation=WORDS)
STUDY = Study(
    name="learning-speed",
    question="Does ReLU reach a training error sooner than tanh and sigmoid?",
    held_fixed="architecture, optimiser, epochs, batch size, data order; learning rates are named, or each arm's own, "
    "which reaches the error soonest",
    on_request=True,
    margin=0.01,
    comparisons=(
        Comparison("lenet5", "activation in LeNet-5", "lenet5-tanh", ("lenet5-relu", "lenet5-sigmoid")),
        Comparison("sk", "activation in SK x0.2", "sk-tanh", ("sk-relu", "sk-sigmoid")),
        Comparison("slow", "activation at a rate of 0.01", "tanh-0.01", ("relu-0.01", "sigmoid-0.01")),
        Comparison("fast", "activation at a rate of 0.05", "tanh-0.05", ("relu-0.05", "sigmoid-0.05")),
    ),
    protocols={
        "quick": Protocol("mnist-5k", Recipe(optimizer="adam", epochs=12), (*LENET, *SK), target_training_error=0.05),
        "published": Protocol("cifar10", S1_PLAIN, ALEXNET, target_training_error=0.25),
    },
)


def test_learning_speed(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
