"""Does weight decay help?

S1 explains it and measures nothing. Its own value is 5e-4.
"""

from bench.harness.study import Comparison, Protocol, RunTrial, Study, recipes, vary

ARMS = vary("lenet-relu", "{weight_decay}", "weight decay {weight_decay}", weight_decay=(0.0, 5e-4, 5e-3, 5e-2))
STUDY = Study(
    name="weight-decay",
    question="Does weight decay help?",
    held_fixed="architecture, optimiser, learning rate, epochs, batch size, data order",
    on_request=True,
    margin=0.01,
    comparisons=(Comparison("weight-decay", "weight decay for a LeNet-like net", "0.0", ("0.0005", "0.005", "0.05")),),
    protocols={
        "quick": Protocol("mnist-5k", recipes.SMALL_SGD.but({"train_images": None}), ARMS),
        "published": Protocol("cifar10", recipes.SMALL_SGD, ARMS),
    },
)


def test_weight_decay(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
