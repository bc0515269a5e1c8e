"""Does a small last batch hurt a net with BatchNorm?

BatchNorm answers by running statistics, of which the last batch weighs a tenth. Where the images do not fill it, it has
a few: 8 of S0's 5000, 16 of its 2000 and 10 000. That was seen as drops in the last epoch; here no more than the number
of images in it is changed.
"""

from bench.harness.study import Comparison, Protocol, RunTrial, Study, recipes, vary

NAME, LABEL = "images-{train_images}", "SK x0.2, {train_images}"
FULL = {4992: "last batch of 64", 5000: "last batch of 8", 5024: "last batch of 32"}
QUICK = {3456: "last batch of 64", 3464: "last batch of 8", 3488: "last batch of 32"}
ARMS, QUICK_ARMS = (vary("sk", NAME, LABEL, width=0.2, train_images=images) for images in (FULL, QUICK))
STUDY = Study(
    name="last-batch",
    question="Does a small last batch hurt a net with BatchNorm?",
    held_fixed="architecture, optimiser, learning rate, epochs, batch size, but for the last batch of an epoch; the "
    "images are the first of the file",
    on_request=True,
    test_curve=True,
    margin=0.01,
    comparisons=(
        Comparison("full", "images in the last batch", "images-4992", ("images-5000", "images-5024")),
        Comparison("quick", "images in the last batch", "images-3456", ("images-3464", "images-3488")),
    ),
    protocols={
        "quick": Protocol("mnist-5k", recipes.S0, QUICK_ARMS),
        "published": Protocol("mnist", recipes.S0, ARMS, margin=0.002),
    },
)


def test_last_batch(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
