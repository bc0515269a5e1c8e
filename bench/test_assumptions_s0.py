"""Would other assumptions have given the published numbers that lie outside what a run gives here?

S0 states neither optimiser nor rate nor batch size: SGD at 0.01 with momentum 0.5 and batches of 64 are assumed. Here
the systems whose numbers lie outside are trained with one of these changed at a time.
"""

from bench.harness.study import Arm, Comparison, Protocol, Published, RunTrial, Study, change, recipes

S0 = "10 000 images of MNIST, 20 epochs, one run; optimiser not stated"
BN, SK = {"normalisation": "batch", "dropout": 0.5}, {"width": 0.2}
SYSTEMS = (
    Arm("bn-logits", "BN, dropout on the logits", "base", BN, {}, (Published(97.89, "S0", S0),)),
    Arm("from-30000", "images from 30000", "sk", SK, {"first_image": 30_000}, (Published(97.4, "S0", S0),)),
    Arm("from-40000", "images from 40000", "sk", SK, {"first_image": 40_000}, (Published(97.5, "S0", S0),)),
)
CHANGES: dict[str, tuple[str, dict[str, object]]] = {
    "no-momentum": ("no momentum", {"momentum": 0.0}),
    "momentum": ("momentum 0.9", {"momentum": 0.9}),
    "batch-128": ("batches of 128", {"batch_size": 128}),
    "adam": ("Adam at 0.001", {"optimizer": "adam", "learning_rate": 0.001}),
    "raw": ("pixels not normalised", {"mean": (0.0,), "std": (1.0,)}),
}
CHANGED = [arm for system in SYSTEMS for arm in change(system, CHANGES)]
STUDY = Study(
    name="assumptions-s0",
    question="Would other assumptions have given the published numbers that lie outside?",
    held_fixed="architecture, training images, epochs; all of the recipe but what an arm names",
    on_request=True,
    margin=0.01,
    comparisons=tuple(
        Comparison(arm.name, arm.label, arm.name, tuple(f"{arm.name}-{name}" for name in CHANGES)) for arm in SYSTEMS
    ),
    protocols={
        "quick": Protocol("mnist-5k", recipes.S0.but({"train_images": None}), (SYSTEMS[0], *CHANGED[:5])),
        "published": Protocol("mnist", recipes.S0, (*SYSTEMS, *CHANGED), margin=0.002),
    },
)


def test_assumptions_s0(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
