"""Which change made LeNet better: ReLU for sigmoid, or maximum for average pooling?

S2 asks it. Each is changed with and without the other, so that the two can be told apart, and added up.
"""

from bench.harness.study import Comparison, Protocol, RunTrial, Study, recipes, vary

WORDS = {"sigmoid": "sigmoid", "relu": "ReLU"}
POOLS = {"average": "average pooling", "max": "max pooling"}
ARMS = vary("lenet-relu", "{activation}-{pooling}", "{activation}, {pooling}", activation=WORDS, pooling=POOLS)
STUDY = Study(
    name="lenet-parts",
    question="Which change made LeNet better: ReLU for sigmoid, or maximum for average pooling?",
    held_fixed="layers, optimiser, learning rate, epochs, batch size, data order",
    on_request=True,
    margin=0.01,
    comparisons=(
        Comparison("activation-average", "ReLU, with average pooling", "sigmoid-average", ("relu-average",)),
        Comparison("activation-max", "ReLU, with max pooling", "sigmoid-max", ("relu-max",)),
        Comparison("pooling-sigmoid", "max pooling, with sigmoid", "sigmoid-average", ("sigmoid-max",)),
        Comparison("pooling-relu", "max pooling, with ReLU", "relu-average", ("relu-max",)),
    ),
    protocols={
        "quick": Protocol("mnist-5k", recipes.QUICK, ARMS),
        "published": Protocol("cifar10", recipes.S2, ARMS),
    },
)


def test_lenet_parts(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
