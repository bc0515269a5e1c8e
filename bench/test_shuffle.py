"""Does it matter in which order a net sees its training images?

S2 asks whether to shuffle. In the order of the file, which is as good as random, it should hardly matter; sorted by
class, as folders on a disk are, every batch has one class, and theory demands a collapse.
"""

from bench.harness.study import Arm, Comparison, Protocol, RunTrial, Study, recipes

ARMS = (
    Arm("shuffled", "a new order each epoch", "sk", {"width": 0.2}),
    Arm("file-order", "the order of the file", "sk", {"width": 0.2}, {"shuffle": False}),
    Arm("by-class", "sorted by class", "sk", {"width": 0.2}, {"shuffle": False, "sort_by_class": True}),
)
STUDY = Study(
    name="shuffle",
    question="Does it matter in which order a net sees its training images?",
    held_fixed="architecture, optimiser, learning rate, epochs, batch size, the images",
    on_request=True,
    margin=0.01,
    comparisons=(Comparison("order", "order of the training images", "shuffled", ("file-order", "by-class")),),
    protocols={
        "quick": Protocol("mnist-5k", recipes.QUICK, ARMS),
        "published": Protocol("mnist", recipes.S0, ARMS, margin=0.002),
    },
)


def test_shuffle(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
