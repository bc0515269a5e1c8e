"""Does it matter which images are trained on?

S0 trains SK x0.2 on six slices of 10 000 images, one run each. Slices that differ by no more than seeds do are alike.
"""

from bench.harness.study import Comparison, Protocol, Published, RunTrial, Study, recipes, vary

S0 = "10 000 images of MNIST, 20 epochs, one run"
VALUES = {0: 98.0, 10_000: 97.8, 20_000: 97.8, 30_000: 97.4, 40_000: 97.5, 50_000: 97.7}
S0_VALUES = {f"from-{first}": Published(value, "S0", S0) for first, value in VALUES.items()}
NAME, LABEL = "from-{first_image}", "images from {first_image}"
ARMS = vary("sk", NAME, LABEL, width=0.2, first_image=tuple(VALUES), published=S0_VALUES)
QUICK = vary("sk", NAME, LABEL, {"train_images": 1000}, width=0.2, first_image=(0, 1000, 2000))
STUDY = Study(
    name="training-slice",
    question="Does it matter which images are trained on?",
    held_fixed="architecture, optimiser, learning rate, epochs, batch size, number of training images",
    on_request=True,
    margin=0.01,
    comparisons=(
        Comparison(
            "slice",
            "slice of the training images",
            "from-0",
            (*("from-1000", "from-2000"), *(f"from-{first}" for first in VALUES if first)),
        ),
    ),
    protocols={
        "quick": Protocol("mnist-5k", recipes.QUICK, QUICK),
        "published": Protocol("mnist", recipes.S0, ARMS, margin=0.002),
    },
)


def test_training_slice(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
