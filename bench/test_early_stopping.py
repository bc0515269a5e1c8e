"""Would early stopping have saved time, and cost accuracy?

S2 asks. One training of many epochs answers it for every patience: the validation curve says where each would have
stopped, the test curve what the net was worth there. A sixth of the images validates.
"""

from bench.harness.study import Comparison, Protocol, RunTrial, Study, recipes, vary

NETS = {"lenet": "lenet-relu", "convnet": "convnet"}
ARMS = tuple(arm for name, net in NETS.items() for arm in vary(net, name, f"{net}, {{epochs}} epochs", epochs=(30,)))
STUDY = Study(
    name="early-stopping",
    question="Would early stopping have saved time, and cost accuracy?",
    held_fixed="optimiser, learning rate, batch size, data order",
    on_request=True,
    test_curve=True,
    margin=0.01,
    comparisons=(Comparison("nets", "two nets to be stopped", "lenet", ("convnet",)),),
    protocols={
        "quick": Protocol("mnist-5k", recipes.S2.but({"train_images": None}), ARMS),
        "published": Protocol("cifar10", recipes.S2.but({"train_images": None}), ARMS),
    },
)


def test_early_stopping(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
