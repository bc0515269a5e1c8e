"""Does a learning rate that falls give more than a constant one?

S2 asks. All begin at the same rate: a constant one, ten times smaller after half and three quarters, half a cosine.
"""

from bench.harness.study import Comparison, Protocol, RunTrial, Study, recipes, vary

ARMS = vary("lenet-relu", "{schedule}", "{schedule}", schedule=("constant", "step", "cosine"))
STUDY = Study(
    name="learning-rate-decay",
    question="Does a learning rate that falls give more than a constant one?",
    held_fixed="architecture, optimiser, first learning rate, epochs, batch size, data order",
    on_request=True,
    margin=0.01,
    comparisons=(
        Comparison(
            "learning-rate-decay", "course of the learning rate for a LeNet-like net", "constant", ("step", "cosine")
        ),
    ),
    protocols={
        "quick": Protocol("mnist-5k", recipes.SMALL_SGD.but({"train_images": None}), ARMS),
        "published": Protocol("cifar10", recipes.SMALL_SGD, ARMS),
    },
)


def test_learning_rate_decay(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
