"""Which augmentation helps?

S1 and S3 use some and skip others: mirrored, shifted, sometimes grey, and AlexNet's noise along the principal
components of ImageNet's colours. Digits have no colour and are not mirrored in life: `quick` has shift and mirror
alone. In ten epochs a small net overfits little, so that there is less to prevent than in a long training.
"""

from bench.harness.study import Arm, Comparison, Protocol, RunTrial, Study, recipes

WORDS = {
    "flip": "mirrored",
    "crop": "shifted",
    "grayscale": "sometimes grey",
    "pca-noise": "PCA colour noise (ImageNet's)",
}


def arms(*names: str) -> tuple[Arm, ...]:
    """Return an arm without augmentation, one for each of these, and one with all."""
    one = [Arm(name, WORDS[name], "convnet", recipe={"augment": (name,)}) for name in names]
    return (Arm("none", "none", "convnet"), *one, Arm("all", "all", "convnet", recipe={"augment": names}))


STUDY = Study(
    name="augmentation",
    question="Which augmentation helps?",
    held_fixed="architecture, optimiser, learning rate, epochs, batch size, data order",
    on_request=True,
    margin=0.01,
    comparisons=(Comparison("augmentation", "augmentation for ConvNet", "none", (*WORDS, "all")),),
    protocols={
        "quick": Protocol("mnist-5k", recipes.QUICK, arms("flip", "crop")),
        "published": Protocol("cifar10", recipes.S2, arms(*WORDS)),
    },
)


def test_augmentation(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
