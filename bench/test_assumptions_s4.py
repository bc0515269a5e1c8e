"""Would another recipe have given S4's 98 for its ConvNet?

S4 states nothing of its training: Adam at 0.001, batches of 100 and 5 epochs are assumed, and give more than 98. Here
one of these is changed at a time.
"""

from bench.harness.study import Arm, Comparison, Protocol, Published, RunTrial, Study, change, recipes

S4 = Published(98, "S4", "MNIST, protocol not stated")
ASSUMED = Arm("convnet", "ConvNet", "convnet", published=(S4,))
CHANGES: dict[str, tuple[str, dict[str, object]]] = {
    "one-epoch": ("one epoch", {"epochs": 1}),
    "slow-sgd": ("SGD at 0.001", {"optimizer": "sgd", "momentum": 0.0}),
    "sgd": ("SGD at 0.01", {"optimizer": "sgd", "momentum": 0.0, "learning_rate": 0.01}),
    "batch-10": ("batches of 10", {"batch_size": 10}),
    "fast": ("Adam at 0.01", {"learning_rate": 0.01}),
    "raw": ("pixels not normalised", {"mean": (0.0,), "std": (1.0,)}),
}
ARMS = (ASSUMED, *change(ASSUMED, CHANGES))
STUDY = Study(
    name="assumptions-s4",
    question="Would another recipe have given S4's 98 for its ConvNet?",
    held_fixed="architecture, training images; all of the recipe but what an arm names",
    on_request=True,
    margin=0.01,
    comparisons=(Comparison("recipe", "S4's ConvNet", "convnet", tuple(f"convnet-{name}" for name in CHANGES)),),
    protocols={
        "quick": Protocol("mnist-5k", recipes.S4.but({"train_images": None}), ARMS),
        "published": Protocol("mnist", recipes.S4, ARMS, margin=0.002),
    },
)


def test_assumptions_s4(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
