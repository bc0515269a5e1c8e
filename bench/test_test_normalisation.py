"""Does a net fail its test set because its test images were not normalised?

S3's TrashNet fits 99 % of its training images and 51.75 to 61.5 % of its test images, and the article blames too simple
a model. Its training images are normalised and its test images are not: only that differs between these arms.
"""

from bench.harness.study import Comparison, Protocol, Published, RunTrial, Study, recipes, vary

S3 = "CIFAR-10, epochs not stated, 51.8 to 61.5 over the last ones, one run"
WORDS = {False: "test images in [0, 1], as published", True: "test images normalised"}
NAME, LABEL = "normalised-{normalise_test}", "TrashNet, {normalise_test}"
ARMS = vary("trashnet", NAME, LABEL, normalise_test=WORDS, published={"normalised-False": Published(51.75, "S3", S3)})
QUICK = vary("trashnet", NAME, LABEL, {"mean": (0.5,), "std": (0.5,)}, width=8, normalise_test=WORDS)
STUDY = Study(
    name="test-normalisation",
    question="Does a net fail its test set because its test images were not normalised?",
    held_fixed="the whole training; only the test images are prepared otherwise",
    on_request=True,
    test_curve=True,
    margin=0.01,
    comparisons=(
        Comparison("test", "normalisation of TrashNet's test images", "normalised-False", ("normalised-True",)),
    ),
    protocols={
        "quick": Protocol("mnist-5k", recipes.QUICK, QUICK),
        "published": Protocol("cifar10", recipes.S3_TRASHNET, ARMS),
    },
)


def test_test_normalisation(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
