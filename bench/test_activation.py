"""Does ReLU beat sigmoid and tanh?

A sigmoid at ReLU's learning rate, as in S0, proves nothing: here each arm has its own. S3's SGD setting is compared
as a whole; S3 took 9600 steps, the first 1200 at chance, `quick` takes 210. How much sooner ReLU learns is asked by
`learning-speed`, at rates that are chosen for that.
"""

from bench.harness.study import Arm, Comparison, Protocol, Published, Recipe, RunTrial, Study, recipes, vary

WORDS = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}
S0 = "MNIST, 20 epochs, one run"
S0_VALUES = {"sk-relu": Published(99.0, "S0", S0), "sk-sigmoid": Published(98.6, "S0", S0)}
SK = vary("sk", "sk-{activation}", "SK x0.2, {activation}", width=0.2, activation=WORDS, published=S0_VALUES)
LENET = vary("lenet5", "lenet5-{activation}", "LeNet-5, {activation}", activation=WORDS)
S3 = (Published(98.49, "S3", "MNIST, SGD 0.5, batch 100, 16 epochs of 600 steps, one run"),)
S3_SETTING = vars(recipes.S3) | {"epochs": 6, "train_images": None}  # 210 steps of mnist-5k
S3_LABEL, SIGMOID = "LeNet-5, sigmoid, S3's SGD", {"activation": "sigmoid"}
S3_QUICK = Arm("lenet5-s3", f"{S3_LABEL} ({{steps}} steps)", "lenet5", SIGMOID, S3_SETTING, S3)
S3_PUBLISHED = Arm("lenet5-s3", S3_LABEL, "lenet5", SIGMOID, vars(recipes.S3), S3)
ADAM = Recipe(optimizer="adam", epochs=6, schedule="warmup-cosine")
STUDY = Study(
    name="activation",
    question="Does ReLU beat sigmoid and tanh?",
    held_fixed="architecture, optimiser, epochs, batch size, data order; learning rates are chosen for each arm, under "
    "`published` one is assumed for all (S3's setting is compared as a whole)",
    margin=0.01,
    comparisons=(
        Comparison("sk", "activation in SK x0.2", "sk-relu", ("sk-tanh", "sk-sigmoid")),
        Comparison("lenet5", "activation in LeNet-5", "lenet5-relu", ("lenet5-tanh", "lenet5-sigmoid")),
        Comparison("s3", "S3's SGD setting against a chosen learning rate with Adam", "lenet5-sigmoid", ("lenet5-s3",)),
    ),
    protocols={
        "quick": Protocol("mnist-5k", ADAM, (*SK, *LENET, S3_QUICK)),
        "published": Protocol(
            "mnist", recipes.S0.but({"train_images": 60_000}), (*SK[::2], S3_PUBLISHED), margin=0.002
        ),
    },
)


def test_activation(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
