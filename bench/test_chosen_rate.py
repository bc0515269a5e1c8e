"""Do S0's answers hold where each arm has a learning rate of its own?

BatchNorm, LRN, smaller kernels and a sigmoid may each want another rate than the one that S0 gave to all. The rates
are chosen on validation images by `python -m bench tune`, all else is S0's.
"""

from bench.harness.study import Arm, Comparison, Protocol, RunTrial, Study, recipes, vary

S0 = recipes.S0.but({"learning_rate": None})
BATCH, ALL = {"normalisation": "batch"}, {"train_images": 60_000}
NETS = (
    Arm("base", "BASE", "base"),
    Arm("lrn", "BASE with LRN", "base", {"normalisation": "lrn"}),
    Arm("bn-5x5", "BASE with BatchNorm", "base", BATCH),
    Arm("bn-3x3x2", "with BatchNorm, two 3x3", "base", {**BATCH, "kernel": "3x3x2"}),
)
WORDS = {"relu": "ReLU", "sigmoid": "sigmoid"}
SK = vary("sk", "sk-{activation}", "SK x0.2, {activation}, 60 000 images", ALL, width=0.2, activation=WORDS)
STUDY = Study(
    name="chosen-rate",
    question="Do S0's answers hold where each arm has a learning rate of its own?",
    held_fixed="optimiser, epochs, batch size, data order; each arm has its own learning rate",
    on_request=True,
    margin=0.01,
    comparisons=(
        Comparison("normalisation", "normalisation of BASE", "base", ("bn-5x5", "lrn")),
        Comparison("kernel-size", "two 3x3 for each 5x5 in the BN net", "bn-5x5", ("bn-3x3x2",)),
        Comparison("activation", "activation in SK x0.2", "sk-relu", ("sk-sigmoid",)),
    ),
    protocols={
        "smoke": Protocol("mnist-5k", S0.but({"train_images": 320, "epochs": 2}), NETS, reduced=True),
        "published": Protocol("mnist", S0, (*NETS, *SK), margin=0.002),
    },
)


def test_chosen_rate(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
