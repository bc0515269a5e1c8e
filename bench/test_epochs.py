"""Do 50 epochs give more than 10?

S2 trains a LeNet-like net on CIFAR-10 and says that they do not, without a figure. The rate is constant in both.
"""

from bench.harness.study import Comparison, Protocol, RunTrial, Study, recipes, vary

NAME, LABEL = "epochs-{epochs}", "{epochs} epochs"
STUDY = Study(
    name="epochs",
    question="Do 50 epochs give more than 10?",
    held_fixed="architecture, optimiser, learning rate, batch size, data order",
    on_request=True,
    test_curve=True,
    margin=0.01,
    comparisons=(
        Comparison("epochs", "epochs of a LeNet-like net", "epochs-10", ("epochs-50",)),
        Comparison("epochs-5k", "epochs of a LeNet-like net on mnist-5k", "epochs-4", ("epochs-20",)),
    ),
    protocols={
        "quick": Protocol(
            "mnist-5k", recipes.S2.but({"train_images": None}), vary("lenet-relu", NAME, LABEL, epochs=(4, 20))
        ),
        "published": Protocol("cifar10", recipes.S2, vary("lenet-relu", NAME, LABEL, epochs=(10, 50))),
    },
)


def test_epochs(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
