"""Do more training images help, and by how much?

S0 trains SK on the first 500 to 60 000 images of MNIST, always for 20 epochs, so that more images are more steps too.
It does not say at which width: 0.2 and 1 are trained.
"""

from bench.harness.study import Comparison, Protocol, Published, RunTrial, Study, recipes, vary

S0 = "MNIST, 20 epochs, width not stated, one run"
VALUES = {500: 84.2, 1000: 92.0, 2000: 94.3, 5000: 95.5, 10_000: 96.6, 20_000: 98.4, 60_000: 99.1}
WIDTHS = {0.2: "SK x0.2", 1.0: "SK"}
S0_VALUES = {f"x{w:g}-{size}": Published(VALUES[size], "S0", S0) for w in WIDTHS for size in VALUES}
NAME, LABEL = "x{width:g}-{train_images}", "{width}, {train_images} images"
ARMS = vary("sk", NAME, LABEL, width=WIDTHS, train_images=tuple(VALUES), published=S0_VALUES)
QUICK = vary("sk", NAME, LABEL, width=WIDTHS, train_images=(500, 1000, 2000, 3500))
OTHERS = (500, 2000, 3500, 5000, 10_000, 20_000, 60_000)
STUDY = Study(
    name="training-size",
    question="Do more training images help, and by how much?",
    held_fixed="architecture, optimiser, learning rate, epochs, batch size; the images are the first of the file",
    on_request=True,
    margin=0.01,
    comparisons=tuple(
        Comparison(f"x{w:g}", f"images for {words}", f"x{w:g}-1000", tuple(f"x{w:g}-{size}" for size in OTHERS))
        for w, words in WIDTHS.items()
    ),
    protocols={
        "quick": Protocol("mnist-5k", recipes.QUICK, QUICK),
        "published": Protocol("mnist", recipes.S0, ARMS, margin=0.002),
    },
)


def test_training_size(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
