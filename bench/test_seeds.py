"""Do runs of one and the same training differ, and how many are needed for 0.1 point?

S0 repeats SK on all of MNIST with seven seeds, 98.9 to 99.1, and says that seeds hardly matter. Run it with those:
`--seeds 0,1,12,123,1234,12345,123456`. The spread on 1000 images is set beside that on 60 000.
"""

from bench.harness.study import Comparison, Protocol, Published, RunTrial, Study, recipes, vary

S0 = "MNIST, 20 epochs, mean of seven runs from 98.9 to 99.1, width not stated"
S0_VALUES = {"images-60000": Published(99.0, "S0", S0)}
NAME, LABEL = "images-{train_images}", "SK x0.2, {train_images} images"
ARMS = vary("sk", NAME, LABEL, width=0.2, train_images=(60_000, 1000), published=S0_VALUES)
QUICK = vary("sk", NAME, LABEL, width=0.2, train_images=(3500, 1000))
STUDY = Study(
    name="seeds",
    question="Do runs of one and the same training differ, and by how much?",
    held_fixed="architecture, optimiser, learning rate, epochs, batch size; the images are the first of the file",
    on_request=True,
    margin=0.01,
    comparisons=(
        Comparison("few", "60 000 training images or 1000", "images-60000", ("images-1000",)),
        Comparison("few-5k", "3500 training images or 1000", "images-3500", ("images-1000",)),
    ),
    protocols={
        "quick": Protocol("mnist-5k", recipes.QUICK, QUICK),
        "published": Protocol("mnist", recipes.S0, ARMS, margin=0.002),
    },
)


def test_seeds(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
